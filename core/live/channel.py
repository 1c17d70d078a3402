"""What is said on Redis: a channel of each city, and the messages on it. Ids only, and of one city only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

PATIENCE = 5.0  # seconds that Redis may take to answer


class Change(NamedTuple):
    """``subject_id`` has changed. ``version`` is the subject's own, 0 where it has none."""

    topic: str
    subject_id: uuid.UUID
    version: int = 0


_decoder = msgspec.json.Decoder(list[Change])


def connect(url: str) -> redis.Redis:
    """Return a client that gives up at once when Redis is away: whoever uses it knows what to do then."""
    client: redis.Redis = redis.Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    return client


def channel_of(prefix: str, tenant_id: int) -> str:
    """Return the name of a city's channel."""
    return f"{prefix}.live.{tenant_id}"


def tenant_of(channel: bytes) -> int:
    """Return the city of a channel."""
    return int(channel.rpartition(b".")[2])


def message(changes: Iterable[Change]) -> bytes:
    """Return what is published. No change at all says that nobody can tell any more which ones there were."""
    return msgspec.json.encode([*changes])


def read(text: bytes) -> list[Change]:
    """Return the changes of a message; raise ``msgspec.MsgspecError`` for what is none."""
    return _decoder.decode(text)
