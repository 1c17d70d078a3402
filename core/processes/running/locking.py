"""Taking an instance for a step: its case and its row are locked, in this order, until the transaction ends.

Everybody who changes an instance or anything of it takes them first, so two steps of one case wait for one another and
never lock each other out.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.records import lock_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.cases.terms import pauses_of
from leancity.core.clock.pauses import Pause
from leancity.core.clock.work_clock import WorkClock
from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.expressions.decisions import decide
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.figures.recording import Moment, moment_of
from leancity.core.processes.running import ballots
from leancity.core.processes.running.calendar import clocks_of, functions_of
from leancity.core.processes.running.programs import Loaded, loaded
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.versions.tables import Process

AT_WORK = ("running", "failed")
"""In which a step may still be made: what failed is one branch, the others go on."""


@dataclass(kw_only=True)
class Turn:
    """All that one step of an instance works with, inside its transaction. ``case`` is None on the test stand."""

    instance: ProcessInstance
    process: Process
    loaded: Loaded
    case: CaseRecord | None
    kind: CaseKind | None
    pauses: list[Pause]
    moment: Moment
    clocks: Mapping[str, WorkClock]
    functions: Mapping[str, Callable[..., Any]]

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.instance.facts)
        return found

    def clock(self, calendar: str) -> WorkClock:
        """Return the clock of a calendar that the drawing names, the office's for the empty text."""
        return self.clocks[calendar] if calendar else self.moment.clock

    @property
    def is_paused(self) -> bool:
        return any(pause.until is None for pause in self.pauses)


class Locked(NamedTuple):
    """An instance and its case, both locked in the open unit. On the test stand there is no case."""

    instance: ProcessInstance
    case: CaseRecord | None
    kind: CaseKind | None


async def take(instance_id: uuid.UUID, *, field: str = "instance_id") -> Turn:
    """Lock an instance in the open unit, which must be one that writes; one that is over is refused.

    Rights are the caller's to ask.
    """
    return await take_locked(await _locked(instance_id, field), field)


async def take_of(case: CaseRecord, kind: CaseKind, *, field: str) -> Turn | None:
    """Lock the instance that is at work on a case which the open unit has locked; None where there is none.

    The step goes on with this very ``case``.
    """
    mine = (ProcessInstance.case_id == case.id) & ProcessInstance.status.is_in([*AT_WORK])
    instance = await ProcessInstance.objects().where(mine).lock_rows("NO KEY UPDATE").first()
    return None if instance is None else await take_locked(Locked(instance, case, kind), field)


async def take_locked(locked: Locked, field: str) -> Turn:
    """Return what a step of an instance works with that the open unit has locked; one that is over is refused."""
    instance = locked.instance
    if instance.status not in AT_WORK or instance.state is None:
        raise refuse("process_closed", field)
    process = await Process.objects().get(Process.id == instance.process_id)
    if process is None:
        raise refuse("not_found", field)
    return await turn_of(instance, process, locked.case, locked.kind)


async def running_on(case_id: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the instance that is at work on a case, in the open unit; None where there is none."""
    mine = (ProcessInstance.case_id == case_id) & ProcessInstance.status.is_in([*AT_WORK])
    found = await ProcessInstance.select(ProcessInstance.id).where(mine).first()
    return None if found is None else found["id"]


async def _locked(instance_id: uuid.UUID, field: str) -> Locked:
    mine = ProcessInstance.id == instance_id
    found = await ProcessInstance.select(ProcessInstance.case_id).where(mine).first()
    if found is None:
        raise refuse("not_found", field)
    case, kind = (None, None)
    if found["case_id"] is not None:
        case, kind = await lock_case(found["case_id"], permission=None, closed=True)
    instance = await ProcessInstance.objects().where(mine).lock_rows("NO KEY UPDATE").first()
    if instance is None:
        raise refuse("not_found", field)
    return Locked(instance, case, kind)


async def turn_of(instance: ProcessInstance, process: Process, case: CaseRecord | None, kind: CaseKind | None) -> Turn:
    """Return what a step of a locked instance works with."""
    moment = await moment_of(max(now(), instance.opened_at))
    program = await loaded(instance.version_id)
    clocks = await clocks_of(program.calendars)
    pauses = [] if case is None else (await pauses_of([case.id])).get(case.id, [])
    return Turn(
        instance=instance,
        process=process,
        loaded=program,
        case=case,
        kind=kind,
        pauses=pauses,
        moment=moment,
        clocks=clocks,
        functions={**functions_of(moment.clock, moment.at, clocks), "decide": _decider(program), **ballots.FUNCTIONS},
    )


def _decider(program: Loaded) -> Callable[[str, Mapping[str, Any]], Any]:
    """Return what asks a decision table of the version; one that it has not is a mistake of its publishing."""

    def ask(key: str, facts: Mapping[str, Any]) -> Any:
        element = next((node.id for node in program.nodes.values() if node.decision == key), "")
        if key not in program.decisions:
            raise StepError("process_decision_missing", element, decision=key)
        try:
            return decide(program.decisions[key], facts)
        except ExpressionError as error:
            raise StepError(error.code, element, **error.params) from None

    return ask


async def lock_work(item_id: uuid.UUID, *, expected_version: int | None = None) -> tuple[WorkItem, Locked]:
    """Lock a work item and what it is of; refuse where it changed since the user saw it.

    Whoever changes an item locks it by this: an item locked before its instance could meet a timer that does it the
    other way round.
    """
    mine = WorkItem.id == item_id
    found = await WorkItem.select(WorkItem.instance_id).where(mine).first()
    if found is None:
        raise refuse("not_found", "item_id")
    locked = await _locked(found["instance_id"], "item_id")
    item = await WorkItem.objects().where(mine).lock_rows("NO KEY UPDATE").first()
    if item is None:
        raise refuse("not_found", "item_id")
    if expected_version is not None and item.version != expected_version:
        raise refuse("process_item_changed", "expected_version")
    return item, locked
