"""Functions over numbers, and over lists of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import reduce
from typing import Any

from leancity.core.processes.expressions.arithmetic import numbers
from leancity.core.processes.expressions.comparing import ordered
from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.table import ANY_NUMBER, function, listed
from leancity.core.processes.expressions.values import EXACT, Duration, checked, is_number, number, read

_SCALES = range(-18, 13)


@function("sum", 1, ANY_NUMBER)
def total(scope: Scope, *arguments: Any) -> Any:
    """The sum of a list of numbers; null of an empty one, or where something else is among them."""
    found = [read(each) for each in listed(arguments, scope) or ()]
    if not found or not all(is_number(each) for each in found):
        return None
    return reduce(lambda one, other: numbers("+", one, other), found)


@function("mean", 1, ANY_NUMBER)
def mean(scope: Scope, *arguments: Any) -> Any:
    """The mean of a list of numbers."""
    whole = total(scope, *arguments)
    return None if whole is None else numbers("/", whole, len(listed(arguments, scope) or ()))


@function("min", 1, ANY_NUMBER)
def least(scope: Scope, *arguments: Any) -> Any:
    """The least of a list: numbers, texts, dates or durations, all of one kind."""
    return _extreme(listed(arguments, scope), scope, -1)


@function("max", 1, ANY_NUMBER)
def most(scope: Scope, *arguments: Any) -> Any:
    """The greatest of a list."""
    return _extreme(listed(arguments, scope), scope, 1)


def _extreme(found: list[Any] | None, scope: Scope, sign: int) -> Any:
    if not found:
        return None
    best = read(found[0])
    for each in map(read, found):
        order = ordered(each, best, scope)
        if order is None:
            return None
        best = each if order == sign else best
    return best


@function("abs", 1)
def absolute(scope: Scope, value: Any) -> Any:
    """A number or a duration without its sign."""
    if isinstance(value, Duration):
        return checked(Duration(abs(value.months), abs(value.time)))
    return abs(value) if is_number(value) else None


@function("modulo", 2)
def modulo(scope: Scope, value: Any, by: Any) -> Any:
    """What a division leaves, with the sign of the divisor; null by zero."""
    if not is_number(value) or not is_number(by) or not by:
        return None
    if isinstance(value, int) and isinstance(by, int):
        return value % by
    try:
        rest = EXACT.remainder(Decimal(value), Decimal(by))
    except InvalidOperation:
        return None
    return number(EXACT.add(rest, Decimal(by)) if rest and (rest < 0) != (by < 0) else rest)


def _rounding(feel: str, rounding: str) -> Callable[..., Any]:
    @function(feel, 1, 2)
    def rounded(scope: Scope, value: Any, scale: Any = 0) -> Any:
        if not is_number(value) or not isinstance(scale, int) or scale not in _SCALES:
            return None
        return number(Decimal(value).quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=EXACT))

    return rounded


round_half_even = _rounding("round half even", ROUND_HALF_EVEN)
round_half_up = _rounding("round half up", ROUND_HALF_UP)
floor = _rounding("floor", ROUND_FLOOR)
ceiling = _rounding("ceiling", ROUND_CEILING)
