"""The real scheduler and worker as they die: killed workers, a Redis that refuses, leaders that go."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

import asyncpg
import pytest

from leancity.core.jobs.queues import Slots
from leancity.core.jobs.relay import LEADER, relay
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from tests.core.jobs.yard import Yard, ask, both, end_holds, nothing_left, told, until

pytestmark = pytest.mark.usefixtures("nothing_due")


@pytest.mark.long
async def test_a_worker_killed_at_an_effect_leaves_it_to_the_next_one_flagged(yard: Yard, city: City) -> None:
    await yard.open_in(city)
    (id_,) = await ask(city, "yard.deliver", {"n": 1, "seconds": 20})
    with city.platform.process("scheduler", **yard.environment):
        with city.platform.process("worker", **yard.environment) as worker:
            await until(told(yard, city, 1))
            worker.kill()
            worker.wait()
        await end_holds(city)
        with city.platform.process("worker", **yard.environment):
            await until(told(yard, city, 2))
            (row,) = await city.rows("select is_uncertain from job where tenant_id = $1 and id = $2", id_)
            assert row["is_uncertain"]
            await Due.delete().where(Due.id == id_)  # it need not be waited for
    first, second = yard.of(city)
    assert (first["key"], first["repeat"]) == (str(id_), False)
    assert (second["key"], second["repeat"]) == (str(id_), True)


@pytest.mark.long
async def test_a_job_that_kills_its_worker_is_given_up_and_its_city_goes_on(yard: Yard, city: City) -> None:
    await yard.open_in(city)
    (deadly,) = await ask(city, "yard.kill", {"n": 0})
    with city.platform.process("scheduler", **yard.environment):
        for start in (1, 2):
            with city.platform.process("worker", **yard.environment) as worker:
                assert await asyncio.to_thread(worker.wait, 40) == -9
            line = await Due.objects().get(Due.id == deadly)
            assert line is not None and line.begun == start
            await end_holds(city)
        await Due.update({Due.begun: 5}).where(Due.id == deadly)  # as after three more
        await ask(city, "yard.write", {"n": 1})
        with city.platform.process("worker", **yard.environment):
            await until(lambda: nothing_left(city))
    (row,) = await city.rows("select state, last_error from job where tenant_id = $1 and id = $2", deadly)
    assert row["state"] == "dead" and "cut off 5 times" in row["last_error"]
    assert [line["n"] for line in yard.of(city)] == [0, 0, 1]


@pytest.mark.long
async def test_a_hint_that_redis_refuses_is_given_back(yard: Yard, city: City) -> None:
    await yard.open_in(city)
    (id_,) = await ask(city, "yard.write", {"n": 1})
    before = await _line(city, id_)
    with city.platform.process("scheduler", **{**yard.environment, "REDIS_URL": "unix:///nowhere/redis.sock"}):

        async def given_back() -> bool:
            after = await _line(city, id_)
            return bool(after["version"] != before["version"] and after["lease_until"] is None)

        await until(given_back, every=0.05)
    with both(city.platform, yard.environment):
        await until(told(yard, city, 1))


async def _line(city: City, id_: uuid.UUID) -> asyncpg.Record:
    """Return a line of the directory with its version, which every change to it changes."""
    (row,) = await city.rows("select xmin::text as version, lease_until from due where tenant_id = $1 and id = $2", id_)
    return row


@pytest.mark.long
async def test_a_worker_that_is_told_to_stop_finishes_what_it_has(yard: Yard, city: City) -> None:
    await yard.open_in(city)
    await ask(city, "yard.write", *[{"n": n, "seconds": 2} for n in range(20)])
    with city.platform.process("scheduler", **yard.environment):
        with city.platform.process("worker", **yard.environment) as worker:
            await until(told(yard, city, 6))
            worker.terminate()
            assert await asyncio.to_thread(worker.wait, 15) == 0
        begun = len(yard.of(city))
    (row,) = await city.rows("select count(*) from job where tenant_id = $1 and state = 'done'")
    assert row["count"] == begun < 20


_HOLDER = "select pid from pg_locks where locktype = 'advisory' and granted and classid = 0 and objid = $1"


async def leader(superuser: asyncpg.Connection) -> int:
    """Return the backend that leads."""
    for _ in range(300):
        pid = await superuser.fetchval(_HOLDER, LEADER)
        if pid is not None:
            return int(pid)
        await asyncio.sleep(0.1)
    raise AssertionError("nobody leads")


async def test_the_scheduler_leads_again_after_the_database_went_away(platform: Platform) -> None:
    superuser = await asyncpg.connect(platform.superuser_url, database=platform.database)
    with platform.process("scheduler"):
        first = await leader(superuser)
        await superuser.execute("select pg_terminate_backend($1, 5000)", first)
        assert await leader(superuser) != first
    await superuser.close()


@pytest.mark.usefixtures("database")
async def test_work_that_missed_its_cancellation_does_not_keep_the_next_from_leading(platform: Platform) -> None:
    superuser = await asyncpg.connect(platform.superuser_url, database=platform.database)

    async def deaf() -> None:
        with suppress(asyncio.CancelledError):  # as a connection does that breaks just then
            await asyncio.sleep(300)

    leading = asyncio.create_task(
        relay(platform.app_url, lambda claimed: claimed, slots=Slots(threads=1), beside={"deaf": deaf})
    )
    first = await leader(superuser)
    await superuser.execute("select pg_terminate_backend($1, 5000)", first)
    assert await leader(superuser) != first
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    await superuser.close()


@pytest.mark.long
async def test_of_two_schedulers_one_leads_and_the_other_takes_over(yard: Yard, city: City) -> None:
    await yard.open_in(city)
    superuser = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    with both(city.platform, yard.environment) as first:
        leads = await leader(superuser)
        with city.platform.process("scheduler", **yard.environment):
            await ask(city, "yard.write", {"n": 1})
            await until(told(yard, city, 1))
            assert await leader(superuser) == leads
            first.kill()
            first.wait()
            await ask(city, "yard.write", {"n": 2})
            await until(told(yard, city, 2))
            assert await leader(superuser) != leads
    await superuser.close()
    assert [line["n"] for line in yard.of(city)] == [1, 2]
