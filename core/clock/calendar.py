"""A working calendar: whose days off, which hours, in which zone; and the working spans that follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from leancity.core.clock.days import CountryDay, DayKind, country_days
from leancity.core.clock.instants import DAY_MINUTES, local_instant, seconds_of

OFFICE = "office"
"""The key of the administration's own calendar."""
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
"""What the key of a calendar looks like."""
_SPAN = re.compile(r"(\d\d):(\d\d)[-–](\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class LocalSpan:
    """Hours of one day on the local wall clock, in minutes of the day: 0 ≤ ``opens`` < ``closes`` ≤ 1440 (24:00)."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY_MINUTES:
            raise ValueError(f"hours: {self.opens}–{self.closes} is not a span of minutes within 0–{DAY_MINUTES}")


DayHours = tuple[LocalSpan, ...]


def day_hours(text: str) -> DayHours:
    """Read ``"09:00-13:00 14:00-18:00"``; an empty text is a day without hours. ValueError: not such a text."""
    spans = []
    for word in text.split():
        if not (found := _SPAN.fullmatch(word)):
            raise ValueError(f"hours: {word!r} is not like 09:00-13:00")
        h1, m1, h2, m2 = map(int, found.groups())
        if max(m1, m2) > 59:
            raise ValueError(f"hours: {word!r} is not like 09:00-13:00")
        spans.append(LocalSpan(h1 * 60 + m1, h2 * 60 + m2))
    return _checked(tuple(spans))


def _checked(hours: DayHours) -> DayHours:
    if any(later.opens < earlier.closes for earlier, later in pairwise(hours)):
        raise ValueError("hours: the spans of a day overlap or are out of order")
    return hours


@dataclass(frozen=True, slots=True)
class DayOverride:
    """What holds on ``day`` instead of the country's calendar: a regional holiday, a decree, a Saturday worked.

    ``kind`` is full, short or holiday. ``hours``, when given, are the day's exact hours (empty: closed); otherwise the
    kind decides: a working kind keeps the weekday's hours, or an ordinary day's where the weekday has none.
    ValueError names the field at fault.
    """

    day: date
    kind: DayKind
    hours: DayHours | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.kind is DayKind.WEEKEND:
            raise ValueError("kind: an override is full, short or holiday")
        _checked(self.hours or ())


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """Uninterrupted working time. ``starts_at``/``ends_at`` are UTC, ``before`` the working seconds of the calendar
    before the span, ``ordinal`` the number of its working day (from 1), ``day`` the local date."""

    day: date
    ordinal: int
    starts_at: datetime
    ends_at: datetime
    before: int


@dataclass(frozen=True)
class WorkCalendar:
    """A plain value, hashable and storable. A *working day* of a calendar is a day on which it has working time.

    ``zone``: IANA name; ``weekly``: seven days' hours from Monday; ``country``: ISO 3166-1 alpha-2, None for a service
    that knows no days off; ``short_by``: minutes a shortened day loses at its end. ValueError names the field at fault.
    """

    zone: str
    weekly: tuple[DayHours, ...]
    country: str | None = "RU"
    short_by: int = 60
    overrides: tuple[DayOverride, ...] = ()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError) as unknown:
            raise ValueError(f"zone: {self.zone!r} is not an IANA time zone") from unknown
        if len(self.weekly) != 7:
            raise ValueError(f"weekly: seven days are needed, not {len(self.weekly)}")
        if not any(self.weekly):
            raise ValueError("weekly: at least one day needs hours")
        for hours in self.weekly:
            _checked(hours)
        if not 0 <= self.short_by <= DAY_MINUTES:
            raise ValueError(f"short_by: {self.short_by} is not within 0–{DAY_MINUTES} minutes")
        if len({override.day for override in self.overrides}) < len(self.overrides):
            raise ValueError("overrides: a day stands there twice")

    @property
    def day_seconds(self) -> int:
        """The mean length of a full working day of the week in seconds (28 800 for 40 hours in five days): the
        divisor that turns working seconds into working days."""
        lengths = [sum(span.closes - span.opens for span in hours) * 60 for hours in self.weekly if hours]
        return round(sum(lengths) / len(lengths))

    def spans(self, first_year: int, last_year: int) -> Iterator[WorkSpan]:
        """Yield the working spans from 1 January of ``first_year`` to 31 December of ``last_year``, in order.

        ValueError: the country is unknown.
        """
        zone, overrides = ZoneInfo(self.zone), {override.day: override for override in self.overrides}
        before = ordinal = 0
        for year in range(first_year, last_year + 1):
            for day in country_days(self.country, year):
                hours = self._hours(day, overrides.get(day.day))
                found = [tuple(local_instant(day.day, m, zone) for m in (span.opens, span.closes)) for span in hours]
                worked = [(start, end) for start, end in found if start < end]  # a wall clock may leap over a span
                ordinal += bool(worked)
                for start, end in worked:
                    yield WorkSpan(day.day, ordinal, start, end, before)
                    before += seconds_of(end) - seconds_of(start)

    def _hours(self, day: CountryDay, override: DayOverride | None) -> DayHours:
        """Return the local hours of a day, shortened where it is a short one."""
        if override and override.hours is not None:
            return override.hours
        kind = override.kind if override else day.kind
        if kind is DayKind.HOLIDAY:
            return ()
        hours = self.weekly[day.day.weekday() if day.hours_of is None else day.hours_of]
        if kind is DayKind.WEEKEND:
            return hours
        if not hours and (override or day.hours_of is None):
            hours = next(filter(None, self.weekly))
        return hours if kind is DayKind.FULL else _shortened(hours, self.short_by)


def _shortened(hours: DayHours, minutes: int) -> DayHours:
    """Take ``minutes`` from the end of the day, through its last spans."""
    if not hours or not minutes:
        return hours
    *rest, last = hours
    kept = last.closes - last.opens - minutes
    if kept > 0:
        return (*rest, LocalSpan(last.opens, last.closes - minutes))
    return _shortened(tuple(rest), -kept)


def round_the_clock(zone: str) -> WorkCalendar:
    """Return the calendar of a service that never closes (the duty dispatcher): all working units are clock units."""
    return WorkCalendar(zone=zone, weekly=((LocalSpan(0, DAY_MINUTES),),) * 7, country=None)
