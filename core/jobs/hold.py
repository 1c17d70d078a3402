"""Holding a job: from a hint to a worker that is at it, and stays at it while it lives.

A hint may come late, twice or for nothing. Who takes the row by the one conditional statement has it; the hold is
renewed while the job runs, so the job of a killed worker is free again half a minute later. ``begun`` counts the starts
of which no outcome was recorded: more than one means that an earlier attempt was cut off.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from leancity.core.audit.writing import AWAY
from leancity.core.db.engine import pool
from leancity.core.db.unit import Connection

HOLD = timedelta(seconds=30)
BEAT = 10.0  # seconds between renewals
AGAIN = 1.0  # seconds until a renewal that failed is tried again

_TAKE = """
update due d set held_until = now() + $3, lease_until = now() + $3, begun = begun + 1
where d.tenant_id = $1 and d.id = $2 and d.kind = 'job' and (d.held_until is null or d.held_until <= now())
  and ($4 or d.run_at <= now())
  and (d.order_key is null or not exists (
      select from due elder
      where elder.tenant_id = $1 and elder.order_key = d.order_key and elder.id < d.id and elder.kind = 'job'
  ))
returning d.begun, d.order_key
"""
_RENEW = """
update due set held_until = now() + $4, lease_until = now() + $4
where tenant_id = $1 and id = $2 and begun = $3 and held_until is not null
"""
_UNCOUNT = "update due set begun = begun - 1 where tenant_id = $1 and id = $2 and begun = $3"
_FREE = """
update due set held_until = null, lease_until = null, begun = 0, run_at = $4
where tenant_id = $1 and id = $2 and begun = $3 and kind = 'job'
"""
_BURY = """
update due set held_until = null, lease_until = null, begun = 0, kind = 'dead'
where tenant_id = $1 and id = $2 and begun = $3 and kind = 'job'
"""
_REMOVE = "delete from due where tenant_id = $1 and id = $2"

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A row that this process has taken. ``begun``: the how manyth start it is since the last outcome."""

    tenant_id: int
    job_id: uuid.UUID
    order_key: uuid.UUID | None
    begun: int


async def take(tenant_id: int, job_id: uuid.UUID, *, early: bool = False) -> Hold | None:
    """Take a row that is due (``early``: or is yet to be); None where it is gone, held, or stands behind an elder."""
    row = await pool().fetchrow(_TAKE, tenant_id, job_id, HOLD, early)
    if row is None:
        return None
    return Hold(tenant_id=tenant_id, job_id=job_id, order_key=row["order_key"], begun=row["begun"])


@asynccontextmanager
async def renewed(hold: Hold) -> AsyncIterator[None]:
    """Keep the hold until the block ends."""
    renewing = asyncio.create_task(_renew(hold), name=f"hold of job {hold.job_id}")
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing


async def _renew(hold: Hold) -> None:
    pause = BEAT
    while True:
        await asyncio.sleep(pause)
        try:
            await pool().execute(_RENEW, hold.tenant_id, hold.job_id, hold.begun, HOLD)
            pause = BEAT
        except AWAY as error:
            log.warning("the hold of a job was not renewed", job=str(hold.job_id), error=str(error))
            pause = AGAIN


async def uncount(hold: Hold) -> None:
    """Take back that this was a start: the one before it is still at work. The row stays held for a while."""
    await pool().execute(_UNCOUNT, hold.tenant_id, hold.job_id, hold.begun)


async def free(connection: Connection, hold: Hold, run_at: datetime) -> bool:
    """Let the row wait until ``run_at``; False where somebody else has taken it since."""
    return await connection.execute(_FREE, hold.tenant_id, hold.job_id, hold.begun, run_at) == "UPDATE 1"


async def bury(connection: Connection, hold: Hold) -> bool:
    """Keep the row as a dead letter's; False where somebody else has taken it since."""
    return await connection.execute(_BURY, hold.tenant_id, hold.job_id, hold.begun) == "UPDATE 1"


async def remove(connection: Connection, hold: Hold) -> None:
    """Remove the row of a job that is done."""
    await connection.execute(_REMOVE, hold.tenant_id, hold.job_id)


async def drop(hold: Hold) -> None:
    """Remove a row that leads to no work."""
    await pool().execute(_REMOVE, hold.tenant_id, hold.job_id)
