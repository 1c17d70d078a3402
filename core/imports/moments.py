"""Times of another system as moments.

A time written with its zone is taken as it is. One without is a wall clock time of the source's zone, and there are two
hours a year at which a wall clock is no good witness:

* a time that the clock showed twice is taken the first time, unless that lies before a moment that it can't precede
  (a closing before its filing): then the second time;
* a time that the clock leapt over is the moment of the leap (with the seconds beyond the minute added).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from leancity.core.clock.instants import local_instant
from leancity.core.imports.mapping import ISO


def wall_clock(formats: Sequence[str]) -> Callable[[str], datetime | None]:
    """Return the reader of written times; it returns None for what fits no format."""

    def read(text: str) -> datetime | None:
        for pattern in formats:
            try:
                if pattern == ISO:
                    return datetime.fromisoformat(text)
                return datetime.strptime(text, pattern)  # noqa: DTZ007 - the source's zone is given by the caller
            except ValueError:
                continue
        return None

    return read


def moment_of(written: datetime, zone: ZoneInfo, not_before: datetime | None = None) -> datetime:
    """Return a written time as a moment in UTC; ``OverflowError`` beyond the years 1–9999."""
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    within = timedelta(seconds=written.second, microseconds=written.microsecond)
    first = local_instant(written.date(), written.hour * 60 + written.minute, zone) + within
    if not_before is not None and first < not_before:
        return max(first, written.replace(tzinfo=zone, fold=1).astimezone(UTC))
    return first
