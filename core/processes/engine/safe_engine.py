"""The script engine we give the library: expressions are ours, and nothing is ever executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.spiff import BasePythonScriptEngineEnvironment, PythonScriptEngine, Task
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.expressions.nodes import Expression
from leancity.core.processes.expressions.parsing import parse

Functions = Mapping[str, Callable[..., Any]]
"""What the run-time lends expressions: ``workdays``, ``workhours``, ``decide``, ``local``."""

CALENDAR = frozenset({"workdays", "workhours"})
"""Functions that expressions of a drawing may call besides those of the language."""


def parsed(text: str) -> Expression:
    """Return an expression; it is remembered. Raises ``ExpressionError``."""
    return parse(text, CALENDAR)


class SafeEnvironment(BasePythonScriptEngineEnvironment):
    """Where expressions run: our evaluator over the facts."""

    def __init__(self, functions: Functions) -> None:
        super().__init__()
        self.functions = functions

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: object = None) -> Any:
        """Return what an expression gives for the facts in ``context``; raises ``ExpressionError``."""
        return evaluate(parsed(expression), context, self.functions)

    def execute(self, script: str, context: object, external_context: object = None) -> NoReturn:
        """Refuse: no text of a drawing is a program."""
        raise StepError("process_script")

    def call_service(self, context: object, **given: object) -> NoReturn:
        """Refuse: a service task waits for the outbox."""
        raise StepError("process_script")


class SafeEngine(PythonScriptEngine):
    """The only engine a case gets."""

    def __init__(self, functions: Functions) -> None:
        super().__init__(SafeEnvironment(functions))

    def evaluate(self, task: Task, expression: str, external_context: object = None) -> Any:
        """Return what an expression gives for a task's facts; StepError names the node."""
        return value_of(task, expression)

    def execute(self, task: Task, script: str, external_context: object = None) -> NoReturn:
        """Refuse, naming the node."""
        raise StepError("process_script", element_of(task))

    def call_service(self, task: Task, **given: object) -> NoReturn:
        """Refuse, naming the node."""
        raise StepError("process_script", element_of(task))


def value_of(task: Task, expression: str, more: Mapping[str, Any] | None = None) -> Any:
    """Return what an expression gives for a task's facts, with ``more`` names over them; StepError names the node."""
    scope = task.data if more is None else task.data.new_child(dict(more))
    try:
        return evaluate(parsed(expression), scope, task.workflow.top_workflow.functions)
    except ExpressionError as error:
        raise StepError(error.code, element_of(task), **error.params) from None


def holds(task: Task, expression: str, more: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a condition is true; null is not. StepError: it gives anything but true, false and null."""
    value = value_of(task, expression, more)
    if value is not None and not isinstance(value, bool):
        raise StepError("process_condition_unclear", element_of(task), condition=expression)
    return value is True


def element_of(task: Task) -> str:
    """Return the id of the node a task stands at, the empty text for what isn't drawn."""
    element: str = task.workflow.top_workflow.program.node_id(task.task_spec)
    return element
