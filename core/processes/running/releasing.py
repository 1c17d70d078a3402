"""Taking open work from who has it, in the middle of a step: their time runs no more, and it is nobody's."""

from __future__ import annotations

from leancity.core.processes.figures.recording import step_changed
from leancity.core.processes.running.assigning import without_doer
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.tables import WorkItem

RELEASED = (
    WorkItem.state,
    WorkItem.assignee_id,
    WorkItem.claimed_at,
    WorkItem.worked_s,
    WorkItem.resumed_at,
)
"""The columns that ``release`` changes."""


async def release(turn: Turn, item: WorkItem) -> None:
    """Let nobody have a locked item. The caller saves it, and tells the log to whom it goes instead."""
    if item.resumed_at is not None:
        worked = turn.moment.work_s - turn.moment.clock.reading(item.resumed_at)
        item.worked_s, item.resumed_at = float(item.worked_s) + max(0, worked), None
        await step_changed(turn.instance, item.id, item.node_id, "suspend", turn.moment, unit_id=item.unit_id)
    item.assignee_id, item.claimed_at, item.state = None, None, without_doer(item)
