"""The calendar of the city being served, from its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from leancity.core.audit.log import record
from leancity.core.clock.calendar import DayOverride, WorkCalendar, day_hours
from leancity.core.clock.days import DayKind
from leancity.core.clock.tables import CalendarDay, WorkHours
from leancity.core.clock.work_clock import WorkClock, work_clock
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

FIRST_YEAR = 2000
"""No case is older, and readings of the clock count from here."""
YEARS_AHEAD = 5
OFFICE = "office"
CHANGE = "core.settings.change"
OFFICE_WEEK = ("09:00-13:00 14:00-18:00",) * 5 + ("", "")


async def city_calendar(key: str = OFFICE) -> WorkCalendar:
    """Return a calendar of the city in its zone; the office's is five days of eight hours where the city set none."""
    async with tenant_tx():
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


async def set_hours(weekly: Sequence[str], country: str, short_by: int) -> None:
    """Set the office's hours: seven texts from Monday (``"09:00-13:00 14:00-18:00"``), the country whose days off hold.

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
        row = await WorkHours.objects().where(WorkHours.key == OFFICE).first() or WorkHours(key=OFFICE)
        row.weekly, row.country, row.short_by = list(weekly), country, short_by
        await row.save()
        await record("core.calendar.changed", "work_hours", row.id)


async def override_day(day: date, kind: str, reason: str, hours: str | None = None) -> None:
    """Let ``day`` differ from the country's calendar; a second call replaces the first. Terms already promised stay."""
    current_principal().require(CHANGE)
    try:
        DayOverride(day, DayKind(kind), None if hours is None else day_hours(hours), reason)
    except ValueError as error:
        raise refuse("calendar_invalid", "day", reason=str(error)) from error
    async with tenant_tx(write=True):
        await _forget_day(day)
        await CalendarDay(calendar=OFFICE, day=day, kind=kind, hours=hours, reason=reason).save()
        await record("core.calendar.changed", "calendar_day", day=day.isoformat(), kind=kind)


async def clear_day(day: date) -> None:
    """Let ``day`` be as the country's calendar has it; one that never differed is no error."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        await _forget_day(day)
        await record("core.calendar.changed", "calendar_day", day=day.isoformat())


async def _forget_day(day: date) -> None:
    await CalendarDay.delete().where((CalendarDay.calendar == OFFICE) & (CalendarDay.day == day))
