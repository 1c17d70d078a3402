"""A transaction beside the work in hand: of its own, on a pool of its own, committed whatever becomes of the work.

For the audit log alone: what was refused or read is recorded also where the work around it is rolled back, and while
every connection of the process's pool is busy. Who waits for this pool holds no other connection, so the two pools
can't wait for each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leancity.core.db.engine import aside_pool, get_engine
from leancity.core.db.unit import ENTER, Connection

WAIT = 5.0  # seconds for a connection


@asynccontextmanager
async def aside_tx(tenant_id: int) -> AsyncIterator[Connection]:
    """Open a transaction in a city and commit it when the block ends.

    Raises ``RuntimeError`` inside a unit of work and ``TimeoutError`` when no connection is free for 5 s.
    """
    if get_engine().current_transaction.get() is not None:
        raise RuntimeError("inside a unit of work a second connection is never waited for: do this after it")
    async with aside_pool().acquire(timeout=WAIT) as connection, connection.transaction():
        await connection.execute(ENTER, tenant_id)
        yield connection
