"""The work clock: it runs while a calendar works and stands still otherwise.

A reading is the number of working seconds since the clock's first day, so a working duration is the difference of two
readings, each one binary search. Readings may be stored: they stay the same when later years are added, never when the
first year changes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from leancity.core.clock.calendar import WorkCalendar, WorkSpan
from leancity.core.clock.instants import local_day, local_instant, seconds_of, utc_of
from leancity.core.clock.scale import Scale


class OutsideCalendarError(ValueError):
    """A moment, day or reading lies where the calendar isn't computed; a number would be silently wrong."""


class WorkClock(Scale):
    """A scale of working seconds over the local days ``first``–``last``, both included.

    ``spans`` are those of a calendar, in order; ``day_seconds`` is what one working day is worth when working seconds
    are told in days. ValueError: the spans are not in order.
    """

    def __init__(self, zone: str, first: date, last: date, day_seconds: int, spans: Iterable[WorkSpan]) -> None:
        self.zone = ZoneInfo(zone)
        self.first, self.last, self.day_seconds = first, last, day_seconds
        self.begins, self.ends = self.midnight(first), self.midnight(last + timedelta(days=1))
        self._starts, self._ends, self._before = array("q"), array("q"), array("q")
        self._days, self._opens, self._closes = array("l"), array("q"), array("q")
        self._total = 0
        for span in spans:
            self._append(span)

    def _append(self, span: WorkSpan) -> None:
        start, end, day = seconds_of(span.starts_at), seconds_of(span.ends_at), span.day.toordinal()
        if not (start < end and self._end_of_spans() <= start and span.before == self._total):
            raise ValueError(f"spans: {span.starts_at.isoformat()} is out of order")
        self._starts.append(start)
        self._ends.append(end)
        self._before.append(self._total)
        self._total += end - start
        if self._days and self._days[-1] == day:
            self._closes[-1] = end
        else:
            self._days.append(day)
            self._opens.append(start)
            self._closes.append(end)

    def _end_of_spans(self) -> int:
        return self._ends[-1] if self._ends else seconds_of(self.begins)

    def reading(self, at: datetime) -> int:
        """Return the working seconds from the clock's first day to ``at``.

        OutsideCalendarError: ``at`` is beyond the clock's days. ValueError: it carries no zone.
        """
        seconds = self._inside(at)
        index = bisect_right(self._starts, seconds) - 1
        return self._before[index] + min(seconds, self._ends[index]) - self._starts[index] if index >= 0 else 0

    def moment(self, reading: int) -> datetime:
        """Return the earliest moment with this reading: a closing time rather than the next opening."""
        if not 0 <= reading <= self._total:
            raise OutsideCalendarError(
                f"reading {reading} is outside the work clock 0–{self._total} s; {self._range()}"
            )
        index = bisect_left(self._before, reading) - 1
        return utc_of(self._starts[index] + reading - self._before[index]) if index >= 0 else self.begins

    def days_closed(self, at: datetime) -> int:
        """Return how many working days have ended by ``at``, since the clock's first day."""
        return bisect_right(self._closes, self._inside(at))

    def closing(self, number: int) -> datetime:
        """Return when the working day of this number (from 1) ends; 0 is the clock's beginning."""
        if not 0 <= number <= len(self._days):
            raise OutsideCalendarError(f"working day {number} is outside the calendar; {self._range()}")
        return utc_of(self._closes[number - 1]) if number else self.begins

    def is_working_day(self, day: date) -> bool:
        """Tell whether the calendar has working time on the local ``day``."""
        return self._working_days_to(day) > self._working_days_to(day - timedelta(days=1))

    def opens_at(self, day: date) -> datetime:
        """Return when the working day ``day`` opens. ValueError: it is a day off."""
        return utc_of(self._opens[self._working(day)])

    def closes_at(self, day: date) -> datetime:
        """Return when the working day ``day`` ends. ValueError: it is a day off."""
        return utc_of(self._closes[self._working(day)])

    def add_working_days(self, day: date, amount: int) -> date:
        """Return the ``amount``-th working day after ``day`` (before it, when negative); 0 is ``day`` itself."""
        if amount == 0:
            return day
        known = self._working_days_to(day)
        index = known + amount - 1 if amount > 0 else known + amount - self.is_working_day(day)
        if not 0 <= index < len(self._days):
            raise OutsideCalendarError(f"{amount} working days from {day} lead outside the calendar; {self._range()}")
        return date.fromordinal(self._days[index])

    def working_days_between(self, start: date, end: date) -> int:
        """Return the number of working days after ``start`` up to and including ``end``; negative when it is earlier.

        The inverse of ``add_working_days`` wherever that lands.
        """
        return self._working_days_to(end) - self._working_days_to(start)

    def midnight(self, day: date) -> datetime:
        """Return, in UTC, the moment the local ``day`` begins."""
        return local_instant(day, 0, self.zone)

    def day_of(self, at: datetime) -> date:
        """Return the local date at ``at``."""
        return local_day(at, self.zone)

    def last_day(self, due_at: datetime) -> date:
        """Return the last local day of a term that ends at ``due_at``: 24:00 belongs to the day it closes."""
        day = self.day_of(due_at)
        return day - timedelta(days=1) if due_at == self.midnight(day) else day

    def _working(self, day: date) -> int:
        if not self.is_working_day(day):
            raise ValueError(f"{day} is a day off")
        return self._working_days_to(day) - 1

    def _working_days_to(self, day: date) -> int:
        if not self.first - timedelta(days=1) <= day <= self.last:
            raise OutsideCalendarError(f"{day} is outside the calendar; {self._range()}")
        return bisect_right(self._days, day.toordinal())

    def _inside(self, at: datetime) -> int:
        seconds = seconds_of(at)
        if not self.begins <= at <= self.ends:
            raise OutsideCalendarError(f"{at.isoformat()} is outside the calendar; {self._range()}")
        return seconds

    def _range(self) -> str:
        return f"it holds {self.first} to {self.last} ({self.zone.key})"


@lru_cache(maxsize=128)
def work_clock(calendar: WorkCalendar, first_year: int, last_year: int) -> WorkClock:
    """Return the clock of a calendar, cached. Readings count from 1 January of ``first_year``, local time.

    ValueError: the years are out of order, or the country is unknown.
    """
    if first_year > last_year:
        raise ValueError(f"first_year: {first_year} is after {last_year}")
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    return WorkClock(calendar.zone, first, last, calendar.day_seconds, calendar.spans(first_year, last_year))
