"""The state of a case as a short text, in a format of our own with a version of its own.

Only tokens are kept: what is finished and bears nothing is left out, what is merely foreseen is foreseen again. So a
case that goes round in a loop for years stays as small as it was. Names of nodes are places in the program's table.

Version 1: ``{"v": 1, "f": facts, "n": {place: visits}, "w": [workflow, …]}``, inner workflows after those they run in;
a workflow is ``{"p": [workflow, row], "t": [row, …]}`` (``p`` of inner ones: the task it runs for); a row is
``[parent row or -1, state, place, id, internal data, own facts]`` without its empty tail. Ids are kept of tasks at
work only.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leancity.core.processes.engine.case import ALIVE, FIRE_LATE, Case, SubCase
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.facts import as_text
from leancity.core.processes.engine.program import CHILD, Program
from leancity.core.processes.engine.safe_engine import Functions
from leancity.core.processes.engine.specs import Arrivals
from leancity.core.processes.engine.spiff import BoundaryEventSplit, Task, TaskState

VERSION = 1
_CORRUPT = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


def dumps(case: Case) -> str:
    """Return the state of a case between two steps; StepError: its facts are too large."""
    facts = as_text(case.facts)
    places = case.program.places
    workflows = [case, *sorted(case.subprocesses.values(), key=lambda inner: int(inner.depth))]
    stands: dict[UUID, tuple[int, int]] = {}
    written: list[dict[str, Any]] = []
    for number, workflow in enumerate(workflows):
        rows: list[list[Any]] = []
        for task, above in _kept(workflow):
            stands[task.id] = (number, len(rows))
            parent = -1 if above is None else stands[above.id][1]
            rows.append(_row(task, parent, places[task.task_spec.name]))
        entry: dict[str, Any] = {"t": rows}
        if workflow is not case:
            entry["p"] = stands[workflow.parent_task_id]
        written.append(entry)
    visits = {str(places[name]): times for name, times in case.visits.items()}
    rest = json.dumps({"n": visits, "w": written}, separators=(",", ":"), ensure_ascii=False)
    return f'{{"v":{VERSION},"f":{facts},{rest[1:]}'


def loads(program: Program, state: str, at: datetime, functions: Functions) -> Case:
    """Return a case as it was stored, for a step at ``at``. StepError: it can't be read."""
    try:
        data = json.loads(state)
        return _READERS[data["v"]](program, data, at, functions)
    except _CORRUPT:
        raise StepError("process_state_unreadable") from None


def with_facts(state: str, changed: Mapping[str, Any]) -> str:
    """Return a state in which some of the case's facts have other values; nothing runs. StepError: it can't be read, or
    they are too large."""
    try:
        data = json.loads(state)
        facts = as_text({**data["f"], **changed})
    except _CORRUPT:
        raise StepError("process_state_unreadable") from None
    data["f"] = json.loads(facts)
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _kept(workflow: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the tasks to write, parents first, each with the one it hangs on."""
    bearing = _bearing(workflow)
    ahead: list[tuple[Any, Any]] = [(workflow.task_tree, None)]
    while ahead:
        task, above = ahead.pop()
        if task is workflow.task_tree or task._state & ALIVE or task.id in bearing:
            yield task, above
            above = task
        ahead.extend((child, above) for child in reversed(task.children))


def _bearing(workflow: Any) -> set[UUID]:
    """Return the finished tasks that others still ask: the surroundings of activities with boundary events that are at
    work, and where the tokens waiting at a gateway came from."""
    found: set[UUID] = set()
    for task in workflow.tasks.values():
        if isinstance(task.task_spec, BoundaryEventSplit):
            if any(child._state & ALIVE for child in task.children):
                found |= {task.id, *task._children}
        elif task._state == TaskState.WAITING and isinstance(task.task_spec, Arrivals):
            found.add(task._parent)
    return found


def _row(task: Any, parent: int, place: int) -> list[Any]:
    is_alive = bool(task._state & ALIVE)
    row = [
        parent,
        task._state,
        place,
        base64.urlsafe_b64encode(task.id.bytes)[:22].decode() if is_alive else 0,
        task.internal_data if is_alive and task.internal_data else 0,
        task.own if is_alive and task.own else 0,
    ]
    while row[-1] == 0 and len(row) > 3:
        row.pop()
    return row


def _read_1(program: Program, data: dict[str, Any], at: datetime, functions: Functions) -> Case:
    if not isinstance(data["f"], dict):
        raise TypeError("facts")
    case = Case(program, data["f"], at, functions, is_restored=True)
    case.visits = {program.names[int(place)]: int(times) for place, times in data["n"].items()}
    tables: list[list[Any]] = []
    for entry in data["w"]:
        workflow: Any = case
        if tables:
            number, row = entry["p"]
            task = tables[number][row]
            workflow = SubCase(case.subprocess_specs[task.task_spec.spec], task, case, is_restored=True)
            workflow.completed_event.connect(task.task_spec.over, task)
            case.subprocesses[task.id] = workflow
        tables.append([])
        for row in entry["t"]:
            tables[-1].append(_task(program, workflow, tables[-1], row))
        workflow.task_tree = tables[-1][0]
    for table in tables:
        for task in table:
            if task._state & ALIVE:
                task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
    return case


def _task(program: Program, workflow: Any, table: list[Any], row: list[Any]) -> Any:
    parent, state, place, id_, internal, own = [*row, 0, 0, 0][:6]
    spec = workflow.spec.task_specs[program.names[place]]
    task: Any = Task(workflow, spec, state=state, id=UUID(bytes=base64.urlsafe_b64decode(f"{id_}==")) if id_ else None)
    if parent >= 0:
        task._parent = table[parent].id
        table[parent]._children.append(task.id)
    elif table:
        raise ValueError("two roots")
    if internal:
        task.internal_data = dict(internal)
    if own:
        task.give_own(dict(own))
    task.triggered = spec.name.endswith(CHILD)
    task.was_entered = state != TaskState.WAITING or not isinstance(spec, FIRE_LATE)
    return task


_READERS: dict[int, Callable[[Program, dict[str, Any], datetime, Functions], Case]] = {1: _read_1}
