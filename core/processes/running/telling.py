"""Telling people of their work: a line on the case's timeline, of which the city's rules tell whom the item waits for.

An item is there, soon due, overdue: three events of the case. Its two terms are jobs of their own; one whose item is
done, or falls due at another time by now, does nothing.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from leancity.core.cases.journal import add_event
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.settings import CoreSettings
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.notifications.events import TASK_DUE_SOON, TASK_OVERDUE, TASK_READY
from leancity.core.processes.running.locking import AT_WORK, Turn
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.running.worklist import ACTIVE
from leancity.core.settings.service import settings_of

TASK_TERM = "core.process.task_term"


async def tell_of(turn: Turn, item: WorkItem) -> None:
    """Tell that an item is there, and ask for its terms. The test stand has no case and tells nobody."""
    if turn.case is None:
        return
    await add_event(turn.case, TASK_READY, item_id=item.id, node_id=item.node_id, user_id=item.assignee_id)
    await ask_terms(item)


async def ask_terms(item: WorkItem) -> None:
    """Ask that people be told when an item is soon due and when it is overdue; one that is due at no time asks for
    nothing. Once for each moment at which it falls due."""
    if item.due_at is None or item.mark == "test":
        return
    ahead = timedelta(hours=(await settings_of("core", CoreSettings)).task_due_soon_hours)
    if item.due_at - ahead > now():
        await _ask(item, TASK_DUE_SOON, item.due_at - ahead)
    await _ask(item, TASK_OVERDUE, item.due_at)


async def _ask(item: WorkItem, event: str, at: datetime) -> None:
    due_at = item.due_at.isoformat()
    payload = {"item_id": item.id, "event": event, "due_at": due_at}
    await enqueue(TASK_TERM, payload, at, key=f"{event}:{item.id}:{due_at}")


async def run_task_term(payload: dict[str, Any]) -> None:
    """Job: tell of the term ``payload["event"]`` of the item ``payload["item_id"]``."""
    async with tenant_tx(write=True):
        item = await WorkItem.objects().where(WorkItem.id == uuid.UUID(payload["item_id"])).first()
        if item is None or item.state not in ACTIVE or item.due_at != datetime.fromisoformat(payload["due_at"]):
            return
        instance = await ProcessInstance.objects().get(ProcessInstance.id == item.instance_id)
        if instance is None or instance.status not in AT_WORK or instance.case_id is None:
            return
        case = await CaseRecord.objects().get(CaseRecord.id == instance.case_id)
        if case is not None:
            await add_event(case, payload["event"], item_id=item.id, node_id=item.node_id, user_id=item.assignee_id)
