"""What is announced is told after the commit, once, on its city's channel; with Redis away it waits."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest
from redis.exceptions import RedisError

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.cases.comments import comment
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.relations import relate, unrelate
from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx
from leancity.core.ids import new_id
from leancity.core.live import relay
from leancity.core.live.announce import announce
from leancity.core.live.channel import Change, connect
from leancity.core.live.relay import publish_announcements
from leancity.core.moment import now
from leancity.core.testing.city import City
from tests.core.live.conftest import PREFIX, Wire, ids

TOPIC = "core.case"
REPORT = "city_problems.report"


async def waiting(city: City) -> list[tuple[uuid.UUID, int]]:
    """Return what of a city waits to be told."""
    rows = await pool().fetch(
        "select subject_id, version from announcement where tenant_id = $1 order by id", city.tenant.id
    )
    return [(row["subject_id"], row["version"]) for row in rows]


async def heard(wire: Wire, city: City, messages: int) -> list[list[Change]]:
    async with asyncio.timeout(5):
        while len(wire.of(city)) < messages:  # noqa: ASYNC110 - another task fills it
            await asyncio.sleep(0.01)
    return wire.of(city)


async def test_told_once_each_to_its_city(city: City, another_city: City, wire: Wire) -> None:
    first, second, third = ids(3)
    async with city.serving(), tenant_tx(write=True):
        for subject, version in ((first, 1), (second, 0), (first, 3), (first, 2)):
            await announce(TOPIC, subject, version)
        await announce("core.notification", first)
    async with another_city.serving():
        await announce(TOPIC, third)
    assert await publish_announcements(wire.client, PREFIX) >= 6
    assert await heard(wire, city, 1) == [
        [Change(TOPIC, first, 3), Change(TOPIC, second, 0), Change("core.notification", first, 0)]
    ]
    assert await heard(wire, another_city, 1) == [[Change(TOPIC, third, 0)]]
    assert await waiting(city) == await waiting(another_city) == []
    assert await publish_announcements(wire.client, PREFIX) == 0


async def test_what_is_rolled_back_is_not_told(city: City, wire: Wire) -> None:
    subject, kept = ids(2)
    with pytest.raises(RuntimeError):
        async with city.serving(), tenant_tx(write=True):
            await announce(TOPIC, subject)
            assert await waiting(city) == [], "before the commit nobody sees it"
            raise RuntimeError
    async with city.serving():
        await announce(TOPIC, kept)
    await publish_announcements(wire.client, PREFIX)
    assert await heard(wire, city, 1) == [[Change(TOPIC, kept, 0)]]


async def test_with_redis_away_it_waits(city: City, wire: Wire) -> None:
    (subject,) = ids(1)
    async with city.serving():
        await announce(TOPIC, subject, 7)
    async with connect("redis://127.0.0.1:1") as away:
        with pytest.raises(RedisError):
            await publish_announcements(away, PREFIX)
    assert await waiting(city) == [(subject, 7)]
    await publish_announcements(wire.client, PREFIX)
    assert await heard(wire, city, 1) == [[Change(TOPIC, subject, 7)]]


async def test_what_waited_long_is_told_as_one(city: City, another_city: City, wire: Wire) -> None:
    (fresh,) = ids(1)
    old = int((now() - relay.STALE - timedelta(seconds=5)).timestamp() * 1000)
    rows = [(uuid.UUID(int=(old << 80) + number), city.tenant.id, TOPIC, new_id(), 0) for number in range(2_000)]
    await pool().copy_records_to_table(
        "announcement", records=rows, columns=["id", "tenant_id", "topic", "subject_id", "version"]
    )
    async with another_city.serving():
        await announce(TOPIC, fresh)
    assert await publish_announcements(wire.client, PREFIX) == 2_000
    assert await heard(wire, city, 1) == [[]]
    await publish_announcements(wire.client, PREFIX)
    assert await heard(wire, another_city, 1) == [[Change(TOPIC, fresh, 0)]]
    assert wire.of(city) == [[]]
    assert await waiting(city) == []


async def test_a_flood_is_told_in_rounds(city: City, wire: Wire) -> None:
    subjects = ids(relay.MOST + 1)
    async with city.serving(), tenant_tx(write=True):
        for subject in subjects:
            await announce(TOPIC, subject)
    assert await publish_announcements(wire.client, PREFIX) == relay.MOST
    assert await publish_announcements(wire.client, PREFIX) == 1
    told = await heard(wire, city, 2)
    assert [change.subject_id for changes in told for change in changes] == subjects


async def test_what_is_done_to_a_case_is_announced(city: City) -> None:
    async with city.serving():
        case = await file_case(REPORT, Filing(title="Hole"))
        other = await file_case(REPORT, Filing(title="Another"))
        assert await waiting(city) == [(case.id, 1), (other.id, 1)]
        await comment(case.id, "x")
        row = await relate(case.id, other.id, "related")
        await unrelate(row.id)
    assert (await waiting(city))[2:] == [(case.id, 1), (case.id, 1), (other.id, 0), (case.id, 1), (other.id, 0)]


async def test_imported_history_is_not(city: City) -> None:
    async with city.serving():
        imported = await import_cases(
            REPORT, "elsewhere", [ImportedCase(external_id="1", title="Hole", text="x", opened_at=now())]
        )
    assert len(imported) == 1
    assert await waiting(city) == []
