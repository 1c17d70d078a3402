"""The background task of every web and worker process: writes the desk's notes down and seals what was written."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from leancity.core.audit import desk
from leancity.core.audit.rounds import rounds
from leancity.core.audit.seal import seal
from leancity.core.audit.writing import AWAY, AuditUnavailable

TICK = 1.0  # seconds
LAST_ROUND = 5.0  # seconds that a stopping process gives it

log = structlog.get_logger()
_task: asyncio.Task[None] | None = None


async def start() -> None:
    """Begin to keep the log, in the running event loop; the pool must be open."""
    global _task
    _task = asyncio.create_task(_keep(), name="audit keeper")


async def stop() -> None:
    """End it after one last round, before the pool is closed."""
    global _task
    task, _task = _task, None
    if task is None:
        return
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    try:
        async with asyncio.timeout(LAST_ROUND):
            await desk.flush()
            for tenant_id in rounds.everybody():
                await seal(tenant_id)
    except (AuditUnavailable, *AWAY) as error:
        log.warning("the audit log was left unsealed", error=str(error))


async def _keep() -> None:
    # One thing after another: of the two connections aside, one is always left to the reads that a request waits for.
    while True:
        await asyncio.sleep(TICK)
        try:
            await desk.flush()
            for tenant_id in rounds.due():
                await seal(tenant_id, thorough=False)
        except (AuditUnavailable, *AWAY) as error:
            log.warning("the audit log waits", error=str(error))
        except Exception as error:  # whatever it is, the log must go on being kept
            log.error("unforeseen", exc_info=error)
