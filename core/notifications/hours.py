"""When somebody may be written to: quiet hours and digests, on the wall clock of a zone, changes of time included."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATEST = timedelta(minutes=1)
"""A digest that is due sooner may be under way already: what comes then waits for the next."""


def quiet_until(moment: datetime, quiet_from: int, quiet_to: int, zone: ZoneInfo) -> datetime | None:
    """Return when the quiet hours that ``moment`` lies in end, in UTC; None outside them.

    They last from minute ``quiet_from`` of a day to ``quiet_to``, over midnight where that is the smaller.
    """
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    over_midnight = quiet_from > quiet_to
    is_late, is_early = minute >= quiet_from, minute < quiet_to
    if not (is_late or is_early if over_midnight else is_late and is_early):
        return None
    day = local.date() + timedelta(days=1 if over_midnight and is_late else 0)
    end = _at(datetime.combine(day, _time(quiet_to)), zone)
    if end <= moment:  # the hour comes twice that night, and this is the second time
        end = datetime.combine(day, _time(quiet_to), zone).replace(fold=1).astimezone(UTC)
    return end


def next_digest(moment: datetime, hour: int, weekday: int | None, zone: ZoneInfo) -> datetime:
    """Return the next digest after ``moment``, in UTC: every day at ``hour``, or on a ``weekday`` (Monday is 0)."""
    local = moment.astimezone(zone)
    for days in range(9):
        day = local.date() + timedelta(days=days)
        if weekday is None or day.weekday() == weekday:
            slot = _at(datetime.combine(day, time(hour)), zone)
            if slot > moment + LATEST:
                return slot
    raise AssertionError("a week has every weekday")


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _at(local: datetime, zone: ZoneInfo) -> datetime:
    """Return a wall clock's moment: the first where it comes twice, and one that is left out an hour later."""
    return local.replace(tzinfo=zone).astimezone(UTC)
