"""Which row is hinted next: cities in turn, queues by urgency, orders one after another, whatever waits behind them."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx
from leancity.core.jobs import claim as claiming
from leancity.core.jobs.claim import Claimed, claim, find_lines, give_back, let_next_go, look_out
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.queues import QUEUES, Slots
from leancity.core.moment import now
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City
from tests.core.jobs.yard import ask

pytestmark = pytest.mark.usefixtures("nothing_due")


async def claimed(threads: int = 4) -> list[Claimed]:
    return await claim(Slots(threads=threads), await find_lines(), await look_out())


async def test_cities_take_turns_and_none_takes_every_thread(city: City, another_city: City) -> None:
    await ask(city, "core.deliver", *[{}] * 30, ago=60)
    (one,) = await ask(another_city, "core.deliver", {})
    first = await claimed()
    assert Counter(each.tenant_id for each in first) == {city.tenant.id: 3, another_city.tenant.id: 1}
    assert one in {each.job_id for each in first}
    assert await claimed() == [], "three of four threads are a city's most, until one of them is done"
    await give_back(first[:1])
    assert len(await claimed()) == 1


async def test_all_slots_are_filled_when_several_cities_have_work(city: City, another_city: City) -> None:
    for each in (city, another_city):
        await ask(each, "core.deliver", *[{}] * 20)
        await ask(each, "core.deliver", *[{}] * 20, queue="interactive")
    first = await claimed(threads=4)
    assert Counter(each.tenant_id for each in first) == {city.tenant.id: 3, another_city.tenant.id: 3}
    assert {each.queue for each in first} == {"interactive"}
    assert len(await claimed(threads=8)) == 6, "each city up to six of eight threads"


async def test_bulk_never_has_more_than_half_of_the_threads(city: City, another_city: City) -> None:
    for each in (city, another_city):
        await ask(each, "core.deliver", *[{}] * 20, queue="bulk")
    assert len(await claimed(threads=8)) == 4
    await ask(city, "core.deliver", {}, queue="interactive")
    assert [each.queue for each in await claimed(threads=8)] == ["interactive"]
    assert Slots(threads=1).of_a_queue("bulk") == 1


async def test_one_slot_is_kept_for_what_a_person_waits_for(city: City, another_city: City) -> None:
    for each in (city, another_city):
        await ask(each, "core.deliver", *[{}] * 20)
    slots = Slots(threads=1)
    assert len(await claim(slots, await find_lines(), await look_out())) == 1
    await ask(another_city, "core.deliver", {}, queue="interactive")
    assert [each.queue for each in await claim(slots, await find_lines(), await look_out())] == ["interactive"]


async def test_of_an_order_only_the_eldest_is_given_out_also_while_it_waits_for_its_retry(city: City) -> None:
    order = uuid.uuid4()
    ids = await ask(city, "core.deliver", *[{}] * 3, order_key=order)
    assert [each.job_id for each in await claimed()] == ids[:1]
    assert await claimed() == []
    await Due.update({Due.run_at: now() + timedelta(hours=1), Due.lease_until: None}).where(Due.id == ids[0])
    assert await claimed() == []
    await _finish(city, ids[0], order)
    assert [each.job_id for each in await claimed()] == ids[1:2]


async def test_a_dead_one_lets_its_followers_go_on(city: City) -> None:
    order = uuid.uuid4()
    ids = await ask(city, "core.deliver", *[{}] * 2, order_key=order)
    await claimed()
    async with city.serving(), tenant_tx(write=True) as unit:
        await Due.update({Due.kind: "dead", Due.lease_until: None}).where(Due.id == ids[0])
        await let_next_go(unit.connection, city.tenant.id, order)
    assert [each.job_id for each in await claimed()] == ids[1:]


async def test_those_that_wait_behind_their_elder_hide_nobody(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "HEADS", 8)
    await ask(city, "core.deliver", *[{}] * 50, order_key=uuid.uuid4(), ago=60)
    (free,) = await ask(city, "core.deliver", {})
    seen: list[uuid.UUID] = []
    for _ in range(10):
        seen += [each.job_id for each in await claimed()]
    assert free in seen and len(seen) == 2


async def test_one_that_is_put_aside_waits_ten_minutes_at_most(city: City) -> None:
    _, second = await ask(city, "core.deliver", *[{}] * 2, order_key=uuid.uuid4())
    await claimed()
    behind = await Due.objects().get(Due.id == second)
    assert behind is not None
    assert timedelta(minutes=9) < behind.run_at - now() <= timedelta(minutes=10)
    assert behind.lease_until is None


async def test_an_asking_says_its_queue_and_its_order(city: City) -> None:
    async with city.serving():
        ids = [await enqueue("core.deliver", {}, order_key="a case", queue="bulk") for _ in range(2)]
    lines = await Due.objects().where(Due.id.is_in(ids))
    assert {line.queue for line in lines} == {"bulk"}
    assert len({line.order_key for line in lines}) == 1 and lines[0].order_key is not None
    assert QUEUES == ("interactive", "default", "bulk")


async def test_a_claim_looks_at_few_of_ten_thousand_rows(city: City, another_city: City) -> None:
    """By the plan: what the statement reads does not grow with what waits."""
    await ask(city, "core.deliver", *[{}] * 10_000, ago=60)
    await ask(another_city, "core.deliver", {})
    superuser = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    await superuser.execute("analyze due")
    await superuser.close()
    lines = await find_lines()
    assert {line.tenant_id for line in lines} == {city.tenant.id, another_city.tenant.id}
    queues, tenants = [each.queue for each in lines], [each.tenant_id for each in lines]
    wanted: tuple[Any, ...] = (queues, tenants, [1] * len(lines), 64, [], [])
    room = (3, list(QUEUES), [8, 7, 2], 8, claiming.LEASE, claiming.ASIDE)
    plan = await pool().fetch("explain (analyze, buffers, format text) " + claiming._CLAIM, *wanted, *room)
    assert _most_rows(plan) <= 64 * len(lines), "\n".join(row[0] for row in plan)
    plan = await pool().fetch("explain (analyze, buffers, format text) " + claiming._LINES)
    assert _most_rows(plan) <= 8, "\n".join(row[0] for row in plan)


def _most_rows(plan: list[Any]) -> float:
    rows = [row[0].partition("actual time=")[2].partition("rows=")[2].partition(" ")[0] for row in plan]
    return max(float(each) for each in rows if each)


async def _finish(city: City, job_id: uuid.UUID, order: uuid.UUID) -> None:
    async with city.serving(), tenant_tx(write=True) as unit:
        await Due.delete().where(Due.id == job_id)
        await let_next_go(unit.connection, city.tenant.id, order)
