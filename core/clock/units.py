"""The four units in which a city counts its terms, and the scales on which each is counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from math import inf

from leancity.core.clock.scale import ClockSeconds, Scale
from leancity.core.clock.work_clock import WorkClock


class DeadlineUnit(StrEnum):
    """A term's unit; «working» follows the calendar, the others the wall."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    CLOCK_HOURS = "clock_hours"

    @property
    def in_days(self) -> bool:
        """Whether a term in this unit ends with a day."""
        return self in (DeadlineUnit.CALENDAR_DAYS, DeadlineUnit.WORKING_DAYS)

    @property
    def working(self) -> bool:
        """Whether the unit stands still outside working time."""
        return self in (DeadlineUnit.WORKING_DAYS, DeadlineUnit.WORKING_HOURS)


class _EndedDays(Scale):
    """Counts days that have ended; a term in days runs to the end of its last day."""

    def __init__(self, clock: WorkClock) -> None:
        self._clock = clock

    def later(self, at: datetime, amount: int) -> datetime:
        """Return the end of the ``amount``-th day after the one that ``at`` lies in or closes; unmoved by 0."""
        if not amount:
            return at
        return super().later(self._clock.midnight(self._clock.last_day(at) + timedelta(days=1)), amount)


class CalendarDays(_EndedDays):
    """Local calendar days, each ending at 24:00."""

    def reading(self, at: datetime) -> int:
        """Return the ordinal of the local day, which grows by one as each day ends."""
        return self._clock.day_of(at).toordinal()

    def moment(self, reading: int) -> datetime:
        """Return the midnight with which the day before that one ended."""
        return self._clock.midnight(date.fromordinal(reading))


class WorkingDays(_EndedDays):
    """Working days of the calendar, each ending at its closing time."""

    def reading(self, at: datetime) -> int:
        """Return the number of working days that have ended at ``at``."""
        return self._clock.days_closed(at)

    def moment(self, reading: int) -> datetime:
        """Return the closing time of that working day."""
        return self._clock.closing(reading)


def seconds_scale(unit: DeadlineUnit, clock: WorkClock) -> Scale:
    """Return the scale of seconds beneath a unit: working seconds or plain ones."""
    return clock if unit.working else ClockSeconds()


def scale(unit: DeadlineUnit, clock: WorkClock) -> Scale:
    """Return the scale on which terms in ``unit`` fall due: ended days, or seconds for units of hours."""
    if unit is DeadlineUnit.CALENDAR_DAYS:
        return CalendarDays(clock)
    if unit is DeadlineUnit.WORKING_DAYS:
        return WorkingDays(clock)
    return seconds_scale(unit, clock)


def seconds_in(unit: DeadlineUnit, clock: WorkClock) -> int:
    """Return how many seconds of its own kind one unit holds: 86 400, the calendar's working day, or 3 600."""
    if not unit.in_days:
        return 3600
    return clock.day_seconds if unit.working else 86400


def on_scale(amount: float, unit: DeadlineUnit) -> int:
    """Return an amount of ``unit`` in steps of its ``scale``: days as they are, hours in seconds."""
    return int(amount) if unit.in_days else round(amount * 3600)


def check_amount(amount: float, unit: DeadlineUnit) -> None:
    """ValueError: ``amount`` is not a number above zero, or is a fraction of a day."""
    if not 0 < amount < inf:
        raise ValueError(f"amount: {amount} is not a number above zero")
    if unit.in_days and amount != int(amount):
        raise ValueError(f"amount: {amount} is not a whole number of days")
