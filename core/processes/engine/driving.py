"""What follows by itself from what happened: everything that waits for nobody is passed, until all tokens wait."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from leancity.core.processes.engine.case import Case
from leancity.core.processes.engine.events import Condition, release, timers_of
from leancity.core.processes.engine.safe_engine import element_of
from leancity.core.processes.engine.spiff import Task, TaskState
from leancity.core.processes.engine.waits import wait_id


def drive(case: Case, old: Collection[UUID]) -> None:
    """Pass whatever waits for nobody. A timer set in this very step goes off if it is due; those that waited before
    (``old``) don't: whether a pause moved them is for the run-time to say.

    StepError: ``process_loops_forever``, ``process_too_many_tasks``, ``process_no_way_out``,
    ``process_condition_unclear``, ``process_timer_unreadable``, an expression's own.
    """
    while not case.completed:
        if _pass_ready(case) or _see_conditions(case):
            continue
        fresh = [
            (task, node_id) for _, task, node_id in due_timers(case, case.at, None) if wait_id(task, node_id) not in old
        ]
        if not fresh:
            return
        release(*fresh[0])


def due_timers(case: Case, at: datetime, only: Collection[UUID] | None) -> list[tuple[datetime, Task, str]]:
    """Return the timers that are due at ``at`` (or those of ``only``), the earliest first, each with its node's id."""
    found = [
        (due, task, node_id)
        for workflow in case.workflows()
        for task in workflow.alive()
        for due, node_id in timers_of(task)
        if (due <= at if only is None else wait_id(task, node_id) in only)
    ]
    return sorted(found, key=lambda timer: timer[0])


def _pass_ready(case: Case) -> bool:
    ready = [
        task
        for workflow in case.workflows()
        for task in workflow.tasks.values()
        if task._state == TaskState.READY and not task.task_spec.manual
    ]
    for task in ready:
        if task._state == TaskState.READY and not case.completed:
            case.guard.step(element_of(task))
            task.run()
    return bool(ready)


def _see_conditions(case: Case) -> bool:
    waiting: list[Any] = [
        task
        for workflow in case.workflows()
        for task in workflow.alive()
        if task._state == TaskState.WAITING
        and any(isinstance(event, Condition) for event in getattr(task.task_spec, "events", ()))
    ]
    for task in waiting:
        task.task_spec._update(task)
        if task._state == TaskState.READY:
            task.run()
            return True
    return False
