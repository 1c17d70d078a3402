"""A case in memory: the library's workflow with facts that all branches share, a guard, and a journal.

The library keeps a copy of the data in every task and merges copies where branches meet: what one branch changed, a
later one sets back. Here a case has one set of facts. The library also finds tasks by walks of bounded depth: here they
are found in the flat table that each workflow has.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.facts import Scope
from leancity.core.processes.engine.guard import DEPTH, Guard
from leancity.core.processes.engine.program import CHILD, Program
from leancity.core.processes.engine.run import Passed, Thrown
from leancity.core.processes.engine.safe_engine import Functions, SafeEngine
from leancity.core.processes.engine.spiff import (
    BoundaryEvent,
    BpmnSubWorkflow,
    BpmnWorkflow,
    InclusiveGateway,
    ParallelGateway,
    ServiceTask,
    Task,
    TaskState,
)

ALIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_EVERYTHING = 10**9
FIRE_LATE = (BoundaryEvent, ParallelGateway, InclusiveGateway)
"""Nodes that aren't entered before they are READY: until then a token merely waits at them."""


class CaseTask(Task):
    """A token's visit of a node. ``own`` are the facts of an item of a multi-instance activity, None elsewhere."""

    own: dict[str, Any] | None = None
    was_entered: bool = False
    _scope: Scope | None = None

    @property
    def data(self) -> Scope:
        """The facts this task sees and changes."""
        if self._scope is None:
            parent = self.parent
            above: Scope = self.workflow.scope if parent is None else parent.data
            self._scope = above if self.own is None else above.new_child(self.own)
        return self._scope

    @data.setter
    def data(self, value: object) -> None:
        """Do nothing: the library gives every task a copy of its own, ours share."""

    def set_data(self, /, **given: Any) -> None:
        """Change facts."""
        self.data.update(given)

    def give_own(self, own: dict[str, Any]) -> None:
        """Make this task an item with facts of its own."""
        self.own, self._scope = own, None

    def cancel(self) -> None:
        """Cancel; what a repeating timer has set going goes on."""
        if self._state == TaskState.WAITING and "left" in self.internal_data:
            self._set_state(TaskState.CANCELLED)
            return
        super().cancel()

    def _inherit_data(self) -> None:
        """Do nothing: facts are shared."""

    def _set_state(self, value: int) -> None:
        """Change the state and write it into the journal; the library's own also logs the data."""
        self._state = value
        if value & ALIVE and not self.was_entered:
            if value == TaskState.READY or not isinstance(self.task_spec, FIRE_LATE):
                self.was_entered = True
                self.workflow.top_workflow.journal_entered(self)
        elif value == TaskState.COMPLETED:
            self.workflow.top_workflow.journal_left(self)


class _Tasks(dict[UUID, Any]):
    """The tasks of one workflow; each passes here when the library makes it and when it drops it."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self._case = case

    def __setitem__(self, key: UUID, task: Any) -> None:
        self._case.guard.task_added()
        task.__class__ = CaseTask
        super().__setitem__(key, task)

    def pop(self, key: UUID, *default: Any) -> Any:
        self._case.guard.task_removed()
        # The library would let what runs inside a dropped activity run on.
        self._case.drop_subprocess(key)
        return super().pop(key, *default)


class _Flat:
    """What top and inner workflows have in common."""

    _tasks: _Tasks
    completed: bool
    task_tree: Any
    top_workflow: Any

    @property
    def tasks(self) -> _Tasks:
        """All tasks of this workflow by id."""
        return self._tasks

    @tasks.setter
    def tasks(self, value: object) -> None:
        self._tasks = _Tasks(self.top_workflow)

    def alive(self) -> list[Any]:
        """Return the tasks that are at work or wait."""
        return [task for task in self._tasks.values() if task._state & ALIVE]

    def update_waiting_tasks(self) -> None:
        """Look again at what waits: a completed task may be what it waited for."""
        for task in [task for task in self._tasks.values() if task._state == TaskState.WAITING]:
            if task._state == TaskState.WAITING:
                task.task_spec._update(task)

    def cancel(self, workflow: object = None) -> list[Any]:
        """Cancel all that isn't finished, inner workflows too."""
        self.completed = True
        return self.end()

    def end(self, but: object = None) -> list[Any]:
        """Cancel every unfinished task except ``but``."""
        open_tasks = [task for task in self._tasks.values() if task._state & TaskState.NOT_FINISHED_MASK]
        for task in open_tasks:
            if task is not but and task.id in self._tasks:
                task.cancel()
        return open_tasks

    def _mark_complete(self, task: object) -> None:
        self.completed = True


class Case(_Flat, BpmnWorkflow):
    """A case at work on one step."""

    def __init__(
        self, program: Program, facts: Mapping[str, Any], at: datetime, functions: Functions, *, is_restored: bool
    ) -> None:
        self.program = program
        self.guard = Guard()
        self.at = at
        self.functions = functions
        self.scope: Scope = ChainMap(dict(facts))
        self.visits: dict[str, int] = {}
        self.entered: list[Passed] = []
        self.left: list[Passed] = []
        self.thrown: list[Thrown] = []
        super().__init__(
            program.spec,
            {program.process_id: program.spec, **program.subprocesses},
            script_engine=SafeEngine(functions),
            deserializing=is_restored,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The facts of the case."""
        facts: dict[str, Any] = self.scope.maps[0]  # type: ignore[assignment]
        return facts

    def workflows(self) -> Iterator[Any]:
        """Yield the inner workflows, deepest first, and the case itself."""
        yield from sorted(self.subprocesses.values(), key=lambda inner: -int(inner.depth))
        yield self

    def create_subprocess(self, my_task: Task, spec_name: str) -> SubCase:
        """Begin an inner workflow for a task."""
        inner = SubCase(self.subprocess_specs[spec_name], my_task, self)
        if inner.depth > DEPTH:
            raise StepError("process_loops_forever", self.program.node_id(my_task.task_spec))
        self.subprocesses[my_task.id] = inner
        return inner

    def drop_subprocess(self, task_id: UUID) -> None:
        """Cancel what runs inside a task that is over."""
        inner = self.subprocesses.pop(task_id, None)
        if inner is not None:
            inner.cancel()
            self.guard.task_removed(len(inner.tasks))

    def forget_subprocess(self, task_id: UUID) -> None:
        """Let an inner workflow go that is through."""
        inner = self.subprocesses.pop(task_id, None)
        if inner is not None:
            self.guard.task_removed(len(inner.tasks))

    def journal_entered(self, task: CaseTask) -> None:
        """Write down that a task's node was entered, and count the visit."""
        spec = task.task_spec
        is_work = spec.manual or isinstance(spec, ServiceTask) or self.program.is_container(spec)
        if is_work and not spec.name.endswith(CHILD):
            self.visits[spec.name] = self.visits.get(spec.name, 0) + 1
        self._write(self.entered, task, self.program.flow_into(task))

    def journal_left(self, task: CaseTask) -> None:
        """Write down that a task's node was left."""
        self._write(self.left, task, "")

    def _write(self, journal: list[Passed], task: CaseTask, flow_id: str) -> None:
        node = self.program.node_of(task.task_spec)
        if node is not None and not self.program.is_container(task.task_spec):
            journal.append(Passed(task.id, node.id, node.type, node.title, flow_id))


class SubCase(_Flat, BpmnSubWorkflow):
    """What runs inside a sub-process or a call activity: it sees the facts of whom it runs for."""

    def __init__(self, spec: Any, task: Task, case: Case, *, is_restored: bool = False) -> None:
        self.scope: Scope = task.data
        self.top_workflow = case
        super().__init__(spec, task.id, case, deserializing=is_restored)
