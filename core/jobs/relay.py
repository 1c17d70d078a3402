"""The scheduler: leases what is due and hints the workers by Redis.

A row is leased, not removed: only the worker's transaction that records the outcome removes it, and an expired lease is
hinted again. Redis may therefore be emptied at any moment. Cities take turns, so that one city's flood does not hold up
another's single job.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import structlog

from leancity.core.audit.seal import keep_sweeping
from leancity.core.db.engine import pool

LEASE = timedelta(seconds=60)
PAUSE = 0.2  # seconds between looks
LEADER = 0x1EA9C172

_CLAIM = """
with free as (
    select id, run_at, row_number() over (partition by tenant_id order by run_at, id) as turn
    from due where run_at <= now() and (lease_until is null or lease_until < now())
), taken as (select id from free order by turn, run_at limit $1)
update due d set lease_until = now() + $2 from taken where d.id = taken.id
returning d.tenant_id, d.id
"""
_LEASED = "select count(*) from due where lease_until > now()"

log = structlog.get_logger()


async def claim(most: int) -> list[tuple[int, uuid.UUID]]:
    """Lease at most ``most`` due rows, cities in turn; return ``(tenant id, job id)``."""
    rows = await pool().fetch(_CLAIM, most, LEASE)
    return [(row["tenant_id"], row["id"]) for row in rows]


async def relay(url: str, hint: Callable[[int, uuid.UUID], None], *, most: int) -> None:
    """Hint workers for ever, as the one leader of this database; ``most`` bounds what is leased at once.

    ``url`` is a direct connection: the leader's lock lives as long as it does. A database that goes away is waited for.
    """
    while True:
        try:
            await _relay(url, hint, most)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("the database went away", error=str(error))
            await asyncio.sleep(1)


async def _relay(url: str, hint: Callable[[int, uuid.UUID], None], most: int) -> None:
    leader = await _lead(url)
    log.info("scheduler leads")
    sweeping = asyncio.create_task(keep_sweeping())
    try:
        while True:
            await leader.fetchval("select 1")
            room = most - await pool().fetchval(_LEASED)
            claimed = await claim(room) if room > 0 else []
            for tenant_id, job_id in claimed:
                hint(tenant_id, job_id)
            if not claimed:
                await asyncio.sleep(PAUSE)
    finally:
        sweeping.cancel()
        leader.terminate()  # gives the lock back also where the server is gone


async def _lead(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """Wait until no other scheduler of the database leads."""
    connection = await asyncpg.connect(url)
    while not await connection.fetchval(  # noqa: ASYNC110 - the lock is PostgreSQL's, no event of this process tells
        "select pg_try_advisory_lock($1)", LEADER
    ):
        await asyncio.sleep(2)
    return connection
