"""Timers: a moment that an instance waits for is a row, and a job that comes when it is due.

A job that finds its row gone does nothing, one that comes early waits on; so a timer fires once whatever becomes of
workers.
"""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.jobs.outbox import enqueue
from leancity.core.processes.engine.run import Wait
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.tables import ProcessTimer

TIMER = "core.process.timer"


async def ask_timer(turn: Turn, wait: Wait, *, is_pausable: bool) -> uuid.UUID:
    """Let a timer run: its row, and the job that comes when it is due."""
    if wait.due_at is None:
        raise refuse("process_timer_unclear", None, element=turn.loaded.title(wait.node_id))
    row = ProcessTimer(
        instance_id=turn.instance.id,
        task_id=wait.task_id,
        node_id=wait.node_id,
        due_at=wait.due_at,
        is_pausable=is_pausable,
    )
    await row.save()
    await ask_job(row)
    return row.id


async def ask_job(row: ProcessTimer, *, again: str = "") -> None:
    """Ask for a timer's job at its moment; ``again`` tells a further one from the first."""
    key = f"process-timer:{row.id}:{row.due_at.isoformat()}:{again}"
    await enqueue(TIMER, {"timer_id": row.id}, row.due_at, key=key)


async def find_timer(payload: dict[str, Any]) -> ProcessTimer | None:
    """Return the timer a job is about; None where it fired or was left behind."""
    async with tenant_tx():
        return await ProcessTimer.objects().where(ProcessTimer.id == uuid.UUID(payload["timer_id"])).first()
