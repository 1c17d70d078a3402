"""Who listens hears of their city and their subject only, and never loses anything without being told so."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path

import pytest

from leancity.core.live import hub as process
from leancity.core.live.channel import Change, connect, message
from leancity.core.live.hub import BEGINNING, Hub
from leancity.core.live.listener import MOST, Heard, Listener
from leancity.core.servers.local import LocalServers
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from tests.core.live.conftest import PREFIX, Wire, ids, running

CASE, OTHER = "core.case", "core.notification"


async def next_of(listener: Listener, *, most: int = 100) -> Heard:
    async with asyncio.timeout(5):
        return await listener.heard(most=most)


def changed(*subjects: uuid.UUID) -> Heard:
    return Heard(subjects=subjects, is_resync=False)


RESYNC = Heard(subjects=(), is_resync=True)


async def test_only_what_was_asked_for_is_heard(city: City, another_city: City, wire: Wire, hub: Hub) -> None:
    first, second = ids(2)
    here, there = city.tenant.id, another_city.tenant.id
    async with (
        hub.listening(here, CASE, None) as all_,
        hub.listening(here, CASE, first) as one,
        hub.listening(here, OTHER, None) as other,
        hub.listening(there, CASE, None) as foreign,
    ):
        await wire.say(city, Change(CASE, second), Change(CASE, first))
        assert await next_of(all_) == changed(second, first)
        assert await next_of(one) == changed(first)
        await wire.say(city, Change(OTHER, second))
        assert await next_of(other) == changed(second)
        await wire.say(another_city, Change(CASE, second))
        assert await next_of(foreign) == changed(second)
        await wire.say(city, Change(CASE, first))
        assert await next_of(all_) == changed(first), "nothing came in between"


async def test_what_waits_is_told_once_and_in_parts(city: City, wire: Wire, hub: Hub) -> None:
    subjects = ids(5)
    async with (
        hub.listening(city.tenant.id, CASE, None) as listener,
        hub.listening(city.tenant.id, OTHER, None) as last,
    ):
        for _ in range(2):
            await wire.say(city, *(Change(CASE, each) for each in subjects))
        await wire.say(city, Change(OTHER, subjects[0]))
        await next_of(last)
        assert await next_of(listener, most=3) == changed(*subjects[:3])
        assert await next_of(listener, most=3) == changed(*subjects[3:])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await listener.heard(most=3)


async def test_who_is_slow_has_to_look_anew(city: City, wire: Wire, hub: Hub) -> None:
    subjects = ids(MOST + 1)
    async with hub.listening(city.tenant.id, CASE, None) as slow, hub.listening(city.tenant.id, OTHER, None) as last:
        await wire.say(city, *(Change(CASE, each) for each in subjects), Change(OTHER, subjects[0]))
        await next_of(last)
        assert await next_of(slow) == RESYNC
        await wire.say(city, Change(CASE, subjects[0]))
        assert await next_of(slow) == changed(subjects[0])


async def test_after_a_broken_connection_everybody_looks_anew(city: City, wire: Wire, hub: Hub) -> None:
    (subject,) = ids(1)
    async with hub.listening(city.tenant.id, CASE, None) as listener:
        for _ in range(2):
            await wire.client.client_kill_filter(_type="pubsub", skipme=True)
            assert await next_of(listener) == RESYNC
            await wire.say(city, Change(CASE, subject))
            assert await next_of(listener) == changed(subject)


async def test_nonsense_and_what_is_told_as_one_make_look_anew(city: City, wire: Wire, hub: Hub) -> None:
    async with hub.listening(city.tenant.id, CASE, None) as listener:
        for said in (b"[]", b"nonsense", b'[["core.case", 1]]'):
            await wire.client.publish(f"{PREFIX}.live.{city.tenant.id}", said)
            assert await next_of(listener) == RESYNC


async def test_who_comes_back_at_once_loses_nothing(city: City, wire: Wire, hub: Hub) -> None:
    for subject in ids(20):
        async with hub.listening(city.tenant.id, CASE, None) as listener:
            await wire.say(city, Change(CASE, subject))
            heard = await next_of(listener)
            assert heard.is_resync or heard == changed(subject)


async def test_a_city_without_listeners_is_not_heard(city: City, wire: Wire, hub: Hub) -> None:
    channel = f"{PREFIX}.live.{city.tenant.id}"

    async def subscribers() -> int:
        ((_, found),) = await wire.client.pubsub_numsub(channel)
        return int(found)

    async with hub.listening(city.tenant.id, CASE, None):
        assert await subscribers() == 1
    async with asyncio.timeout(5):
        while await subscribers():  # noqa: ASYNC110 - Redis's to tell
            await asyncio.sleep(0.01)


async def test_redis_may_come_late_and_go(city: City, tmp_path: Path) -> None:
    (subject,) = ids(1)
    state = tmp_path / "state"
    address = f"unix://{state}/redis.sock"
    with LocalServers(state, postgres=False, say=lambda line: None) as servers:
        address = servers.redis_url
    late = Hub(address, PREFIX)
    with running(late):
        begun = time.monotonic()
        async with late.listening(city.tenant.id, CASE, None) as listener:
            assert BEGINNING <= time.monotonic() - begun < BEGINNING + 3, "nobody waits for a Redis that is away"
            with LocalServers(state, postgres=False, say=lambda line: None) as servers:
                assert servers.redis_url == address
                assert await next_of(listener) == RESYNC
                async with connect(address) as client:
                    await client.publish(f"{PREFIX}.live.{city.tenant.id}", message([Change(CASE, subject)]))
                assert await next_of(listener) == changed(subject)


async def test_it_stops_whenever_it_is_told_to(platform: Platform) -> None:
    for turns in range(60):
        await process.start(platform.redis_url, PREFIX)
        for _ in range(turns):  # through connecting, subscribing, hearing
            await asyncio.sleep(0 if turns % 2 else 0.0003)
        async with asyncio.timeout(5):
            await process.stop()


async def test_nobody_listens_where_nothing_is_heard(city: City) -> None:
    async with city.serving():
        with pytest.raises(RuntimeError, match="call start first"):
            async with process.listening(CASE):
                pass
