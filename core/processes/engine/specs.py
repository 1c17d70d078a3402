"""The library's nodes as we run them: bounded prediction, joins by tokens, events that happen when a step says so.

Each class here is laid over a class of the library (``laid_over``); the library itself stays as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.events import Condition, Event, Named, Terminate, set_timers, throw
from leancity.core.processes.engine.facts import plain
from leancity.core.processes.engine.program import INNER
from leancity.core.processes.engine.safe_engine import element_of, holds
from leancity.core.processes.engine.spiff import (
    BoundaryEventJoin,
    BpmnSpecMixin,
    CatchingEvent,
    EndEvent,
    EndJoin,
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
    StandardLoopTask,
    SubWorkflowTask,
    TaskSpec,
    TaskState,
    ThrowingEvent,
)

_ALIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


class Bounded(TaskSpec):
    """A node that foresees its next nodes only. The library foresees all that will surely come: with n splits and joins
    in a row that are 2^n tasks. Nothing of ours asks what is foreseen further away."""

    def _predict(self, my_task: Any, seen: object = None, looked_ahead: int = 0, mask: int = 0) -> None:
        if my_task.has_state(mask or TaskState.PREDICTED_MASK):
            self._predict_hook(my_task)

    def _update(self, my_task: Any) -> None:
        if not my_task._children and not my_task.has_state(TaskState.FINISHED_MASK):
            self._predict(my_task, mask=TaskState.NOT_FINISHED_MASK)
        if self._update_hook(my_task):
            my_task._ready()


class Arrivals(Bounded):
    """A gateway at which tokens wait: one WAITING task each, held by the node they came from."""

    def _update_hook(self, my_task: Any) -> bool:
        if my_task._state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        by_input: dict[str, list[Any]] = defaultdict(list)
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and task._state == TaskState.WAITING:
                by_input[task.parent.task_spec.name].append(task)
        consumed = self._consumed(my_task, by_input)
        if my_task not in consumed:
            return False
        for task in consumed:
            if task is not my_task:
                task._set_state(TaskState.CANCELLED)
                task._drop_children()
        return True

    def _consumed(self, my_task: Any, by_input: dict[str, list[Any]]) -> list[Any]:
        raise NotImplementedError


class ParallelJoin(Arrivals, ParallelGateway):
    """Goes on when a token waits on every flow in, and takes one of each; the others stay."""

    def _consumed(self, my_task: Any, by_input: dict[str, list[Any]]) -> list[Any]:
        wanted = Counter(self._inputs)
        if any(len(by_input[name]) < amount for name, amount in wanted.items()):
            return []
        return [task for name, amount in wanted.items() for task in by_input[name][:amount]]

    def _run_hook(self, my_task: Any) -> bool:
        return True


class InclusiveJoin(Arrivals, InclusiveGateway):
    """Goes on when no token elsewhere can still come by a flow on which none waits (BPMN 2.0.2, 13.4.3)."""

    def _consumed(self, my_task: Any, by_input: dict[str, list[Any]]) -> list[Any]:
        held = {name for name, tasks in by_input.items() if tasks}
        empty = set(self._inputs) - held
        if empty:
            may_come = _leading_to(self, empty) - _leading_to(self, held)
            if any(task.task_spec.name in may_come for task in _at_work(my_task.workflow, self)):
                return []
        return [tasks[0] for tasks in by_input.values() if tasks]

    def _run_hook(self, my_task: Any) -> bool:
        specs = my_task.workflow.spec.task_specs
        matches = [specs[name] for condition, name in self.cond_task_specs if _is_met(my_task, condition)]
        defaults = [specs[name] for condition, name in self.cond_task_specs if condition is None]
        _go_to(my_task, matches or defaults)
        return True


class ExclusiveChoice(Bounded, ExclusiveGateway):
    """Takes the first way whose condition is true, else the default one."""

    def _run_hook(self, my_task: Any) -> bool:
        specs = my_task.workflow.spec.task_specs
        default = None if self.default_task_spec is None else specs[self.default_task_spec]
        met = (specs[name] for condition, name in self.cond_task_specs if _is_met(my_task, condition))
        way = next(met, default)
        _go_to(my_task, [] if way is None else [way])
        return True


class Catching(Bounded, CatchingEvent):
    """Waits until ``events.release`` says that it has happened; a condition is looked at by itself."""

    events: tuple[Event, ...] = ()

    def _update_hook(self, my_task: Any) -> bool:
        if not self.events or "fired" in my_task.internal_data:
            return True
        if my_task._state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        set_timers(my_task)
        return any(isinstance(event, Condition) and holds(my_task, event.expression) for event in self.events)

    def _on_ready_hook(self, my_task: Any) -> None:
        pass

    def _run_hook(self, my_task: Any) -> bool:
        my_task.internal_data = {}
        return True

    def _predict_hook(self, my_task: Any) -> None:
        if not any(getattr(event, "is_cycle", False) for event in self.events):
            BpmnSpecMixin._predict_hook(self, my_task)

    def _on_cancel(self, my_task: Any) -> None:
        pass


class FirstOf(Catching, EventBasedGateway):
    """An event-based gateway: the first of its events takes the token."""

    def _predict_hook(self, my_task: Any) -> None:
        my_task._sync_children(self.outputs, TaskState.MAYBE)

    def _run_hook(self, my_task: Any) -> bool:
        _go_to(my_task, [my_task.workflow.spec.task_specs[my_task.internal_data["fired"]]])
        my_task.internal_data = {}
        return True


class Throwing(Bounded, ThrowingEvent):
    """Sends what it is drawn to send."""

    events: tuple[Event, ...] = ()

    def _run_hook(self, my_task: Any) -> bool:
        for event in self.events:
            if isinstance(event, Named):
                throw(my_task, event)
        return True


class Ending(Throwing, EndEvent):
    """An end event; a terminating one ends all else in its scope."""

    def _on_complete_hook(self, my_task: Any) -> None:
        if any(isinstance(event, Terminate) for event in self.events):
            workflow, case = my_task.workflow, my_task.workflow.top_workflow
            workflow.end(but=my_task)
            workflow.completed = True
            if workflow.spec.name.endswith(INNER):
                # What watches over the scope ends with it; the scope itself is left by its own activity.
                activity = case.get_task_from_id(workflow.parent_task_id)
                for task in activity.workflow.alive():
                    if task is not activity:
                        task.cancel()


class Closing(Bounded, EndJoin):
    """The end of a scope, when no token is left in it."""

    def _update_hook(self, my_task: Any) -> bool:
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and task is not my_task and task._state == TaskState.WAITING:
                task._set_state(TaskState.CANCELLED)
                task._drop_children()
                break
        if not any(True for _ in _at_work(my_task.workflow, self)):
            return True
        if my_task._state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        return False

    def _run_hook(self, my_task: Any) -> bool:
        return True


class BoundaryJoin(Bounded, BoundaryEventJoin):
    """Where an activity and its boundary events meet; both stand right under the split."""

    def _find_tasks(self, my_task: Any) -> list[Any]:
        split = my_task.find_ancestor(self.split_task)
        return [task for event in split.children for task in event.children if task.task_spec is self]


class Inner(Bounded, SubWorkflowTask):
    """A sub-process or a call activity: it works on the facts of its case."""

    def _update_hook(self, my_task: Any) -> None:
        if my_task._state == TaskState.STARTED:
            return
        my_task._set_state(TaskState.STARTED)
        inner = my_task.workflow.top_workflow.create_subprocess(my_task, self.spec)
        inner.completed_event.connect(self.over, my_task)
        inner.task_tree.run()

    def over(self, inner: Any, my_task: Any) -> None:
        """Go on once the inner workflow is through, unless the activity is over already."""
        if my_task._state == TaskState.STARTED:
            my_task._set_state(TaskState.READY)
            my_task.workflow.top_workflow.forget_subprocess(my_task.id)

    def _on_cancel(self, my_task: Any) -> None:
        my_task.workflow.top_workflow.drop_subprocess(my_task.id)


class Looping(Bounded, StandardLoopTask):
    """A standard loop: again while its condition is true."""

    def loop_complete(self, my_task: Any) -> bool:
        """Tell whether it was gone round often enough."""
        rounds = len(my_task.internal_data.get("merged", []))
        is_last = self.maximum is not None and rounds >= self.maximum
        return is_last or (self.condition is not None and not holds(my_task, self.condition))

    def merge_child(self, workflow: Any, child: Any) -> None:
        """Count a round; go round again or on."""
        my_task = child.parent
        if my_task._state != TaskState.STARTED:
            return
        my_task.internal_data["merged"].append("")
        if self.loop_complete(my_task):
            my_task._set_state(TaskState.READY)
        else:
            self.create_child(my_task)


class Decision(BpmnSpecMixin):
    """A business rule task: a decision table is asked and its answer becomes a fact (``decide`` of the functions)."""

    key: str = ""
    result: str = ""

    def _run_hook(self, my_task: Any) -> bool:
        decide = my_task.workflow.top_workflow.functions.get("decide")
        if decide is None:
            raise StepError("process_no_decisions", element_of(my_task))
        my_task.data[self.result] = plain(decide(self.key, dict(my_task.data)))
        return True


def _is_met(task: Any, condition: Any) -> bool:
    return condition is not None and holds(task, condition.args[0])


def _go_to(task: Any, specs: list[Any]) -> None:
    if not specs:
        raise StepError("process_no_way_out", element_of(task))
    task._sync_children(specs, TaskState.FUTURE)


def _at_work(workflow: Any, spec: TaskSpec) -> Any:
    """Yield the tasks of a workflow that hold a token and don't stand at ``spec``."""
    for task in workflow.tasks.values():
        is_next = task._state == TaskState.FUTURE and task.parent._state == TaskState.COMPLETED
        if task.task_spec is not spec and (task._state & _ALIVE or is_next):
            yield task


def _leading_to(gateway: Any, inputs: set[str]) -> set[str]:
    """Return the names of the nodes from which some flow of ``inputs`` is reached without passing the gateway."""
    specs = gateway._wf_spec.task_specs
    before: dict[str, list[str]] = defaultdict(list)
    for name, spec in specs.items():
        for output in spec._outputs:
            before[output].append(name)
    found, ahead = set(inputs), list(inputs)
    while ahead:
        for name in before[ahead.pop()]:
            if name not in found and name != gateway.name:
                found.add(name)
                ahead.append(name)
    return found
