"""Tells what was announced: from the directory, after the commit, on the channel of each city.

A row is removed when Redis has taken its message: with Redis away rows wait, and what a crash leaves is told twice,
which changes nothing. No transaction is open while Redis is spoken to. What has waited long is no longer told one by
one: its city is told to look anew.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import asyncpg
import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from leancity.core.audit.writing import AWAY
from leancity.core.config import Config
from leancity.core.db.engine import pool
from leancity.core.live.channel import Change, channel_of, connect, message
from leancity.core.moment import now

MOST = 1_000
"""Rows told in one round."""
MOST_STALE = 50_000
STALE = timedelta(minutes=2)
PAUSE = 0.05  # seconds between looks
REST = 1.0  # seconds after a look that failed

_WAITING = "select id, tenant_id, topic, subject_id, version from announcement order by id limit $1"
_STALE = "select id, tenant_id from announcement where id < $1 order by id limit $2"
_TOLD = "delete from announcement where id = any($1::uuid[])"

log = structlog.get_logger()


async def keep_publishing(config: Config) -> None:
    """Tell what is announced, for ever; a Redis or a database that goes away is waited for.

    One process at a time does it, the scheduler that leads. The pool must be open.
    """
    is_away = False
    async with connect(config.redis_url) as client:
        while True:
            pause = PAUSE
            try:
                if await publish_announcements(client, config.redis_prefix) >= MOST:
                    pause = 0
                is_away = False
            except (RedisError, *AWAY) as error:
                if not is_away:
                    log.warning("subscribers can't be told", error=str(error))
                is_away, pause = True, REST
            except Exception as error:  # whatever it is, the others must go on being told
                log.error("unforeseen", exc_info=error)
                pause = REST
            await asyncio.sleep(pause)


async def publish_announcements(client: redis.Redis, prefix: str) -> int:
    """Tell what waits, equal subjects once, and return how many rows that were."""
    rows = await pool().fetch(_WAITING, MOST)
    if not rows:
        return 0
    eldest = _first_id_since(STALE)
    if rows[0]["id"] < eldest:
        return await _tell_stale(client, prefix, eldest)
    changes: dict[int, dict[tuple[str, uuid.UUID], Change]] = defaultdict(dict)
    for row in rows:
        found = changes[row["tenant_id"]]
        key = row["topic"], row["subject_id"]
        version = max(row["version"], found[key].version) if key in found else row["version"]
        found[key] = Change(*key, version)
    told = {tenant_id: message(found.values()) for tenant_id, found in changes.items()}
    return await _tell(client, prefix, told, rows)


async def _tell_stale(client: redis.Redis, prefix: str, eldest: uuid.UUID) -> int:
    rows = await pool().fetch(_STALE, eldest, MOST_STALE)
    return await _tell(client, prefix, {row["tenant_id"]: message([]) for row in rows}, rows)


async def _tell(client: redis.Redis, prefix: str, told: dict[int, bytes], rows: Iterable[asyncpg.Record]) -> int:
    async with client.pipeline(transaction=False) as pipeline:
        for tenant_id, text in told.items():
            await pipeline.publish(channel_of(prefix, tenant_id), text)
        await pipeline.execute()
    ids = [row["id"] for row in rows]
    await pool().execute(_TOLD, ids)
    return len(ids)


def _first_id_since(age: timedelta) -> uuid.UUID:
    """Return the least UUIDv7 of a moment: a row's id tells when it was announced."""
    return uuid.UUID(int=int((now() - age).timestamp() * 1000) << 80)
