"""Recording what became of a job, in its city: on its row and its line in the directory, in one transaction."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs import hold as held
from leancity.core.jobs.claim import let_next_go
from leancity.core.jobs.hold import Hold
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now

LONGEST_DELAY = timedelta(hours=6)
LONGEST_ERROR = 2000  # characters


async def done(row: JobRow, hold: Hold, *, forget: bool) -> None:
    """Record that it is done. ``forget``: keep that it was, not what."""
    values = {JobRow.state: "done", JobRow.finished_at: now(), JobRow.last_error: ""}
    if forget:
        values[JobRow.payload] = "{}"
    async with tenant_tx(write=True) as unit:
        await JobRow.update(values).where(JobRow.id == row.id)
        await held.remove(unit.connection, hold)
        if hold.order_key is not None:
            await let_next_go(unit.connection, hold.tenant_id, hold.order_key)


async def postponed(hold: Hold, run_at: datetime, reason: str = "") -> None:
    """Record that it waits until ``run_at``, which counts as no attempt."""
    async with tenant_tx(write=True) as unit:
        if await _waiting(hold) is not None and await held.free(unit.connection, hold, run_at):
            values: dict[Any, Any] = {JobRow.run_at: run_at}
            if reason:
                values[JobRow.last_error] = reason[:LONGEST_ERROR]
            await JobRow.update(values).where(JobRow.id == hold.job_id)


async def failed(hold: Hold, error: str, *, max_attempts: int) -> bool:
    """Record a failed attempt: the next one is later each time, after the last one the job is dead. Tell whether."""
    async with tenant_tx(write=True) as unit:
        row = await _waiting(hold)
        if row is None:
            return False
        attempts = row.attempts + 1
        if attempts >= max_attempts:
            await _bury(row, hold, error, attempts)
            return True
        run_at = now() + delay_after(attempts)
        if await held.free(unit.connection, hold, run_at):
            values = {JobRow.attempts: attempts, JobRow.run_at: run_at, JobRow.last_error: error[:LONGEST_ERROR]}
            await JobRow.update(values).where(JobRow.id == row.id)
        return False


async def dead(hold: Hold, error: str, *, attempts: int) -> None:
    """Record that it is not tried again; ``attempts`` are added to those before."""
    async with tenant_tx(write=True):
        row = await _waiting(hold)
        if row is not None:
            await _bury(row, hold, error, row.attempts + attempts)


def delay_after(attempts: int) -> timedelta:
    """Return how long to wait after so many: doubled each time, and by chance a little different for each job."""
    growing = min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_DELAY)
    return growing * random.uniform(0.75, 1.25)  # noqa: S311 - to spread load, not to keep a secret


async def _waiting(hold: Hold) -> JobRow | None:
    row = await JobRow.objects().where(JobRow.id == hold.job_id).lock_rows("UPDATE").first()
    return row if row is not None and row.state == "waiting" else None


async def _bury(row: JobRow, hold: Hold, error: str, attempts: int) -> None:
    async with tenant_tx(write=True) as unit:
        if not await held.bury(unit.connection, hold):
            return
        values = {
            JobRow.state: "dead",
            JobRow.attempts: attempts,
            JobRow.finished_at: now(),
            JobRow.last_error: error[:LONGEST_ERROR],
        }
        await JobRow.update(values).where(JobRow.id == row.id)
        if hold.order_key is not None:
            await let_next_go(unit.connection, hold.tenant_id, hold.order_key)
