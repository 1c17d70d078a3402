"""Moving a case through its process: whoever asks for a move answers what the process waits for.

The mutations of a service keep their rules, and the drawing says what follows. A case without a process at work moves
by its kind's own transitions; one that is closed and is asked to be taken up again begins a new life of its process.
"""

from __future__ import annotations

from functools import partial

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.moves import Asked
from leancity.core.cases.registry import apply_rules
from leancity.core.cases.tables import CaseRecord
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.plugins.contributions import Facts
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.figures.recording import step_changed
from leancity.core.processes.running.asking import OPEN
from leancity.core.processes.running.begin import begin_on, to_begin
from leancity.core.processes.running.locking import Turn, take_of
from leancity.core.processes.running.step import finish_taken, heard
from leancity.core.processes.running.tables import MessageWait, ProcessInstance, WorkItem
from leancity.core.processes.running.waiting import is_service_task, moves_ahead, titles
from leancity.core.processes.running.wishes import facts_of, keep
from leancity.core.processes.versions.tables import Process


async def drive(case: CaseRecord, kind: CaseKind, asked: Asked) -> CaseRecord | None:
    """Let the process of a locked case make a move that was checked; None where no process of it is at work.

    Joins the open unit. ``Refused`` names what the process waits for where it is something else.
    """
    turn = await take_of(case, kind, field="transition")
    if turn is None:
        return await _anew(case, asked) if case.closed_at is not None else None
    before = case.status, case.version
    waits = await MessageWait.objects().where(MessageWait.instance_id == turn.instance.id).order_by(MessageWait.id)
    open_ = (WorkItem.instance_id == turn.instance.id) & WorkItem.state.is_in([*OPEN])
    items = await WorkItem.objects().where(open_).lock_rows("NO KEY UPDATE").order_by(WorkItem.id)
    wait = next((each for each in waits if asked.step.name in moves_ahead(turn.loaded, each.node_id)), None)
    item = next((each for each in items if _leads(turn, each, case.status, asked.step.name)), None)
    if wait is None and item is None:
        waiting = titles(turn.loaded, [*(each.node_id for each in items), *(each.node_id for each in waits)])
        raise refuse("process_waits_for", "transition", waiting=waiting or "—")
    keep(turn.instance, asked)
    if wait is not None:
        await heard(turn, wait, facts_of(asked))
    elif item is not None:
        await _finish(turn, item, facts_of(asked))
    return await _moved(case, kind, asked, before)


async def _moved(case: CaseRecord, kind: CaseKind, asked: Asked, before: tuple[str, int]) -> CaseRecord:
    """Return the case after the step; a closing that is put off asks the modules' rules now, while somebody hears.

    ``before``: its status and version.
    """
    if (case.status, case.version) == before and kind.state(asked.step.to).is_final:
        await apply_rules("case_closing", case_id=case.id, kind=case.kind, outcome=asked.outcome)
    return case


def _leads(turn: Turn, item: WorkItem, status: str, move: str) -> bool:
    return is_service_task(turn.loaded, item.node_id, status) and move in moves_ahead(turn.loaded, item.node_id)


async def _finish(turn: Turn, item: WorkItem, facts: Facts) -> None:
    """Finish the service's own task in the name of whoever makes the move, who has the right to that."""
    me, at = current_principal().user_id, turn.moment
    if me is not None and (item.state != "started" or item.assignee_id != me):
        tell = partial(step_changed, turn.instance, item.id, item.node_id, user_id=me, unit_id=item.unit_id)
        if item.assignee_id != me:
            await tell("assign" if item.assignee_id is None else "reassign", at)
            item.assignee_id, item.claimed_at = me, at.at
        if item.started_at is None:
            await tell("start", at)
            item.started_at = at.at
    if item.resumed_at is not None:
        item.worked_s = float(item.worked_s) + max(0, at.work_s - at.clock.reading(item.resumed_at))
        item.resumed_at = None
    columns = (WorkItem.assignee_id, WorkItem.claimed_at, WorkItem.started_at, WorkItem.worked_s, WorkItem.resumed_at)
    await item.save([*columns])
    await finish_taken(turn, item, facts)


async def _anew(case: CaseRecord, asked: Asked) -> CaseRecord | None:
    """Begin a new life of a closed case's process: the drawing says where, by the fact ``reopened``."""
    key = await _process_of(case)
    ready = None if key is None else await to_begin(key, case.unit_id)
    if ready is None:
        return None
    await begin_on(ready, case, {**facts_of(asked), "reopened": True}, asked=asked)
    return case


async def _process_of(case: CaseRecord) -> str | None:
    """Return the key of the process that a case had in its last life, else of the one that its module brings."""
    mine = ProcessInstance.select(ProcessInstance.process_id).where(ProcessInstance.case_id == case.id)
    last = await mine.order_by(ProcessInstance.opened_at, ascending=False).first()
    if last is not None:
        row = await Process.select(Process.key).where(Process.id == last["process_id"]).first()
        return None if row is None else str(row["key"])
    brought = installed_modules().processes.values()
    return next((each.key for each in brought if each.case_kind == case.kind), None)
