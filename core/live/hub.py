"""Hears what is told of the cities that somebody listens to in this process, and passes it to who asked for it.

One connection to Redis, subscribed to the channel of a city while somebody of the city listens. Whenever a channel is
subscribed anew (Redis was away, the connection broke), what was said meanwhile is lost to us: everybody who listened is
told to look anew. The hub holds ids, no content and no rights: who hears of a subject reads it under their own.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from leancity.core.live.channel import PATIENCE, channel_of, connect, read, tenant_of
from leancity.core.live.listener import Listener
from leancity.core.tenancy.context import current_tenant

PING = 5.0  # seconds without a change of channels
REST = 0.5  # seconds before a connection that broke is opened anew
AGAIN = 1.0  # seconds until what is to end is told so again
BEGINNING = 1.0
"""Seconds that a listener waits to be heard of by Redis; after that it begins, and is told to look anew later."""

Key: TypeAlias = tuple[str, uuid.UUID | None]
log = structlog.get_logger()


@dataclass(eq=False)
class _City:
    """``is_heard`` while Redis has confirmed the city's channel on the present connection."""

    listeners: dict[Key, set[Listener]] = field(default_factory=lambda: defaultdict(set))
    is_heard: asyncio.Event = field(default_factory=asyncio.Event)

    def all(self) -> list[Listener]:
        return [each for listeners in self.listeners.values() for each in listeners]


class Hub:
    """The listeners of one process. ``run`` it in a task."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._cities: dict[int, _City] = {}
        self._changed = asyncio.Event()
        self._is_away = False
        self.is_connected = asyncio.Event()

    @asynccontextmanager
    async def listening(self, tenant_id: int, topic: str, subject_id: uuid.UUID | None) -> AsyncIterator[Listener]:
        listener = Listener(topic=topic, subject_id=subject_id)
        city = self._cities.setdefault(tenant_id, _City())
        city.listeners[topic, subject_id].add(listener)
        self._changed.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEGINNING):
                    await city.is_heard.wait()
            listener.is_begun = True
            yield listener
        finally:
            city.listeners[topic, subject_id].discard(listener)
            if not city.listeners[topic, subject_id]:
                del city.listeners[topic, subject_id]
            self._changed.set()

    async def run(self) -> None:
        """Hear for ever; a Redis that goes away is waited for."""
        async with connect(self._url) as client:
            while True:
                try:
                    async with client.pubsub() as pubsub:
                        await self._hear_by(pubsub)
                except (RedisError, OSError, TimeoutError) as error:
                    if not self._is_away:
                        log.warning("subscriptions hear nothing", error=str(error))
                    self._is_away = True
                except Exception as error:  # whatever it is, the process must go on hearing
                    log.error("unforeseen", exc_info=error)
                for city in self._cities.values():
                    city.is_heard.clear()
                await asyncio.sleep(REST)

    async def _hear_by(self, pubsub: PubSub) -> None:
        """Hear on one connection until it breaks."""
        await pubsub.subscribe(channel_of(self._prefix, 0))  # no city's: it lets the connection be pinged
        self.is_connected.set()
        ending = asyncio.Event()
        reading = asyncio.create_task(self._read(pubsub))
        keeping = asyncio.create_task(self._keep_channels(pubsub, ending))
        try:
            done, _ = await asyncio.wait([reading, keeping], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            # Cut off while it sends, the client would connect once more for who reads, and leave that open.
            ending.set()
            self._changed.set()
            await asyncio.wait([keeping], timeout=AGAIN)
            await _end(keeping, reading)

    async def _keep_channels(self, pubsub: PubSub, ending: asyncio.Event) -> None:
        """Keep the channels those of the cities that somebody listens to."""
        asked: set[int] = set()
        while not ending.is_set():
            self._changed.clear()
            for tenant_id in [id_ for id_, city in self._cities.items() if not city.listeners]:
                del self._cities[tenant_id]
            wanted = {*self._cities}
            # A city that is left and entered in one breath is unsubscribed first, as Redis obeys in order.
            if left := asked - wanted:
                await pubsub.unsubscribe(*(channel_of(self._prefix, each) for each in left))
            if new := wanted - asked:
                await pubsub.subscribe(*(channel_of(self._prefix, each) for each in new))
            asked = wanted
            try:
                async with asyncio.timeout(PING):
                    await self._changed.wait()
            except TimeoutError:
                await pubsub.ping()

    async def _read(self, pubsub: PubSub) -> None:
        while True:
            received: dict[str, Any] | None = await pubsub.get_message(timeout=PING + PATIENCE)
            if received is None:
                raise TimeoutError("Redis does not answer")
            self._is_away = False
            if received["type"] == "subscribe":
                self._begin(tenant_of(received["channel"]))
            elif received["type"] == "message":
                self._hear(tenant_of(received["channel"]), received["data"])

    def _begin(self, tenant_id: int) -> None:
        city = self._cities.get(tenant_id)
        if city is not None:
            city.is_heard.set()
            for listener in city.all():
                if listener.is_begun:
                    listener.resync()

    def _hear(self, tenant_id: int, text: bytes) -> None:
        city = self._cities.get(tenant_id)
        if city is None:
            return
        try:
            changes = read(text)
        except msgspec.MsgspecError as error:
            log.error("not a message of ours", tenant=tenant_id, error=str(error))
            changes = []
        if not changes:
            for listener in city.all():
                listener.resync()
        for change in changes:
            for key in ((change.topic, change.subject_id), (change.topic, None)):
                for listener in city.listeners.get(key, ()):
                    listener.hear(change.subject_id)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks until they have ended: a client of Redis that is connecting swallows a cancellation now and then."""
    pending = {*tasks}
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=AGAIN)
        for task in done:
            if not task.cancelled():
                task.exception()  # of two that fail by one broken connection, the first one is told of


_running: tuple[Hub, asyncio.Task[None]] | None = None


async def start(url: str, prefix: str) -> None:
    """Begin to hear, in the running event loop; wait a moment for Redis, but not for one that is away."""
    global _running
    hub = Hub(url, prefix)
    _running = hub, asyncio.create_task(hub.run(), name="live hub")
    with suppress(TimeoutError):
        async with asyncio.timeout(BEGINNING):
            await hub.is_connected.wait()


async def stop() -> None:
    """Hear no more."""
    global _running
    running, _running = _running, None
    if running is not None:
        await _end(running[1])


@asynccontextmanager
async def listening(topic: str, subject_id: uuid.UUID | None = None) -> AsyncIterator[Listener]:
    """Listen to what changes of ``topic``, or to one subject of it, in the city being served.

    From the moment that the block begins no change is lost without the listener's being told to look anew.
    """
    if _running is None:
        raise RuntimeError("nothing is heard in this process: call start first")
    async with _running[0].listening(current_tenant().id, topic, subject_id) as listener:
        yield listener
