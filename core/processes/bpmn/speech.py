"""Expressions and times as a drawing writes them, held against the one language that we run."""

from __future__ import annotations

import re
from datetime import datetime

from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.feel import to_feel
from leancity.core.processes.expressions.nodes import Expression, Literal, Name
from leancity.core.processes.expressions.parsing import parse

_DURATION = re.compile(
    r"P(?=.)(?:\d{1,6}Y)?(?:\d{1,6}M)?(?:\d{1,6}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}(?:\.\d+)?S)?)?"
)
_MISSPELT = re.compile(r"P[T\d]\w*")
"""A duration with a slip of the pen reads as the name of a fact."""
_NOTHING = re.compile(r"[PT0.YMWDHS]+")
_SHORT = re.compile(r"PT(?:\d|[1-5]\d)(?:\.\d+)?S")


def trouble(text: str) -> ExpressionError | None:
    """Return why an expression can't be read, None where it can."""
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None


def is_readable(text: str) -> bool:
    """Tell whether there is an expression, and it can be read."""
    return bool(text) and trouble(text) is None


def canonical(text: str) -> str:
    """Return an expression as our language writes it. Raises ``ExpressionError``."""
    return to_feel(parse(text))


def is_name(text: str) -> bool:
    """Tell whether an expression is the bare name of a fact."""
    return is_readable(text) and isinstance(parse(text).root, Name)


def constant(expression: Expression) -> str | None:
    """Return the text that an expression is, None where it has to be evaluated."""
    root = expression.root
    return root.value if isinstance(root, Literal) and isinstance(root.value, str) else None


def timer_trouble(kind: str, text: str) -> str | None:
    """Return the code of what is wrong with a timer's time, None where nothing is.

    Only a constant can be told wrong; ``kind`` is date, duration or cycle.
    """
    if not kind or not text:
        return "bpmn_timer_missing"
    if trouble(text) is not None:
        return "bpmn_timer_unread"
    value = constant(parse(text))
    if value is None:
        return "bpmn_timer_unread" if _MISSPELT.fullmatch(text) else None
    if kind == "date":
        return None if _is_moment(value) else "bpmn_timer_unread"
    if kind == "duration":
        return None if _DURATION.fullmatch(value) else "bpmn_timer_unread"
    return _cycle_trouble(value)


def is_at_once(kind: str, text: str) -> bool:
    """Tell whether a timer is a duration of nothing."""
    value = constant(parse(text)) if kind == "duration" and is_readable(text) else None
    return value is not None and _NOTHING.fullmatch(value) is not None


def _cycle_trouble(value: str) -> str | None:
    parts = value.split("/")
    times, interval = parts[0], parts[-1]
    if len(parts) not in (2, 3) or not re.fullmatch(r"R\d{0,6}", times) or not _DURATION.fullmatch(interval):
        return "bpmn_timer_unread"
    if len(parts) == 3 and not _is_moment(parts[1]):
        return "bpmn_timer_unread"
    if _NOTHING.fullmatch(interval) or (times == "R" and _SHORT.fullmatch(interval)):
        return "bpmn_timer_at_once"
    return None


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
