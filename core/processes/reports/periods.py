"""The periods that reports are of: of a week, a month, a quarter, or any days; and the period before each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

LONGEST = timedelta(days=366)
"""Of one report: a longer one would tell of two years at once, and take as long to reckon."""
_DAY = timedelta(days=1)


class Period(StrEnum):
    """How often the city wants its reports."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, kw_only=True)
class Span:
    """The days of a report, ``first`` and ``last`` included, in the city's zone."""

    first: date
    last: date

    @property
    def until(self) -> date:
        """The day after the last."""
        return self.last + _DAY


def today() -> date:
    """Return the city's day."""
    return now().astimezone(current_tenant().zone_info).date()


def checked(first: date, last: date) -> Span:
    """Return the span of two days; refuse days that are the wrong way round, not begun yet, or too far apart.

    It ends today where it would go on: else half a month would be held against a whole one.
    """
    if first > last:
        raise refuse("period_backwards", "since")
    if first > today():
        raise refuse("owner_report_future", "since")
    if last - first >= LONGEST:
        raise refuse("owner_report_long", "until", limit=LONGEST.days)
    return Span(first=first, last=min(last, today()))


def last_ended(period: Period, day: date) -> Span:
    """Return the latest period that has ended before ``day``."""
    begun = _begin(period, day)
    last = begun - _DAY
    return Span(first=_begin(period, last), last=last)


def before(span: Span) -> Span:
    """Return the period before: the whole one before of whole weeks, months and quarters, else as many days."""
    for period in Period:
        if _begin(period, span.first) == span.first and _begin(period, span.until) == span.until:
            previous = last_ended(period, span.first)
            if last_ended(period, span.until) == span:
                return previous
    return Span(first=span.first - (span.until - span.first), last=span.first - _DAY)


def _begin(period: Period, day: date) -> date:
    """Return the first day of the period that ``day`` lies in."""
    match period:
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.QUARTER:
            return date(day.year, day.month - (day.month - 1) % 3, 1)
