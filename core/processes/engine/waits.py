"""What a case waits for between two steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from leancity.core.processes.engine.case import Case
from leancity.core.processes.engine.events import Event, Named, Timer, correlation_of, events_of, timers_of
from leancity.core.processes.engine.program import CHILD, NodeFacts
from leancity.core.processes.engine.run import Wait
from leancity.core.processes.engine.spiff import BoundaryEvent, ServiceTask, Task, TaskState


def waits_of(case: Case) -> tuple[Wait, ...]:
    """Return all that a case waits for; conditions are not among it: they are looked at in every step."""
    return tuple(wait for workflow in case.workflows() for task in workflow.alive() for wait in _waits(task))


def wait_id(task: Task, node_id: str) -> UUID:
    """Return the id of one wait of a task: an event-based gateway has one for each of its events."""
    id_: UUID = task.id
    return id_ if len(getattr(task.task_spec, "events", ())) < 2 else uuid5(id_, node_id)


def is_user(task: Task) -> bool:
    """Tell whether a task waits for a person."""
    return task._state == TaskState.READY and task.task_spec.manual


def is_service(task: Task) -> bool:
    """Tell whether a task waits for a service's answer."""
    return task._state == TaskState.STARTED and isinstance(task.task_spec, ServiceTask)


def _waits(task: Any) -> Iterator[Wait]:
    program = task.workflow.top_workflow.program
    if is_user(task) or is_service(task):
        node: NodeFacts = program.node_of(task.task_spec)
        yield Wait(
            task_id=task.id,
            node_id=node.id,
            kind="user" if is_user(task) else "service",
            title=node.title,
            lane=node.lane,
            name="" if is_user(task) else node.topic,
            attempt=_attempt(task),
            facts=_own(task),
        )
    elif task._state == TaskState.WAITING and hasattr(task.task_spec, "events"):
        for event in events_of(task):
            yield from _event(task, event, program.nodes[event.node_id])


def _event(task: Any, event: Event, node: NodeFacts) -> Iterator[Wait]:
    common: dict[str, Any] = {
        "task_id": wait_id(task, event.node_id),
        "node_id": node.id,
        "title": node.title,
        "lane": node.lane,
        "boundary_of": _activity(task),
        "facts": _own(task),
    }
    if isinstance(event, Timer):
        for due_at, node_id in timers_of(task):
            if node_id == event.node_id:
                yield Wait(kind="timer", due_at=due_at, **common)
    elif isinstance(event, Named) and event.kind == "message":
        yield Wait(kind="message", name=event.name, correlation=correlation_of(task, event.name), **common)
    elif isinstance(event, Named) and event.kind == "signal":
        yield Wait(kind="signal", name=event.name, **common)


def _activity(task: Any) -> UUID | None:
    if not isinstance(task.task_spec, BoundaryEvent):
        return None
    activities = (other for other in task.parent.children if not isinstance(other.task_spec, BoundaryEvent))
    return next((activity.id for activity in activities), None)


def _attempt(task: Any) -> int:
    visits: int = task.workflow.top_workflow.visits.get(task.task_spec.name.removesuffix(CHILD), 1)
    return visits + int(task.internal_data.get("iteration", 0))


def _own(task: Any) -> dict[str, Any]:
    """Return the facts of the item that a task belongs to, none outside of items."""
    scopes = task.data.maps[:-1]
    return {name: value for scope in reversed(scopes) for name, value in scope.items()}
