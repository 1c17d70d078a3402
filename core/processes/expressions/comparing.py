"""Equal, less, greater, between values of one kind; null equals null alone, and other pairs have no answer (null)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from leancity.core.processes.expressions.errors import DEPTH, ExpressionError
from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.values import Duration, is_number, is_temporal, read, temporal

_ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def compare(op: str, left: Any, right: Any, scope: Scope) -> bool | None:
    """Return whether ``left op right`` holds (= != < <= > >=); null where the two can't be compared.

    An order against null is false: what isn't known is neither more nor less.
    """
    if op in {"=", "!="}:
        same = equal(left, right, scope)
        return same if op == "=" or same is None else not same
    if left is None or right is None:
        return False
    order = ordered(left, right, scope)
    return None if order is None else _ORDERS[op](order)


def equal(left: Any, right: Any, scope: Scope, depth: int = 1) -> bool | None:
    """Return whether two values are the same; null between values of different kinds."""
    scope.spend(1)
    left, right = alike(left, right)
    if left is None or right is None:
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        _check(depth)
        return len(left) == len(right) and all(
            equal(read(one), read(other), scope, depth + 1) for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        _check(depth)
        return left.keys() == right.keys() and all(
            equal(read(one), read(right[key]), scope, depth + 1) for key, one in left.items()
        )
    if isinstance(left, bool) and isinstance(right, bool):
        return left is right
    if isinstance(left, Duration) and isinstance(right, Duration):
        return left == right
    order = ordered(left, right, scope)
    return None if order is None else order == 0


def ordered(left: Any, right: Any, scope: Scope) -> int | None:
    """Return -1, 0 or 1 as ``left`` comes before, with or after ``right``; null where they have no order."""
    left, right = alike(left, right)
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return int(left > right) - int(left < right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        one, other = scope.aware(left), scope.aware(right)
        return (one > other) - (one < other)
    if type(left) is date and type(right) is date:
        return (left > right) - (left < right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return _durations(left, right)
    return None


def _durations(left: Duration, right: Duration) -> int | None:
    """Months and days have no order between them: a month is 28 to 31 days."""
    if left.time == right.time == timedelta(0):
        return (left.months > right.months) - (left.months < right.months)
    if left.months == right.months == 0:
        return (left.time > right.time) - (left.time < right.time)
    return 0 if left == right else None


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Read a text beside a date, a date-time or a duration as one: facts hold them as texts."""
    if isinstance(left, str) and is_temporal(right):
        return temporal(left), right
    if isinstance(right, str) and is_temporal(left):
        return left, temporal(right)
    return left, right


def _check(depth: int) -> None:
    if depth > DEPTH:
        raise ExpressionError("expression_too_deep", limit=DEPTH)
