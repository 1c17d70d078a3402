"""The steps of a case, as pure functions: a program, a state and what happened give the state after it.

Nothing here reads a clock, a database or the network: ``at`` (aware) is the moment of the step, ``functions`` is what
the run-time lends expressions:

- ``workdays(n)``, ``workhours(n)``: the aware moment so many working days or hours after ``at``;
- ``decide(key, facts)``: the answer of a decision table, for business rule tasks;
- ``seal(text)``, ``unseal(text)``: what secret votes are kept as between two steps;
- ``local(moment)``: a moment without an offset on the city's clock; without it such moments are UTC.

A step that fails raises ``StepError`` and leaves nothing behind: the state it began from still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leancity.core.processes.engine import codec
from leancity.core.processes.engine.case import Case
from leancity.core.processes.engine.driving import drive, due_timers
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.events import boundary, catcher, listening, release
from leancity.core.processes.engine.facts import checked
from leancity.core.processes.engine.program import Program
from leancity.core.processes.engine.run import Run
from leancity.core.processes.engine.safe_engine import Functions, element_of
from leancity.core.processes.engine.spiff import SpiffWorkflowException, Task, TaskState
from leancity.core.processes.engine.waits import is_service, is_user, wait_id, waits_of


@dataclass(frozen=True, slots=True)
class ServiceFailed:
    """A service's answer that it could not do its work; ``code`` is what error boundary events tell errors by."""

    code: str


def begin(program: Program, facts: Mapping[str, Any], at: datetime, functions: Functions) -> Run:
    """Begin a case with its first facts; whatever its start event waits for has happened.

    StepError: ``process_facts_too_large``, ``process_facts_not_json``, and what any step raises (``drive``).
    """
    return _step(
        lambda: Case(program, checked(facts), at, functions, is_restored=False), lambda case: None, frozenset()
    )


def complete(
    program: Program, state: str, task_id: UUID, facts: Mapping[str, Any], at: datetime, functions: Functions
) -> Run:
    """Finish a user task with what was filled in: it goes into the facts, an item's into the item's.

    StepError: ``process_task_not_waiting``: nobody waits for that task (any more).
    """
    given = checked(facts)

    def act(case: Case) -> None:
        task = _waiting(case, task_id, is_user)
        task.data.update(given)
        task.run()

    return _stored(program, state, at, functions, act, {task_id})


def fire(
    program: Program,
    state: str,
    at: datetime,
    functions: Functions,
    only: Collection[UUID] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Run:
    """Let the timers that are due at ``at`` go off, the earliest first; of two on one activity the first may cancel the
    second. ``only``: these timers go off, whatever moment the state knows for them (a pause moved it), and no others.
    ``facts`` go into the case's.
    """
    given = checked(facts or {})
    happened: set[UUID] = set()

    def act(case: Case) -> None:
        for _, task, node_id in due_timers(case, at, only):
            if task.id in task.workflow.tasks:
                _happen(task, node_id, given, happened)

    return _stored(program, state, at, functions, act, happened)


def catch(
    program: Program,
    state: str,
    kind: str,
    name: str,
    correlation: str,
    facts: Mapping[str, Any],
    at: datetime,
    functions: Functions,
) -> Run:
    """Tell a case of a message or a signal. A message goes to the first that waits for it with that correlation, a
    signal to all; ``facts`` go into theirs. StepError: ``process_not_waiting``.
    """
    given = checked(facts)
    happened: set[UUID] = set()

    def act(case: Case) -> None:
        found = list(listening(case, kind, name, correlation) if kind == "message" else listening(case, kind, name))
        if not found:
            raise StepError("process_not_waiting", "", name=name)
        for task, node_id in found[:1] if kind == "message" else found:
            _happen(task, node_id, given, happened)

    return _stored(program, state, at, functions, act, happened)


def _happen(task: Task, node_id: str, given: Mapping[str, Any], happened: set[UUID]) -> None:
    """Let what a task waits for come with facts, unless what came before it has cancelled it."""
    if task._state == TaskState.WAITING:
        task.data.update(given)
        happened.add(wait_id(task, node_id))
        release(task, node_id)


def answer(
    program: Program,
    state: str,
    task_id: UUID,
    result: Mapping[str, Any] | ServiceFailed,
    at: datetime,
    functions: Functions,
) -> Run:
    """Give a service task its answer: facts, or that the service failed. A failure goes to the error boundary event of
    the task, or of the nearest activity around it that has one.

    StepError: ``process_task_not_waiting``; ``process_error_unhandled``: the model says nothing of that error.
    """
    given = None if isinstance(result, ServiceFailed) else checked(result)

    def act(case: Case) -> None:
        task = _waiting(case, task_id, is_service)
        if given is not None:
            task.data.update(given)
            task.complete()
            return
        code = result.code if isinstance(result, ServiceFailed) else ""
        caught = boundary(task, "error", code) or catcher(task.workflow, "error", code)
        if caught is None:
            raise StepError("process_error_unhandled", element_of(task), error=code)
        release(caught, caught.task_spec.name)

    return _stored(program, state, at, functions, act, {task_id})


def _stored(
    program: Program,
    state: str,
    at: datetime,
    functions: Functions,
    act: Callable[[Case], None],
    happened: Collection[UUID],
) -> Run:
    return _step(lambda: codec.loads(program, state, at, functions), act, happened)


def _step(make: Callable[[], Case], act: Callable[[Case], None], happened: Collection[UUID]) -> Run:
    try:
        case = make()
        before = {wait.task_id for wait in waits_of(case)}
        act(case)
        drive(case, before)
        return _run(case, before, happened)
    except SpiffWorkflowException as error:
        spec = getattr(error, "task_spec", None)
        raise StepError("process_failed", getattr(spec, "bpmn_id", None) or "") from None
    except RecursionError:
        raise StepError("process_too_long") from None


def _run(case: Case, before: set[UUID], happened: Collection[UUID]) -> Run:
    waits = () if case.completed else waits_of(case)
    if not case.completed and not waits:
        stuck = (element_of(task) for workflow in case.workflows() for task in workflow.alive())
        raise StepError("process_stuck", next(filter(None, stuck), ""))
    nodes = case.program.nodes
    outer = {node.id for node in nodes.values() if node.type == "endEvent" and node.is_outer}
    return Run(
        state=None if case.completed else codec.dumps(case),
        facts=checked(case.facts),
        waits=waits,
        entered=tuple(case.entered),
        left=tuple(case.left),
        cancelled=tuple(sorted(before - {wait.task_id for wait in waits} - set(happened))),
        thrown=tuple(case.thrown),
        is_finished=case.completed,
        ended_at=tuple(passed.node_id for passed in case.left if passed.node_id in outer),
    )


def _waiting(case: Case, task_id: UUID, is_waiting: Callable[[Task], bool]) -> Any:
    for workflow in case.workflows():
        task = workflow.tasks.get(task_id)
        if task is not None and is_waiting(task):
            return task
    raise StepError("process_task_not_waiting")
