"""Hearing what is told on the platform's Redis, in this process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest_asyncio
import redis.asyncio as redis

from leancity.core.live.channel import Change, channel_of, connect, message, read
from leancity.core.live.hub import Hub
from leancity.core.tenancy.tables import Announcement
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform

PREFIX = "test-live"
"""Not the web process's: this Redis is its too."""


@dataclass(kw_only=True)
class Wire:
    """``said`` is what went over the wire: a city's id and a message each."""

    client: redis.Redis
    said: list[tuple[int, list[Change]]] = field(default_factory=list)

    def of(self, city: City) -> list[list[Change]]:
        return [changes for tenant_id, changes in self.said if tenant_id == city.tenant.id]

    async def say(self, city: City, *changes: Change) -> None:
        """Say something that nobody announced."""
        await self.client.publish(channel_of(PREFIX, city.tenant.id), message(changes))


@pytest_asyncio.fixture
async def wire(platform: Platform, database: None) -> AsyncIterator[Wire]:
    await Announcement.delete(force=True)  # what earlier tests announced, and nobody told, would come first
    async with connect(platform.redis_url) as client, client.pubsub() as pubsub:
        found = Wire(client=client)
        await pubsub.psubscribe(f"{PREFIX}.live.*")
        assert (await pubsub.get_message(timeout=5))["type"] == "psubscribe"

        async def listen() -> None:
            async for said in pubsub.listen():
                found.said.append((int(said["channel"].rpartition(b".")[2]), read(said["data"])))

        listening = asyncio.create_task(listen())
        yield found
        listening.cancel()


@pytest_asyncio.fixture
async def hub(platform: Platform) -> AsyncIterator[Hub]:
    hub = Hub(platform.redis_url, PREFIX)
    with running(hub):
        yield hub


@contextmanager
def running(hub: Hub) -> Iterator[None]:
    task = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        assert not task.done(), "it hears for ever"
        task.cancel()


def ids(amount: int) -> list[uuid.UUID]:
    return [uuid.uuid4() for _ in range(amount)]
