"""Functions that make dates, date-times and durations. Their parts are asked for by a path: ``today().year``."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from leancity.core.processes.expressions.arithmetic import months_between
from leancity.core.processes.expressions.comparing import alike
from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.table import function
from leancity.core.processes.expressions.values import Duration, temporal


@function("now", 0)
def now(scope: Scope) -> Any:
    """The present, in the city's zone where whoever runs gives it, else in UTC."""
    return scope.now()


@function("today", 0)
def today(scope: Scope) -> Any:
    """The date of ``now()``."""
    return scope.now().date()


@function("date", 1, 3)
def to_date(scope: Scope, *arguments: Any) -> Any:
    """A date of a text, of a date-time (its day), or of year, month and day."""
    if len(arguments) == len(("year", "month", "day")):
        if not all(type(each) is int for each in arguments):
            return None
        try:
            return date(*arguments)
        except (ValueError, OverflowError):
            return None
    value = _time(arguments[0]) if len(arguments) == 1 else None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


@function("date and time", 1)
def date_and_time(scope: Scope, value: Any) -> Any:
    """A date-time of a text, or midnight of a date."""
    value = _time(value)
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), scope.zone()) if isinstance(value, date) else None


@function("duration", 1)
def to_duration(scope: Scope, value: Any) -> Any:
    """A duration of a text: duration("P3D"), duration("PT1H30M")."""
    value = _time(value)
    return value if isinstance(value, Duration) else None


@function("years and months duration", 2)
def years_and_months_duration(scope: Scope, one: Any, other: Any) -> Any:
    """The whole months from one date to another."""
    one, other = alike(_time(one), _time(other))
    if type(one) is not type(other) or not isinstance(one, date):
        return None
    if isinstance(one, datetime):
        one, other = scope.aware(one).astimezone(scope.zone()), scope.aware(other).astimezone(scope.zone())
    return months_between(one, other)


def _time(value: Any) -> Any:
    return temporal(value) if isinstance(value, str) else value
