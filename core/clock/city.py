"""The calendar of the city being served, from its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from leancity.core.audit.log import record
from leancity.core.clock.calendar import OFFICE, DayOverride, WorkCalendar, day_hours
from leancity.core.clock.days import DayKind
from leancity.core.clock.instants import local_instant
from leancity.core.clock.tables import CalendarDay, WorkHours
from leancity.core.clock.work_clock import WorkClock, work_clock
from leancity.core.customs.journal import BY_HAND, Cause, lock_city, note
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

FIRST_YEAR = 2000
"""No case is older, and readings of the clock count from here."""
YEARS_AHEAD = 5
HOURS = "core.calendar"
CALENDARS = "core.calendars"
"""Further calendars of the city: a duty service works otherwise than the office."""
DAYS = "core.calendar_days"
CHANGE = "core.settings.change"
READINGS = "core.processes.recompute_readings"
"""The job that computes stored readings of the clock anew (``core.processes.figures.readings``)."""
_KNOWN = "core.clock.calendar"
OFFICE_WEEK = ("09:00-13:00 14:00-18:00",) * 5 + ("", "")


async def city_calendar(key: str = OFFICE) -> WorkCalendar:
    """Return a calendar of the city in its zone; the office's is five days of eight hours where the city set none."""
    async with tenant_tx() as unit:
        if (_KNOWN, key) not in unit.known:  # a step of a process asks for it at every term
            unit.known[_KNOWN, key] = await _read_calendar(key)
        calendar: WorkCalendar = unit.known[_KNOWN, key]
    return calendar


async def _read_calendar(key: str) -> WorkCalendar:
    row = await WorkHours.objects().where(WorkHours.key == key).first()
    days = await CalendarDay.objects().where(CalendarDay.calendar == key).order_by(CalendarDay.day)
    if row is None and key != OFFICE:
        raise refuse("not_found", "calendar")
    return WorkCalendar(
        zone=current_tenant().zone,
        weekly=tuple(day_hours(hours) for hours in (row.weekly if row else OFFICE_WEEK)),
        country=(row.country or None) if row else "RU",
        short_by=row.short_by if row else 60,
        overrides=tuple(
            DayOverride(day.day, DayKind(day.kind), None if day.hours is None else day_hours(day.hours), day.reason)
            for day in days
        ),
    )


async def city_clock(key: str = OFFICE) -> WorkClock:
    """Return the work clock of a calendar of the city, from 2000 to five years ahead."""
    calendar = await city_calendar(key)
    # A clock that nobody has built yet takes some tenths of a second.
    return await asyncio.to_thread(work_clock, calendar, FIRST_YEAR, now().year + YEARS_AHEAD)


async def own_hours(key: str = OFFICE) -> dict[str, Any] | None:
    """Return a calendar's hours as the city has set them (``weekly``, ``country``, ``short_by``), None if it hasn't."""
    async with tenant_tx():
        row = await WorkHours.objects().where(WorkHours.key == key).first()
    return None if row is None else _week(row)


async def further_hours() -> dict[str, dict[str, Any]]:
    """Return the hours of the city's calendars beside the office's, by key."""
    async with tenant_tx():
        rows = await WorkHours.objects().where(WorkHours.key != OFFICE).order_by(WorkHours.key)
    return {row.key: _week(row) for row in rows}


def _week(row: WorkHours) -> dict[str, Any]:
    return {"weekly": [*row.weekly], "country": row.country, "short_by": row.short_by}


async def own_days() -> dict[str, dict[str, Any]]:
    """Return the days that differ (``kind``, ``reason`` and, where it has its own, ``hours``), by ``day_key``."""
    async with tenant_tx():
        rows = await CalendarDay.objects().order_by(CalendarDay.calendar).order_by(CalendarDay.day)
    return {day_key(row.day, row.calendar): _shown(row) for row in rows}


def day_key(day: date, calendar: str = OFFICE) -> str:
    """Return how a day that differs is called: its date, of another calendar than the office's behind the key."""
    return day.isoformat() if calendar == OFFICE else f"{calendar}/{day.isoformat()}"


def _shown(row: CalendarDay) -> dict[str, Any]:
    hours = {} if row.hours is None else {"hours": row.hours}
    return {"kind": row.kind, "reason": row.reason, **hours}


async def set_hours(
    weekly: Sequence[str], country: str, short_by: int, cause: Cause = BY_HAND, *, key: str = OFFICE
) -> None:
    """Set a calendar's hours: seven texts from Monday (``"09:00-13:00 14:00-18:00"``), the country whose days off hold.

    ``country`` is ISO 3166-1 alpha-2, "" for none; ``short_by`` the minutes a shortened day loses. Terms
    already promised stay as they were promised.
    """
    current_principal().require(CHANGE)
    try:
        week = tuple(day_hours(hours) for hours in weekly)
        calendar = WorkCalendar(zone=current_tenant().zone, weekly=week, country=country or None, short_by=short_by)
        next(calendar.spans(now().year, now().year))
    except ValueError as error:
        raise refuse("calendar_invalid", "weekly", reason=str(error)) from error
    async with tenant_tx(write=True):
        await lock_city()
        before = await own_hours(key)
        row = await WorkHours.objects().where(WorkHours.key == key).first() or WorkHours(key=key)
        row.weekly, row.country, row.short_by = list(weekly), country, short_by
        await row.save()
        await _note_hours(key, before, cause)
        await record("core.calendar.changed", "work_hours", row.id)


async def clear_hours(cause: Cause = BY_HAND, *, key: str = OFFICE) -> None:
    """Let the office have the hours that it would have without the city's own; another calendar is there no more."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        await lock_city()
        before = await own_hours(key)
        await WorkHours.delete().where(WorkHours.key == key)
        await _note_hours(key, before, cause)
        await record("core.calendar.changed", "work_hours")


async def _note_hours(key: str, before: dict[str, Any] | None, cause: Cause) -> None:
    await _read_anew(key)
    after = await own_hours(key)
    if after == before:
        return
    if key != OFFICE:
        await note(CALENDARS, key, before, after, cause)
    else:
        await note(HOURS, "", before, after, cause)
        await _readings_changed(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))


async def override_day(
    day: date, kind: str, reason: str, hours: str | None = None, cause: Cause = BY_HAND, *, calendar: str = OFFICE
) -> None:
    """Let ``day`` differ from the country's calendar, in one of the city's; a second call replaces the first.

    Terms already promised stay.
    """
    current_principal().require(CHANGE)
    try:
        DayOverride(day, DayKind(kind), None if hours is None else day_hours(hours), reason)
    except ValueError as error:
        raise refuse("calendar_invalid", "day", reason=str(error)) from error
    async with tenant_tx(write=True):
        await lock_city()
        if calendar != OFFICE and await own_hours(calendar) is None:
            raise refuse("not_found", "calendar")
        before = (await own_days()).get(day_key(day, calendar))
        await _forget_day(day, calendar)
        await CalendarDay(calendar=calendar, day=day, kind=kind, hours=hours, reason=reason).save()
        await _note_day(day, calendar, before, cause)
        await record("core.calendar.changed", "calendar_day", day=day_key(day, calendar), kind=kind)


async def clear_day(day: date, cause: Cause = BY_HAND, *, calendar: str = OFFICE) -> None:
    """Let ``day`` be as the country's calendar has it; one that never differed is no error."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        await lock_city()
        before = (await own_days()).get(day_key(day, calendar))
        await _forget_day(day, calendar)
        await _note_day(day, calendar, before, cause)
        await record("core.calendar.changed", "calendar_day", day=day_key(day, calendar))


async def _forget_day(day: date, calendar: str) -> None:
    await CalendarDay.delete().where((CalendarDay.calendar == calendar) & (CalendarDay.day == day))


async def _note_day(day: date, calendar: str, before: dict[str, Any] | None, cause: Cause) -> None:
    await _read_anew(calendar)
    after = (await own_days()).get(day_key(day, calendar))
    if after == before:
        return
    await note(DAYS, day_key(day, calendar), before, after, cause)
    if calendar == OFFICE:
        await _readings_changed(local_instant(day, 0, current_tenant().zone_info))


async def _read_anew(calendar: str) -> None:
    """Let the open unit, which has changed a calendar, not go by what it had read of it."""
    async with tenant_tx(write=True) as unit:
        unit.known.pop((_KNOWN, calendar), None)


async def _readings_changed(since: datetime) -> None:
    """Let what was read off the clock after ``since`` be read anew, in the order of the changes."""
    await enqueue(READINGS, {"since": since.isoformat()}, order_key=READINGS, queue="bulk")
