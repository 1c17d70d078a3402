"""The city's working time: hours of the week, and the days that differ."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Self

import strawberry

from leancity.core.clock.calendar import DayHours
from leancity.core.clock.city import CHANGE, city_calendar, clear_day, override_day, set_hours
from leancity.graphql.api import Payload, field, mutation


@strawberry.enum(description="How a day is worked that differs from the country's calendar.")
class WorkDayKind(Enum):
    FULL = "full"
    SHORT = "short"
    HOLIDAY = "holiday"


@strawberry.type(description="A day that differs from the country's calendar.")
class WorkDay:
    day: date
    kind: WorkDayKind
    hours: str | None = strawberry.field(description="Its own hours; null: as its kind has them.")
    reason: str


@strawberry.type(description="The office's working time, on which terms run.")
class WorkCalendar:
    zone: str
    weekly: list[str] = strawberry.field(description="Seven days from Monday, like 09:00-13:00 14:00-18:00.")
    country: str | None = strawberry.field(description="Whose holidays hold (ISO 3166-1); null: none.")
    short_by: int = strawberry.field(description="Minutes that a shortened day loses.")
    days: list[WorkDay]

    @classmethod
    async def current(cls) -> Self:
        calendar = await city_calendar()
        return cls(
            zone=calendar.zone,
            weekly=[_shown(hours) for hours in calendar.weekly],
            country=calendar.country,
            short_by=calendar.short_by,
            days=[
                WorkDay(
                    day=each.day,
                    kind=WorkDayKind(each.kind.value),
                    hours=None if each.hours is None else _shown(each.hours),
                    reason=each.reason,
                )
                for each in calendar.overrides
            ],
        )


def _shown(hours: DayHours) -> str:
    return " ".join(f"{_clock(span.opens)}-{_clock(span.closes)}" for span in hours)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@strawberry.type
class WorkCalendarPayload(Payload):
    calendar: WorkCalendar | None = None


@strawberry.type
class WorkCalendarQuery:
    @field(permission="core.unit.read")
    async def work_calendar(self) -> WorkCalendar:
        return await WorkCalendar.current()


@strawberry.type
class WorkCalendarMutation:
    @mutation(permission=CHANGE, description="Set the hours of the week. Terms already promised stay.")
    async def work_hours_set(self, weekly: list[str], country: str = "RU", short_by: int = 60) -> WorkCalendarPayload:
        await set_hours(weekly, country, short_by)
        return WorkCalendarPayload(calendar=await WorkCalendar.current())

    @mutation(permission=CHANGE, description="Let a day differ from the country's calendar.")
    async def work_day_set(
        self, day: date, kind: WorkDayKind, reason: str, hours: str | None = None
    ) -> WorkCalendarPayload:
        await override_day(day, kind.value, reason, hours)
        return WorkCalendarPayload(calendar=await WorkCalendar.current())

    @mutation(permission=CHANGE, description="Let a day be as the country's calendar has it.")
    async def work_day_clear(self, day: date) -> WorkCalendarPayload:
        await clear_day(day)
        return WorkCalendarPayload(calendar=await WorkCalendar.current())
