"""When a timer falls due: ISO 8601 dates, durations and repeats, and moments that the city's calendar gives.

Nothing here asks the clock of the machine: a step is told its moment.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.safe_engine import element_of, value_of
from leancity.core.processes.engine.spiff import Task

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_DURATION = re.compile(
    rf"P(?:(\d{{1,4}})Y)?(?:(\d{{1,5}})M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_CYCLE = re.compile(r"R(\d{0,6})/([^/]+)(?:/([^/]+))?")
_SECONDS = (604_800, 86_400, 3_600, 60, 1)
ENDLESS = -1


def due_of(task: Task, expression: str) -> datetime:
    """Return when a timer set at the step's moment falls due (UTC); StepError: the expression gives no such moment."""
    value = value_of(task, expression)
    try:
        return _moment(task, value)
    except (ValueError, OverflowError):
        raise StepError("process_timer_unreadable", element_of(task)) from None


def cycle_of(task: Task, expression: str) -> tuple[datetime, str, int]:
    """Return a repeating timer's first moment (UTC), the duration between two, and how often it goes off
    (``ENDLESS``: until its activity is over). StepError: it is none."""
    value = value_of(task, expression)
    found = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if found is None:
            raise ValueError(value)
        times = int(found[1]) if found[1] else ENDLESS
        at = task.workflow.top_workflow.at
        if plus(at, found[3] or found[2]) <= at:
            raise ValueError(value)
        if found[3] is None:
            return plus(at, found[2]), found[2], times
        return _moment(task, found[2]), found[3], times
    except (ValueError, OverflowError):
        raise StepError("process_timer_unreadable", element_of(task)) from None


def plus(moment: datetime, duration: str) -> datetime:
    """Return the moment an ISO 8601 duration after another; a month later is the same day, or the month's last.

    ValueError: it is no duration or longer than calendars reach.
    """
    found = _DURATION.fullmatch(duration.strip())
    if found is None or not any(found.groups()) or duration.strip().endswith("T"):
        raise ValueError(duration)
    years, months, *rest = found.groups()
    moved = _months_later(moment, int(years or 0) * 12 + int(months or 0))
    seconds = sum(float(part.replace(",", ".")) * unit for part, unit in zip(rest, _SECONDS, strict=True) if part)
    try:
        return moved + timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(duration) from None


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if year > date.max.year:
        raise ValueError(months)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _moment(task: Task, value: Any) -> datetime:
    match value:
        case datetime():
            return _aware(task, value)
        case date():
            return _aware(task, datetime.combine(value, time.min))
        case timedelta():
            moment: datetime = task.workflow.top_workflow.at + value
            return moment
        case str() if value.strip().startswith("P"):
            return plus(task.workflow.top_workflow.at, value)
        case str():
            return _aware(task, datetime.fromisoformat(value.strip()))
        case _:
            raise ValueError(type(value).__name__)


def _aware(task: Task, moment: datetime) -> datetime:
    """Return a moment in UTC; one without an offset is on the clock of the city (``local`` of the functions)."""
    if moment.tzinfo is None:
        local = task.workflow.top_workflow.functions.get("local")
        moment = moment.replace(tzinfo=UTC) if local is None else local(moment)
    return moment.astimezone(UTC)
