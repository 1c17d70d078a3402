"""Jobs: asked for in a transaction, done at least once, gated, retried in columns; with the real worker and Redis."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio
import redis.asyncio as redis

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.relay import LEADER, claim
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform

NOTHING = {
    "event": "case_submitted",
    "module": "city_problems",
    "payload": {"case_id": "0" * 32, "kind": "core.nothing"},
}


async def states(city: City) -> list[tuple[str, str, int]]:
    rows = await city.rows("select name, state, attempts from job where tenant_id = $1 order by created_at")
    return [tuple(row) for row in rows]


async def test_a_job_of_a_failed_transaction_never_was(city: City) -> None:
    async with city.serving():
        with pytest.raises(RuntimeError, match="on purpose"):
            async with tenant_tx(write=True):
                await enqueue("core.deliver", NOTHING)
                raise RuntimeError("on purpose")
    assert await states(city) == []
    assert await city.run_jobs() == 0


async def test_a_job_is_done_once_and_leaves_the_directory(city: City) -> None:
    async with city.serving():
        await enqueue("core.deliver", NOTHING)
    assert await city.run_jobs() == 1
    assert await states(city) == [("core.deliver", "done", 0)]
    assert await city.run_jobs() == 0


async def test_a_failing_job_waits_longer_each_time_and_dies_visibly(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(payload: dict[str, object]) -> None:
        await JobRow.update({JobRow.last_error: "rolled back"}, force=True)
        raise RuntimeError("the other side is down")

    monkeypatch.setitem(jobs(), "core.fail", Job(name="core.fail", run=fail, max_attempts=3))
    async with city.serving():
        await enqueue("core.fail", {})
    delays = []
    for attempt in (1, 2):
        begun = now()
        await city.run_jobs(all_due=True)
        assert await states(city) == [("core.fail", "waiting", attempt)]
        async with city.serving(), tenant_tx():
            row = await JobRow.objects().first()
            assert row is not None and row.last_error == "RuntimeError: the other side is down"
            delays.append(row.run_at - begun)
    assert timedelta(seconds=1) < delays[0] < delays[1]
    await city.run_jobs(all_due=True)
    assert await states(city) == [("core.fail", "dead", 3)]
    assert await city.run_jobs(all_due=True) == 0


async def test_a_job_of_a_module_that_was_left_waits_and_goes_on_when_it_is_back(city: City) -> None:
    async with city.serving():
        await enqueue("core.deliver", NOTHING)
    await city.leave("city_problems", *(city.tenant.modules - {"city_problems"}))
    await city.run_jobs()
    assert await states(city) == [("core.deliver", "waiting", 0)]
    async with city.serving():
        with pytest.raises(ModuleClosed):
            await enqueue("city_problems.anything", {})
    await city.subscribe("city_problems")
    await city.run_jobs(all_due=True)
    assert await states(city) == [("core.deliver", "done", 0)]


@pytest_asyncio.fixture
async def nothing_due(database: None) -> None:
    """What earlier tests of this process left waiting would take turns too."""
    await Due.delete(force=True)


async def test_cities_take_turns(nothing_due: None, city: City, another_city: City) -> None:
    async with city.serving(), tenant_tx(write=True):
        for _ in range(30):
            await enqueue("core.deliver", NOTHING)
    async with another_city.serving():
        await enqueue("core.deliver", NOTHING)
    first = {tenant_id for tenant_id, _ in await claim(2)}
    assert first == {city.tenant.id, another_city.tenant.id}
    await city.run_jobs(all_due=True)
    await another_city.run_jobs(all_due=True)


async def test_with_the_real_worker_scheduler_and_an_emptied_redis(nothing_due: None, city: City) -> None:
    """What is waiting when Redis is emptied is done all the same."""
    client = redis.from_url(city.platform.redis_url)
    with city.platform.process("scheduler"), city.platform.process("worker"):
        async with city.serving(), tenant_tx(write=True):
            for _ in range(20):
                await enqueue("core.deliver", NOTHING)
        await client.flushall()
        # What was hinted before the emptying is hinted again when its lease runs out: here at once.
        await _until(city, seconds=40, end_leases=True)
    await client.aclose()
    assert {state for _, state, _ in await states(city)} == {"done"}


async def _until(city: City, *, seconds: float, end_leases: bool) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = await Due.select(Due.id).where(Due.tenant_id == city.tenant.id)
        if not left:
            return
        await asyncio.sleep(1)
        if end_leases:
            await Due.update({Due.lease_until: now()}).where(Due.tenant_id == city.tenant.id)
    raise AssertionError(f"{len(left)} jobs were not done in {seconds} s")


async def test_the_scheduler_leads_again_after_the_database_went_away(platform: Platform) -> None:
    leader = "select pid from pg_locks where locktype = 'advisory' and granted and classid = 0 and objid = $1"
    superuser = await asyncpg.connect(platform.superuser_url, database=platform.database)

    async def lead() -> int:
        for _ in range(200):
            pid = await superuser.fetchval(leader, LEADER)
            if pid is not None:
                return int(pid)
            await asyncio.sleep(0.1)
        raise AssertionError("nobody leads")

    with platform.process("scheduler"):
        first = await lead()
        await superuser.execute("select pg_terminate_backend($1, 5000)", first)
        assert await lead() != first
    await superuser.close()
