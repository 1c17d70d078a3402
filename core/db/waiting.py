"""Opening the database of a process that is to stay: one that is being restarted just then is waited for.

A process that gave up at once would be started again at once, for as long as PostgreSQL recovers, until whoever
supervises it gives up too.
"""

from __future__ import annotations

import asyncio
import time

import asyncpg
import structlog

from leancity.core.db.engine import open_pool

PATIENCE = 60.0  # seconds
AGAIN = 0.5  # seconds between attempts

log = structlog.get_logger()


async def open_pool_patiently(url: str, *, size: int) -> None:
    """Open the pool as ``open_pool`` does; raise what it raises when no database has answered for a minute."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            await open_pool(url, size=size)
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("waits for the database", error=str(error))
            await asyncio.sleep(AGAIN)
        else:
            return
