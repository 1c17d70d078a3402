"""A city publishes, its region gets copies of that and of nothing else, and gives them back when asked."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
import pytest

from leancity.core.cases.reads import read_case, read_cases
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.figures import sending
from leancity.core.figures.comparison import Standing, compare
from leancity.core.figures.months import month_past
from leancity.core.figures.publishing import publish, publish_month, withdraw
from leancity.core.jobs.cron import slot_after
from leancity.core.jobs.schedules import schedules
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.service import set_region
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from tests.core.cases.town import refused
from tests.core.figures.conftest import KIND, MONTH, ROWS, Land
from tests.core.settings.test_settings import apart

JOBS = "select state, last_error from job where tenant_id = $1 and name = 'core.figures.send'"
SAID = "select action from audit_event where tenant_id = $1 and action like 'core.figures.%' order by at, id"
Work: TypeAlias = Callable[[], Awaitable[None]]


async def said(city: City) -> list[str]:
    return [row["action"].removeprefix("core.figures.") for row in await city.rows(SAID)]


async def test_the_region_has_the_copies_and_nothing_else_of_the_city(land: Land) -> None:
    await land.five(land.first)
    (case, *_) = await land.work(land.first, "2026-09-07 10:00+11:00")
    await land.publish(land.first)
    own = await land.first.rows(ROWS)
    assert len(own) == 11 and {row["city"] for row in own} == {land.first.tenant.slug}
    assert await land.region.rows(ROWS) == own
    assert await land.second.rows(ROWS) == await land.outside.rows(ROWS) == []
    assert (await said(land.first), await said(land.region)) == (["published"], ["received"])
    async with land.region.serving():
        assert await read_cases([case]) == {}
        with pytest.raises(Refused):
            await read_case(case)
        async with tenant_tx() as unit:
            for table in ("case_record", "case_event", "published_figure", "figure_publication", "audit_event"):
                query = f"select count(*) from {table} where tenant_id = $1"
                assert await unit.connection.fetchval(query, land.first.tenant.id) == 0, table


async def test_a_month_published_anew_replaces_the_first(land: Land) -> None:
    await land.five(land.first)
    await land.publish(land.first)
    await land.five(land.first)
    await land.publish(land.first)
    (closed,) = [row for row in await land.region.rows(ROWS) if row["measure"] == "closed"]
    assert (closed["value"], closed["cases"]) == (10, 10)
    assert await land.region.rows(ROWS) == await land.first.rows(ROWS)
    assert await said(land.first) == ["published"] * 2 and await said(land.region) == ["received"] * 2


async def test_some_kinds_are_published_and_the_others_stay(land: Land) -> None:
    await land.five(land.first)
    await land.publish(land.first)
    before = await land.first.rows(ROWS)
    async with land.first.serving():
        with refused("not_found", "kinds"):
            await publish(MONTH, kinds=["desk.request", "park.issue"])
        await publish(MONTH, kinds=[])
        assert await land.first.rows(ROWS) == before
        await publish(MONTH, kinds=[KIND])
    after = await land.first.rows(ROWS)
    assert len(after) == len(before) and after != before, "they are those of another moment"


async def test_what_is_withdrawn_is_nowhere_any_more(land: Land) -> None:
    await land.five(land.first)
    await land.publish(land.first)
    async with land.first.serving():
        await withdraw(MONTH)
        with refused("figures_not_published", "month"):
            await withdraw(MONTH)
    await land.first.run_jobs()
    assert await land.first.rows(ROWS) == await land.region.rows(ROWS) == []
    assert (await said(land.first))[-1] == "withdrawn" and (await said(land.region))[-1] == "given_back"
    await land.publish(land.first)
    assert await land.region.rows(ROWS) == await land.first.rows(ROWS) != []


async def test_a_city_that_left_gives_nothing_more_and_may_still_withdraw(land: Land) -> None:
    await land.five(land.first)
    await land.publish(land.first)
    given = await land.region.rows(ROWS)
    await set_region(land.first.tenant.slug, None)
    await land.five(land.first)
    await land.publish(land.first)
    assert await land.region.rows(ROWS) == given != await land.first.rows(ROWS)
    async with land.region.serving():
        left, other = (await compare(MONTH, KIND, "closed")).rows
    assert (left.city, left.value) == (land.first.tenant.slug, 5), "what it had given is still told"
    assert (other.city, other.standing) == (land.second.tenant.slug, Standing.NOT_PUBLISHED)
    async with land.first.serving():
        await withdraw(MONTH)
    await land.first.run_jobs()
    assert await land.region.rows(ROWS) == []


async def test_a_city_that_leaves_while_its_job_runs_gives_nothing(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    async def leaving(region: Tenant, work: Work) -> None:
        await apart(set_region(land.first.tenant.slug, None))
        await in_city(region, work)

    await land.five(land.first)
    monkeypatch.setattr(sending, "in_city", leaving)
    await land.publish(land.first)
    assert await land.region.rows(ROWS) == [] and await said(land.region) == []
    assert len(await land.first.rows(ROWS)) == 11


async def test_what_could_not_be_delivered_arrives_later_and_once(platform: Platform, land: Land) -> None:
    await land.five(land.first)
    connection = await asyncpg.connect(platform.superuser_url, database=platform.database)
    broken = f"add constraint broken check (tenant_id <> {land.region.tenant.id}) not valid"
    await connection.execute(f"alter table published_figure {broken}")
    try:
        await land.publish(land.first)
        (job,) = await land.first.rows(JOBS)
        assert job["state"] == "waiting" and job["last_error"]
        assert await land.region.rows(ROWS) == [] and await said(land.region) == []
    finally:
        await connection.execute("alter table published_figure drop constraint broken")
        await connection.close()
    await land.first.run_jobs(all_due=True)
    assert await land.region.rows(ROWS) == await land.first.rows(ROWS) != []
    async with land.first.serving():
        await sending.send({"month": MONTH})
    assert await said(land.region) == ["received"]


async def test_a_late_delivery_does_not_undo_a_newer_one(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first delivery is held up with its copies in its hands until the withdrawal has been there."""
    held, may_go_on = asyncio.Event(), asyncio.Event()

    async def late(region: Tenant, work: Work) -> None:
        if not held.is_set():
            held.set()
            await may_go_on.wait()
        await in_city(region, work)

    async def send() -> None:
        async with land.first.serving():
            await sending.send({"month": MONTH})

    await land.five(land.first)
    async with land.first.serving():
        await publish(MONTH)
    monkeypatch.setattr(sending, "in_city", late)
    first = asyncio.create_task(send(), context=contextvars.Context())
    await held.wait()
    async with land.first.serving():
        await withdraw(MONTH)
    await apart(send())
    may_go_on.set()
    await first
    assert await land.region.rows(ROWS) == []


async def test_two_publications_at_once_leave_one(land: Land) -> None:
    async def once() -> None:
        async with land.first.serving():
            await publish(MONTH)

    await land.five(land.first)
    await apart(once(), once())
    assert len(await land.first.rows(ROWS)) == 11
    assert await said(land.first) == ["published"] * 2
    await land.first.run_jobs()
    assert await land.region.rows(ROWS) == await land.first.rows(ROWS)


async def test_only_a_city_publishes_and_without_a_region_for_itself(land: Land) -> None:
    async with land.region.serving():
        for work in (publish, withdraw):
            with refused("figures_cities_publish", None):
                await work(MONTH)
    await land.five(land.outside)
    await land.publish(land.outside)
    assert len(await land.outside.rows(ROWS)) == 11
    assert await land.outside.rows(JOBS) == [] and await land.region.rows(ROWS) == []


@pytest.mark.parametrize(
    ("month", "code"),
    [
        ("2026-13", "figures_month_invalid"),
        ("2026-9", "figures_month_invalid"),
        ("2026-09-01", "figures_month_invalid"),
        ("٢٠٢٦-09", "figures_month_invalid"),
        ("1999-12", "figures_month_invalid"),
        ("", "figures_month_invalid"),
        ("9999-12", "figures_month_ahead"),
    ],
)
async def test_a_month_that_is_none_is_refused(city: City, month: str, code: str) -> None:
    async with city.serving():
        for work in (publish, withdraw):
            with refused(code, "month"):
                await work(month)


async def test_the_month_past_is_published_where_the_city_says_so(land: Land) -> None:
    city = land.first
    async with city.serving():
        await publish_month({})
        assert await said(city) == []
        await change_settings(installed_modules(), "core", {"publishes_figures": True})
        await publish_month({})
        assert {f"{row['month']:%Y-%m}" for row in await city.rows(ROWS)} == {month_past()}
        await withdraw(month_past())
        await publish_month({})
    assert await said(city) == ["published", "withdrawn"], "what people took back is not published by the clock"
    async with land.region.serving():
        await change_settings(installed_modules(), "core", {"publishes_figures": True})
        await publish_month({})
    assert await land.region.rows(ROWS) == []
    when = slot_after(schedules()["core.figures"].cron, city.tenant.zone_info, datetime.fromisoformat("2026-10-31T12Z"))
    assert when == datetime.fromisoformat("2026-11-05 06:00+11:00")


async def test_the_least_number_of_cases_is_the_citys(land: Land) -> None:
    async with land.first.serving():
        await change_settings(installed_modules(), "core", {"figures_least_cases": 3})
        with pytest.raises(Refused):
            await change_settings(installed_modules(), "core", {"figures_least_cases": 2})
    await land.work(land.first, "2026-09-07 10:00+11:00", "2026-09-08 10:00+11:00", times=3)
    async with land.first.serving():
        found: dict[str, Any] = {each.measure: each.value for each in await publish(MONTH)}
    assert (found["closed"], found["lead_time_median"]) == (3, 1.0)
