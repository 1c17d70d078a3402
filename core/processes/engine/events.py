"""What events catch and throw. The library's own definitions read the clock of the machine, copy the facts and look for
catchers all over the case; ours are data, and what happens is told to them by the step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.program import CHILD
from leancity.core.processes.engine.run import Thrown
from leancity.core.processes.engine.safe_engine import element_of, value_of
from leancity.core.processes.engine.spiff import BoundaryEvent, BoundaryEventJoin, BoundaryEventSplit, Task, TaskState
from leancity.core.processes.engine.timers import ENDLESS, cycle_of, due_of, plus

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment. ``is_cycle``: it goes off again and again beside its activity."""

    node_id: str
    expression: str
    is_cycle: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A message, signal, error or escalation. ``name`` is the code of an error or escalation; empty: whatever it is."""

    kind: Literal["message", "signal", "error", "escalation"]
    node_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Something about the facts that becomes true."""

    node_id: str
    expression: str


@dataclass(frozen=True, slots=True)
class Terminate:
    """The end of everything in a scope."""

    node_id: str


Event: TypeAlias = Timer | Named | Condition | Terminate


def events_of(task: Task) -> tuple[Event, ...]:
    """Return what a task waits for: one event, several for an event-based gateway."""
    found: tuple[Event, ...] = task.task_spec.events
    return found


def set_timers(task: Task) -> None:
    """Note when the timers of a task that begins to wait fall due."""
    if "due" in task.internal_data:
        return
    due: dict[str, str] = {}
    for event in events_of(task):
        if isinstance(event, Timer) and event.is_cycle:
            first, every, left = cycle_of(task, event.expression)
            task.internal_data |= {"every": every, "left": left}
            due[event.node_id] = first.isoformat()
        elif isinstance(event, Timer):
            due[event.node_id] = due_of(task, event.expression).isoformat()
    if due:
        task.internal_data["due"] = due


def timers_of(task: Task) -> Iterator[tuple[datetime, str]]:
    """Yield when each timer of a waiting task falls due, and the id of its node."""
    if task.internal_data.get("left") == 0:
        return
    for node_id, due in task.internal_data.get("due", {}).items():
        yield datetime.fromisoformat(due), node_id


def release(task: Task, node_id: str) -> None:
    """Tell a waiting task that what it waited for has happened; the node behind it is passed at once, so that of two
    things that happen in one step the first cancels what it is to cancel before the second is looked at."""
    if "left" in task.internal_data:
        _repeat(task, node_id)
        return
    task.internal_data["fired"] = node_id
    task.task_spec._update(task)
    if task._state == TaskState.READY:
        task.workflow.top_workflow.guard.step(element_of(task))
        task.run()


def _repeat(task: Task, node_id: str) -> None:
    data = task.internal_data
    if data["left"] == 0:
        return
    if data["left"] != ENDLESS:
        data["left"] -= 1
    at = task.workflow.top_workflow.at
    try:
        later = plus(datetime.fromisoformat(data["due"][node_id]), data["every"])
        # What was missed while nobody looked is not made up for.
        data["due"] = {node_id: (later if later > at else plus(at, data["every"])).isoformat()}
    except ValueError:
        raise StepError("process_timer_unreadable", element_of(task)) from None
    for spec in task.task_spec.outputs:
        if not isinstance(spec, BoundaryEventJoin):
            child = task._add_child(spec, TaskState.FUTURE)
            child.task_spec._update(child)


def throw(task: Task, event: Named) -> None:
    """Send what a throwing event sends: messages to the world, signals to everybody, errors and escalations upwards."""
    case = task.workflow.top_workflow
    if event.kind == "signal":
        for waiting, node_id in list(listening(case, "signal", event.name)):
            if waiting._state == TaskState.WAITING:
                release(waiting, node_id)
    elif event.kind in ("error", "escalation"):
        caught = catcher(task.workflow, event.kind, event.name)
        if caught is not None:
            release(caught, caught.task_spec.name)
            return
    tell(task, event)
    if event.kind == "error":
        # An error that nobody in the model catches ends the case, as an error end event says it does.
        for workflow in list(case.workflows()):
            workflow.end(but=task)
        case.completed = True


def tell(task: Task, event: Named) -> None:
    """Note what goes out to the world."""
    case = task.workflow.top_workflow
    correlation = correlation_of(task, event.name) if event.kind == "message" else ""
    case.thrown.append(Thrown(event.kind, element_of(task), event.name, correlation, dict(task.data)))


def correlation_of(task: Task, message: str) -> str:
    """Return what tells the messages of this case from those of others, as a text; empty where the drawing has none."""
    parts = [value_of(task, text) for text in task.workflow.top_workflow.program.correlations.get(message, ())]
    return "|".join("" if part is None else str(part) for part in parts)


def listening(case: Any, kind: str, name: str, correlation: object = _MISSING) -> Iterator[tuple[Task, str]]:
    """Yield the tasks that wait for a message or signal, each with the id of the node that hears it."""
    for workflow in list(case.workflows()):
        for task in [task for task in workflow.tasks.values() if task._state == TaskState.WAITING]:
            for event in getattr(task.task_spec, "events", ()):
                is_heard = isinstance(event, Named) and (event.kind, event.name) == (kind, name)
                if is_heard and correlation in (_MISSING, correlation_of(task, name)):
                    yield task, event.node_id


def catcher(workflow: Any, kind: str, code: str) -> Task | None:
    """Return the boundary event that catches an error or escalation thrown in a workflow: that of the nearest activity
    around it which has one, one for this very code before one for any."""
    case = workflow.top_workflow
    while workflow is not case:
        activity = case.get_task_from_id(workflow.parent_task_id)
        caught = boundary(activity, kind, code)
        if caught is not None:
            return caught
        workflow = activity.workflow
    return None


def boundary(activity: Any, kind: str, code: str) -> Task | None:
    """Return the waiting boundary event of an activity that catches an error or escalation."""
    found: dict[str, Task] = {}
    for task in beside(activity):
        for event in task.task_spec.events:
            if task._state == TaskState.WAITING and isinstance(event, Named) and event.kind == kind:
                found.setdefault(event.name, task)
    return found.get(code) or found.get("")


def beside(activity: Any) -> list[Any]:
    """Return the tasks of the boundary events of an activity, or of the one it is an item of."""
    if activity.task_spec.name.endswith(CHILD):
        activity = activity.parent
    above = activity.parent
    if above is None or not isinstance(above.task_spec, BoundaryEventSplit):
        return []
    return [task for task in above.children if isinstance(task.task_spec, BoundaryEvent)]
