"""One scheduler and one worker of eight threads: fairness among cities, order, an emptied Redis, dead letters."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio as redis

from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from tests.core.jobs.yard import Yard, ask, both, install, nothing_left, until

pytestmark = pytest.mark.usefixtures("nothing_due", "pair")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    return install(tmp_path_factory.mktemp("yard"))


@pytest.fixture(scope="module")
def pair(platform: Platform, yard: Yard) -> Iterator[None]:
    """The processes, for all tests of this file: starting them takes longer than most of these."""
    with both(platform, yard.environment):
        yield


async def start_delay(yard: Yard, city: City, n: int) -> float:
    """Ask for a job of a city and return after how many seconds it was begun."""
    asked_at = time.time()
    await ask(city, "yard.write", {"n": n})

    async def begun() -> bool:
        return any(line["n"] == n for line in yard.of(city))

    await until(begun, every=0.02)
    return float(next(line["at"] for line in yard.of(city) if line["n"] == n)) - asked_at


async def fairness(
    yard: Yard, city: City, another_city: City, amount: int, seconds: float, patience: float = 1.0
) -> None:
    await yard.open_in(city, another_city)
    await start_delay(yard, another_city, -1)  # the processes are up
    empty = sorted([await start_delay(yard, another_city, n) for n in range(10)])[-1]
    await ask(city, "yard.write", *[{"n": n, "seconds": seconds} for n in range(amount)])
    flooded = sorted([await start_delay(yard, another_city, 100 + n) for n in range(10)])[-1]
    assert not await nothing_left(city), "the flood was over before it was measured: ask for more"
    assert flooded <= max(patience, 3 * empty), f"{flooded:.2f} s beside a flood, {empty:.2f} s alone"


@pytest.mark.long
async def test_a_citys_flood_does_not_hold_up_another_citys_job(yard: Yard, city: City, another_city: City) -> None:
    await fairness(yard, city, another_city, 500, 0.2, patience=5.0)  # the machine may be busy; the flood lasts longer


@pytest.mark.long
async def test_a_flood_of_slow_jobs_leaves_threads_to_others(yard: Yard, city: City, another_city: City) -> None:
    await fairness(yard, city, another_city, 40, 5.0)


@pytest.mark.long
async def test_ten_thousand_jobs_of_a_city_do_not_hold_up_another_citys(
    yard: Yard, city: City, another_city: City
) -> None:
    await fairness(yard, city, another_city, 10_000, 0.01)


@pytest.mark.long
async def test_an_order_is_kept_by_eight_threads_with_failing_ones_between(
    yard: Yard, city: City, tmp_path: Path
) -> None:
    await yard.open_in(city)
    blocked = str(tmp_path / "mended")
    orders = [uuid.uuid4() for _ in range(4)]
    asked: dict[uuid.UUID, list[str]] = {order: [] for order in orders}
    for n in range(12):
        for number, order in enumerate(orders):
            name = "yard.limp" if n == 4 else "yard.write"
            label = f"{number}-{n}"
            await ask(city, name, {"n": label, "until": blocked}, order_key=order)
            asked[order].append(label)

    async def stumbled() -> bool:
        found = "select 1 from job where tenant_id = $1 and name = 'yard.limp' and attempts > 0"
        return len(await city.rows(found)) == len(orders)

    await until(stumbled)
    assert {line["n"].partition("-")[2] for line in yard.of(city)} <= {"0", "1", "2", "3"}
    await asyncio.to_thread(Path(blocked).touch)
    await until(lambda: nothing_left(city))
    told = [line["n"] for line in yard.of(city)]
    for number, order in enumerate(orders):
        assert [each for each in told if each.startswith(f"{number}-")] == asked[order]
    assert len(told) == len(set(told)) == 48


@pytest.mark.long  # tests/faults has its like in the normal suite, with receivers outside
async def test_an_emptied_redis_loses_nothing(yard: Yard, city: City) -> None:
    """Redis is emptied five times a second while a thousand effects wait; what was hinted is hinted again."""
    await yard.open_in(city)
    await ask(city, "yard.deliver", *[{"n": n} for n in range(1000)], queue="interactive")
    client = redis.from_url(city.platform.redis_url)

    async def empty() -> None:
        while True:
            await client.flushall()
            await asyncio.sleep(0.2)

    async def done() -> bool:
        # What was lost with a hint waits for its lease to run out: here not for half a minute.
        hinted = (Due.tenant_id == city.tenant.id) & Due.held_until.is_null() & Due.lease_until.is_not_null()
        await Due.update({Due.lease_until: None}).where(hinted)
        await asyncio.sleep(0.5)
        return await nothing_left(city)

    emptying = asyncio.create_task(empty())
    await until(done)
    emptying.cancel()
    await client.aclose()
    lines = yard.of(city)
    assert {line["n"] for line in lines} == set(range(1000))
    assert len({line["key"] for line in lines}) == 1000
    assert not any(line["repeat"] for line in lines) and len(lines) == 1000, "nothing was cut off, so nothing twice"


@pytest.mark.long  # as above
async def test_a_poisoned_job_stops_nobody_and_is_replayed_once_it_is_mended(
    yard: Yard, city: City, tmp_path: Path
) -> None:
    await yard.open_in(city)
    blocked, slug = tmp_path / "mended", city.tenant.slug
    poison = {"n": "poison", "until": str(blocked)}
    poisoned, dropped = await ask(city, "yard.stumble", poison, poison)
    await ask(city, "yard.write", *[{"n": n} for n in range(20)])
    await until(lambda: nothing_left(city))
    assert len(yard.of(city)) == 20
    leancity = city.platform.command
    lines = leancity("deadletters", "list", "--city", slug, "--json").stdout.splitlines()
    listed = [json.loads(line) for line in lines]
    assert {(each["id"], each["job"], each["attempts"]) for each in listed} == {
        (str(id_), "yard.stumble", 2) for id_ in (poisoned, dropped)
    }
    assert listed[0]["error"] == "RuntimeError: the path is blocked" and listed[0]["isUncertain"] is False
    await asyncio.to_thread(blocked.touch)
    assert leancity("deadletters", "discard", "--id", str(dropped)).stdout == "1 discarded\n"
    assert leancity("deadletters", "replay", "--city", slug).stdout == "1 replayed\n"
    await until(lambda: nothing_left(city))
    rows = await city.rows("select id, state from job where tenant_id = $1 and name = 'yard.stumble' order by id")
    assert [tuple(row) for row in rows] == [(poisoned, "done"), (dropped, "discarded")]
    assert [line["n"] for line in yard.of(city)][20:] == ["poison"]
