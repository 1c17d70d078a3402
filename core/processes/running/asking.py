"""What an instance waits for, as rows: made for what a step began to wait for, taken away for what it left.

The engine's waits are the truth; the rows are how people, timers, messages and services find them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from leancity.core.db.unit import tenant_tx
from leancity.core.live.announce import announce
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.engine.run import Run, Wait
from leancity.core.processes.figures.recording import Step, Transition, step_changed, step_scheduled
from leancity.core.processes.running.apart import barred_from, keep_apart
from leancity.core.processes.running.assigning import doer_of, without_doer
from leancity.core.processes.running.dues import item_due
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.services import ask_service, topic_of
from leancity.core.processes.running.tables import MessageWait, ProcessTimer, ServiceCall, WorkItem
from leancity.core.processes.running.telling import ask_terms, tell_of
from leancity.core.processes.running.timers import ask_timer
from leancity.core.processes.running.worklist import TOPIC as WORK_LIST

OPEN = ("open", "claimed", "started", "suspended")
"""States of a work item that is still to be done."""
INSTANT = frozenset({"boundaryEvent", "startEvent"})
"""Events that wait beside the work: their waiting is no step of the case."""


_TABLES: Mapping[str, type[WorkItem | ProcessTimer | MessageWait | ServiceCall]] = {
    "item": WorkItem,
    "timer": ProcessTimer,
    "message": MessageWait,
    "service": ServiceCall,
}
_ROWS = """
select 'item' as what, id, task_id, node_id from work_item
where tenant_id = $1 and instance_id = $2 and state = any($3::text[])
union all
select 'timer', id, task_id, node_id from process_timer where tenant_id = $1 and instance_id = $2
union all
select 'message', id, task_id, node_id from message_wait where tenant_id = $1 and instance_id = $2
union all
select 'service', id, task_id, node_id from service_call
where tenant_id = $1 and instance_id = $2 and state in ('waiting', 'failed')
"""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A row that stands for a wait; ``table`` tells of what kind."""

    id: uuid.UUID
    task_id: uuid.UUID
    node_id: str
    table: type[WorkItem | ProcessTimer | MessageWait | ServiceCall]


async def settle_waits(turn: Turn, run: Run) -> list[uuid.UUID]:
    """Bring the rows in line with what the instance waits for now; return the ids of the work items that were made."""
    known = await _known(turn)
    waits = {wait.task_id: wait for wait in run.waits}
    for row in known.values():
        if row.task_id not in waits:
            await _end(turn, row, is_done=row.task_id not in run.cancelled)
    await keep_apart(turn)
    made = []
    for wait in run.waits:
        row_of = known.get(wait.task_id)
        if row_of is None and wait.kind == "user":
            made.append(await _ask_person(turn, wait))
        elif row_of is None:
            await _ask_other(turn, wait)
    return made


async def withdraw_all(turn: Turn) -> None:
    """Take away all that an instance waits for."""
    for row in (await _known(turn)).values():
        await _end(turn, row, is_done=False)


async def _known(turn: Turn) -> Mapping[uuid.UUID, _Known]:
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ROWS, unit.tenant_id, turn.instance.id, [*OPEN])
    return {
        row["task_id"]: _Known(id=row["id"], task_id=row["task_id"], node_id=row["node_id"], table=_TABLES[row["what"]])
        for row in rows
    }


async def _end(turn: Turn, row: _Known, *, is_done: bool) -> None:
    """Take away a row whose wait is over: it came, or the drawing goes on without it."""
    if row.table is WorkItem:
        gone = {WorkItem.state: "withdrawn", WorkItem.done_at: turn.moment.at, WorkItem.version: WorkItem.version + 1}
        await WorkItem.update(gone).where(WorkItem.id == row.id)
        await announce(WORK_LIST, row.id)
    elif row.table is not ServiceCall or not is_done:
        await row.table.delete().where(row.table.id == row.id)
    node = turn.loaded.nodes.get(row.node_id)
    if row.table is WorkItem or takes_time(node):
        transition: Transition = "complete" if is_done and row.table is not WorkItem else "withdraw"
        external = row.table is MessageWait or _is_external(node)
        await step_changed(turn.instance, row.id, row.node_id, transition, turn.moment, is_external=external)


async def _ask_person(turn: Turn, wait: Wait) -> uuid.UUID:
    node, instance, at = turn.loaded.nodes.get(wait.node_id), turn.instance, turn.moment.at
    doer = await doer_of(turn, node, wait.lane, {**turn.facts, **wait.facts})
    barred = await barred_from(turn, wait.node_id)
    state = "open" if doer.assignee_id is None else "claimed"
    if doer.assignee_id in barred:
        doer, state = replace(doer, assignee_id=None), without_doer(doer)
    item = WorkItem(
        instance_id=instance.id,
        task_id=wait.task_id,
        node_id=wait.node_id,
        title=wait.title or wait.node_id,
        lane=wait.lane,
        role_key=doer.role_key,
        unit_id=doer.unit_id,
        position_id=doer.position_id,
        assignee_id=doer.assignee_id,
        barred=barred,
        form_key=node.form if node is not None else "",
        state=state,
        claimed_at=None if doer.assignee_id is None else at,
        attempt=wait.attempt,
        available_at=at,
        due_at=item_due(turn, node, at, {**turn.facts, **wait.facts}),
        estimate_s=_estimate(node),
        mark=instance.mark,
    )
    await item.save()
    step = Step(
        id=item.id,
        node_id=item.node_id,
        title=item.title,
        type="userTask",
        attempt=item.attempt,
        value_class=node.metrics.value_class if node is not None and node.metrics is not None else "",
        user_id=item.assignee_id,
        position_id=item.position_id,
        unit_id=item.unit_id,
    )
    await step_scheduled(instance, step, turn.moment)
    await announce(WORK_LIST, item.id, item.version)
    await tell_of(turn, item)
    return item.id


async def _ask_other(turn: Turn, wait: Wait) -> None:
    node = turn.loaded.nodes.get(wait.node_id)
    if wait.kind == "service":
        id_ = await ask_service(turn, wait, topic_of(node, wait))
    elif wait.kind == "timer":
        id_ = await ask_timer(turn, wait, is_pausable=node is None or node.timer is None or node.timer.pausable)
    else:
        row = MessageWait(
            instance_id=turn.instance.id,
            task_id=wait.task_id,
            node_id=wait.node_id,
            kind=wait.kind,
            name=wait.name,
            correlation=wait.correlation,
        )
        await row.save()
        id_ = row.id
    if takes_time(node):
        step = Step(
            id=id_,
            node_id=wait.node_id,
            title=wait.title or wait.node_id,
            type=node.type if node is not None else wait.kind,
            attempt=wait.attempt,
            value_class=node.metrics.value_class if node is not None and node.metrics is not None else "",
            is_started=wait.kind == "service",
        )
        await step_scheduled(turn.instance, step, turn.moment)


def takes_time(node: Node | None) -> bool:
    """Tell whether waiting at a node is a step of the case."""
    return node is None or node.type not in INSTANT


def _is_external(node: Node | None) -> bool:
    return node is not None and node.wait is not None and node.wait.external


def is_external(turn: Turn, node_id: str) -> bool:
    """Tell whether the time at a node is the applicant's or another body's."""
    return _is_external(turn.loaded.nodes.get(node_id))


def _estimate(node: Node | None) -> float | None:
    if node is None or node.metrics is None:
        return None
    return node.metrics.labour_s if node.metrics.labour_s is not None else node.metrics.processing_s


async def recompute_due(turn: Turn) -> None:
    """Compute anew when open work falls due: a pause of the case began or ended, or a step changed the facts."""
    items = await WorkItem.objects().where((WorkItem.instance_id == turn.instance.id) & WorkItem.state.is_in([*OPEN]))
    for item in items:
        node = turn.loaded.nodes.get(item.node_id)
        if node is None or node.term is None:
            continue
        item.due_at = item_due(turn, node, item.available_at, turn.facts)
        await item.save([WorkItem.due_at])
        await ask_terms(item)
