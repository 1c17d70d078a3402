"""When a process begins by itself: the moments that the timer of its start names, on the clock of a city.

BPMN's own notation: ``timeDate`` is one moment, ``timeCycle`` a series with its first, ``R/2027-01-11T09:00/P1Y``
(``R5/…``: five of them). A moment without an offset is told by the wall clock: nine in the morning stays nine in the
morning. Every moment is counted from the first, so the 31st is the last of each month and does not slip to the 28th.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.bpmn.speech import constant, is_readable
from leancity.core.processes.expressions.parsing import parse

OFTENEST = timedelta(hours=1)
"""Between two moments: each begins a case."""

_SERIES = re.compile(r"R(\d{0,6})/([^/]+)/([^/]+)")
_PERIOD = re.compile(
    r"P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?"
)
_MONTH = timedelta(days=30.436875)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Moments from ``first`` on, ``months`` and ``more`` apart; ``times`` is how many there are, None for no end."""

    first: datetime
    months: int = 0
    more: timedelta = timedelta(0)
    times: int | None = None

    @property
    def period(self) -> timedelta:
        """About how long it is from one to the next."""
        return self.months * _MONTH + self.more

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first moment after another, in UTC; None where none follows."""
        place = self._place(moment, zone)
        return None if self.times is not None and place >= self.times else self._at(place, zone)

    def last(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the last moment that is not after another, in UTC; None where there was none."""
        place = self._place(moment, zone)
        place = place if self.times is None else min(place, self.times)
        return None if place == 0 else self._at(place - 1, zone)

    def _place(self, moment: datetime, zone: ZoneInfo) -> int:
        """Return how many moments, of an endless series, are not after another."""
        first = self._at(0, zone) or moment
        if first > moment:
            return 0
        if self.times == 1:
            return 1
        place = max(0, int((moment - first) / self.period) - 2)  # months differ; no nearer guess is needed
        while (at := self._at(place, zone)) is not None and at <= moment:
            place += 1
        return place

    def _at(self, place: int, zone: ZoneInfo) -> datetime | None:
        """Return a moment of an endless series in UTC, None behind the end of calendars."""
        months = self.first.year * 12 + self.first.month - 1 + place * self.months
        year, month = divmod(months, 12)
        if year > date.max.year:
            return None
        day = min(self.first.day, calendar.monthrange(year, month + 1)[1])
        try:
            moved = self.first.replace(year=year, month=month + 1, day=day) + place * self.more
        except OverflowError:
            return None
        return (moved if moved.tzinfo is not None else moved.replace(tzinfo=zone)).astimezone(UTC)


def start_of(nodes: Iterable[Node]) -> Node | None:
    """Return, of a process's nodes, its start where that has a timer of one moment or of a series."""
    starts = (node for node in nodes if node.type == "startEvent" and not node.parent and node.timer is not None)
    return next((node for node in starts if node.timer and node.timer.kind in ("date", "cycle")), None)


def series_of(node: Node) -> Series | None:
    """Return the moments that the timer of a start names, None where it names none."""
    timer = node.timer
    if timer is None or not is_readable(timer.text):
        return None
    text = constant(parse(timer.text))
    try:
        if text is None:
            return None
        return Series(first=datetime.fromisoformat(text), times=1) if timer.kind == "date" else _series(text)
    except (ValueError, OverflowError):
        return None


def _series(text: str) -> Series:
    found = _SERIES.fullmatch(text.strip())
    period = found and _PERIOD.fullmatch(found[3].strip())
    if found is None or period is None:
        raise ValueError(text)
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in period.groups())
    series = Series(
        first=datetime.fromisoformat(found[2].strip()),
        months=12 * years + months,
        more=timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes),
        times=int(found[1]) if found[1] else None,
    )
    if series.period < OFTENEST or series.times == 0:
        raise ValueError(text)
    return series
