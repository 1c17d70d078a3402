"""Moments as whole seconds of UTC, and the one translation from a local wall clock to a moment.

Everything outside this file that needs a zone asks here, so summer time is handled once.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def seconds_of(at: datetime) -> int:
    """Return the whole seconds from 1970-01-01T00:00Z to ``at``, rounded down.

    ValueError: ``at`` carries no zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"a moment needs a zone: {at.isoformat()}")
    return (at - _EPOCH) // _SECOND


def utc_of(seconds: int) -> datetime:
    """Return the moment ``seconds`` after 1970-01-01T00:00Z, in UTC: the inverse of ``seconds_of``."""
    return _EPOCH + timedelta(seconds=seconds)


def local_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return, in UTC, the first moment at which the wall clock of ``zone`` shows ``minute`` (0–1440) of ``day``.

    1440 is 24:00, the next day's midnight. A time that the wall clock shows twice is taken the first time; one that it
    leaps over is the moment of the leap. So the answer never decreases as the minutes of a day grow, and neighbouring
    spans stay neighbours across a change of the clock.
    """
    wall = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
    before, after = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:
        return before
    early, late = seconds_of(after), seconds_of(before)
    return utc_of(early + bisect_left(range(early, late), True, key=lambda s: utc_of(s).astimezone(zone) >= wall))


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the date on the wall in ``zone`` at the moment ``at``.

    ValueError: ``at`` carries no zone.
    """
    return utc_of(seconds_of(at)).astimezone(zone).date()
