"""+ - * / ** over numbers, texts, dates and durations; what can't be reckoned is null."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from leancity.core.processes.expressions.comparing import alike
from leancity.core.processes.expressions.errors import NUMBER, ExpressionError
from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.values import EXACT, Duration, checked, is_number, number, sized

_EXACT: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": EXACT.divide,
    "**": EXACT.power,
}


def reckon(op: str, left: Any, right: Any, scope: Scope) -> Any:
    """Return ``left op right``, null where it has no value. Raises ``ExpressionError``: it is past the bounds."""
    if is_number(left) and is_number(right):
        return numbers(op, left, right)
    left, right = alike(left, right)
    try:
        return _others(op, left, right, scope)
    except OverflowError:
        raise ExpressionError("expression_value_too_big", limit=date.max.isoformat()) from None


def numbers(op: str, left: int | Decimal, right: int | Decimal) -> int | Decimal | None:
    """Reckon with numbers; a division by zero is null."""
    try:
        return number(_EXACT[op](Decimal(left), Decimal(right)))
    except Overflow:
        raise ExpressionError("expression_value_too_big", limit=NUMBER) from None
    except (DivisionByZero, InvalidOperation):
        return None


def _others(op: str, left: Any, right: Any, scope: Scope) -> Any:
    match op, left, right:
        case "+", str(), str():
            return sized(left + right)
        case "+", date(), Duration():
            return _moved(left, right, 1)
        case "+", Duration(), date():
            return _moved(right, left, 1)
        case "-", date(), Duration():
            return _moved(left, right, -1)
        case "-", datetime(), datetime():
            return Duration(0, scope.aware(left) - scope.aware(right))
        case "-", date(), date() if type(left) is type(right):
            return Duration(0, left - right)
        case (("+" | "-"), Duration(), Duration()):
            return _joined(left, right, 1 if op == "+" else -1)
        case "*", Duration(), _ if is_number(right):
            return _times(left, Decimal(right))
        case "*", _, Duration() if is_number(left):
            return _times(right, Decimal(left))
        case "/", Duration(), _ if is_number(right) and right:
            return _times(left, EXACT.divide(Decimal(1), Decimal(right)))
    return None


def _joined(left: Duration, right: Duration, sign: int) -> Duration | None:
    """A sum of a year and minus a day would be neither more nor less than nothing: null."""
    months, time = left.months + sign * right.months, left.time + sign * right.time
    return None if months * time.total_seconds() < 0 else checked(Duration(months, time))


def _times(duration: Duration, factor: Decimal) -> Duration:
    return checked(Duration(int(duration.months * factor), duration.time * float(factor)))


def _moved(at: date, by: Duration, sign: int) -> date:
    """Return a date (or date-time) moved: first by months, to the month's last day at most, then by the clock."""
    months = at.year * 12 + at.month - 1 + sign * by.months
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    at = at.replace(year=year, month=month + 1, day=day)
    if isinstance(at, datetime):
        return at + sign * by.time
    return (datetime.combine(at, time()) + sign * by.time).date()


def months_between(one: date, other: date) -> Duration:
    """Return the whole months from ``one`` to ``other``."""
    months = (other.year - one.year) * 12 + other.month - one.month
    if months > 0 and _moved(one, Duration(months, timedelta()), 1) > other:
        months -= 1
    elif months < 0 and _moved(one, Duration(months, timedelta()), 1) < other:
        months += 1
    return Duration(months, timedelta())
