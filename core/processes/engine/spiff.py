"""The one door to SpiffWorkflow: the names we use of it, with the types that it doesn't ship."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class _Foreign:
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...

    class TaskState:
        MAYBE: int
        FUTURE: int
        WAITING: int
        READY: int
        STARTED: int
        COMPLETED: int
        CANCELLED: int
        ERROR: int
        FINISHED_MASK: int
        NOT_FINISHED_MASK: int
        PREDICTED_MASK: int

    class Task(_Foreign):
        id: Any
        workflow: Any
        task_spec: Any
        internal_data: dict[str, Any]
        triggered: bool
        _state: int
        _parent: Any
        _children: list[Any]

        @property
        def parent(self) -> Any: ...
        @property
        def children(self) -> list[Any]: ...
        def has_state(self, state: int) -> bool: ...
        def cancel(self) -> None: ...

    class TaskSpec(_Foreign):
        name: str
        manual: bool
        inputs: list[Any]
        outputs: list[Any]

        def _predict_hook(self, my_task: Any) -> None: ...

    class BpmnWorkflow(_Foreign):
        spec: Any
        subprocesses: dict[Any, Any]
        completed: bool
        task_tree: Any

    class BpmnSubWorkflow(BpmnWorkflow): ...

    class PythonScriptEngine(_Foreign): ...

    class BasePythonScriptEngineEnvironment(_Foreign): ...

    class BpmnParser(_Foreign): ...

    class TaskParser(_Foreign): ...

    class EndEventParser(_Foreign): ...

    class SpiffWorkflowException(Exception): ...

    class ValidationException(SpiffWorkflowException):
        id: str

    class BpmnSpecMixin(TaskSpec): ...

    class BpmnTaskSpec(TaskSpec): ...

    class CatchingEvent(TaskSpec): ...

    class ThrowingEvent(TaskSpec): ...

    class EndEvent(ThrowingEvent): ...

    class BoundaryEvent(CatchingEvent): ...

    class EventBasedGateway(CatchingEvent): ...

    class ExclusiveGateway(TaskSpec): ...

    class InclusiveGateway(TaskSpec): ...

    class ParallelGateway(TaskSpec): ...

    class ServiceTask(TaskSpec): ...

    class SubWorkflowTask(TaskSpec): ...

    class StandardLoopTask(TaskSpec): ...

    class MultiInstanceTask(TaskSpec): ...

    class SequentialMultiInstanceTask(MultiInstanceTask): ...

    class BoundaryEventSplit(TaskSpec): ...

    class BoundaryEventJoin(TaskSpec): ...

    class EndJoin(TaskSpec): ...

    class NoneEventDefinition(_Foreign): ...

    class MessageEventDefinition(_Foreign): ...

    class SignalEventDefinition(_Foreign): ...

    class ErrorEventDefinition(_Foreign): ...

    class EscalationEventDefinition(_Foreign): ...

    class ConditionalEventDefinition(_Foreign): ...

    class TimerEventDefinition(_Foreign): ...

    class CycleTimerEventDefinition(TimerEventDefinition): ...

    class TerminateEventDefinition(_Foreign): ...

    class MultipleEventDefinition(_Foreign): ...

    SIGNAL_EVENT_XPATH: str
else:
    from SpiffWorkflow.bpmn import BpmnWorkflow
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
    from SpiffWorkflow.bpmn.parser.event_parsers import SIGNAL_EVENT_XPATH, EndEventParser
    from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
    from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
    from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
    from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
    from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
    from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
    from SpiffWorkflow.bpmn.specs.control import _EndJoin as EndJoin
    from SpiffWorkflow.bpmn.specs.event_definitions import (
        ConditionalEventDefinition,
        CycleTimerEventDefinition,
        ErrorEventDefinition,
        EscalationEventDefinition,
        MessageEventDefinition,
        MultipleEventDefinition,
        NoneEventDefinition,
        SignalEventDefinition,
        TerminateEventDefinition,
    )
    from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
    from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
    from SpiffWorkflow.bpmn.specs.mixins.events.end_event import EndEvent
    from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent, ThrowingEvent
    from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent, EventBasedGateway
    from SpiffWorkflow.bpmn.specs.mixins.exclusive_gateway import ExclusiveGateway
    from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
    from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import (
        MultiInstanceTask,
        SequentialMultiInstanceTask,
        StandardLoopTask,
    )
    from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
    from SpiffWorkflow.bpmn.specs.mixins.service_task import ServiceTask
    from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
    from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
    from SpiffWorkflow.exceptions import SpiffWorkflowException
    from SpiffWorkflow.specs.base import TaskSpec
    from SpiffWorkflow.task import Task
    from SpiffWorkflow.util.task import TaskState

# Its log lines carry the facts of the case.
for _name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
    logging.getLogger(_name).disabled = True

__all__ = [
    "SIGNAL_EVENT_XPATH",
    "BasePythonScriptEngineEnvironment",
    "BoundaryEvent",
    "BoundaryEventJoin",
    "BoundaryEventSplit",
    "BpmnParser",
    "BpmnSpecMixin",
    "BpmnSubWorkflow",
    "BpmnTaskSpec",
    "BpmnWorkflow",
    "CatchingEvent",
    "ConditionalEventDefinition",
    "CycleTimerEventDefinition",
    "EndEvent",
    "EndEventParser",
    "EndJoin",
    "ErrorEventDefinition",
    "EscalationEventDefinition",
    "EventBasedGateway",
    "ExclusiveGateway",
    "InclusiveGateway",
    "MessageEventDefinition",
    "MultiInstanceTask",
    "MultipleEventDefinition",
    "NoneEventDefinition",
    "ParallelGateway",
    "PythonScriptEngine",
    "SequentialMultiInstanceTask",
    "ServiceTask",
    "SignalEventDefinition",
    "SpiffWorkflowException",
    "StandardLoopTask",
    "SubWorkflowTask",
    "Task",
    "TaskParser",
    "TaskSpec",
    "TaskState",
    "TerminateEventDefinition",
    "ThrowingEvent",
    "TimerEventDefinition",
    "ValidationException",
]
