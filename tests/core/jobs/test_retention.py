"""What is kept for a month, and what for ever."""

from __future__ import annotations

import pytest

from leancity.core.jobs import retention
from leancity.core.jobs.outbox import enqueue
from leancity.core.testing.city import City

_JOBS = """
insert into job (tenant_id, id, name, payload, state, queue, attempts, run_at, created_at, finished_at, last_error,
                 is_uncertain, trace)
select $1, gen_random_uuid(), concat($2::text, n), '{}', $2, 'default', 0, now(), now(), now() - $3 * interval '1 day',
       '', false, ''
from generate_series(1, $4::int) n returning 1
"""


async def states(city: City) -> dict[str, int]:
    rows = await city.rows(
        "select state, count(*) from job where tenant_id = $1 and name not like 'core.%' group by state order by state"
    )
    return {row["state"]: row["count"] for row in rows}


async def prune(city: City) -> None:
    async with city.serving():
        await enqueue("core.prune_jobs", {})
    while await city.run_jobs():
        pass


async def test_finished_jobs_go_after_a_month_in_batches_and_dead_ones_stay(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    for state, days, amount in [("done", 31, 35), ("done", 29, 2), ("discarded", 31, 12), ("dead", 400, 3)]:
        await city.rows(_JOBS, state, days, amount)
    await prune(city)
    assert await states(city) == {"dead": 3, "done": 2}


async def test_credentials_and_links_go_a_month_after_they_ran_out(city: City) -> None:
    user = await city.user()
    gone, kept = await city.user(), await city.signed_in(user)
    link = (
        "insert into one_time_key (tenant_id, id, key, purpose, user_id, created_at, expires_at) "
        "values ($1, gen_random_uuid(), $2, 'invitation', $3, now(), now() - $4 * interval '1 day') returning 1"
    )
    await city.rows(link, "old", user.id, 31)
    await city.rows(link, "new", user.id, 29)
    expired = "update credential set expires_at = now() - $3 * interval '1 day' where tenant_id = $1 and user_id = $2"
    await city.rows(expired + " returning 1", gone.id, 31)
    before = await city.rows("select key from session_key where tenant_id = $1")
    await prune(city)
    assert [row["key"] for row in await city.rows("select key from one_time_key where tenant_id = $1")] == ["new"]
    assert await city.rows("select 1 from credential where tenant_id = $1 and user_id = $2", gone.id) == []
    after = await city.rows("select key from session_key where tenant_id = $1")
    assert len(after) == len(before) - 1
    assert (await city.data("{ mySessions { id } }", as_=kept))["mySessions"] != []


async def test_keys_of_requests_go_after_a_day(city: City) -> None:
    key = (
        "insert into request_key (tenant_id, id, key, fingerprint, answer, at) "
        "values ($1, gen_random_uuid(), $2, '', '', now() - $3 * interval '1 hour') returning 1"
    )
    await city.rows(key, "old", 25)
    await city.rows(key, "new", 23)
    await prune(city)
    assert [row["key"] for row in await city.rows("select key from request_key where tenant_id = $1")] == ["new"]


async def test_sign_in_codes_go_when_they_are_over(city: City) -> None:
    code = (
        'insert into sign_in_code (tenant_id, id, key, address, locale, created_at, expires_at, "left") '
        "values ($1, gen_random_uuid(), $2, '', '', now(), now() + $3 * interval '1 minute', 5) returning 1"
    )
    await city.rows(code, "old", -1)
    await city.rows(code, "new", 10)
    await prune(city)
    assert [row["key"] for row in await city.rows("select key from sign_in_code where tenant_id = $1")] == ["new"]
