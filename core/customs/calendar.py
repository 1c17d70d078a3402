"""The city's working time as collections: the hours of the week, further calendars, and the days that differ.

They keep their tables and their mutations; this is how they share history, undo and profiles.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from leancity.core.clock.calendar import KEY, OFFICE
from leancity.core.clock.city import (
    CALENDARS,
    CHANGE,
    DAYS,
    HOURS,
    OFFICE_WEEK,
    clear_day,
    clear_hours,
    further_hours,
    override_day,
    own_days,
    own_hours,
    set_hours,
)
from leancity.core.customs.collection import Collection
from leancity.core.customs.journal import BY_HAND, Cause
from leancity.core.errors import refuse
from leancity.core.plugins.manager import Modules
from leancity.core.processes.versions.calendars import counts_by
from leancity.core.settings.declaration import ModuleSettings, Setting

_HOURS_TITLE = {"en": "Working hours", "ru": "Рабочее время"}
_CALENDARS_TITLE = {"en": "Further calendars", "ru": "Другие календари"}
_DAYS_TITLE = {"en": "Days that differ from the calendar", "ru": "Дни, отличающиеся от календаря"}


class WorkingWeek(ModuleSettings, frozen=True, kw_only=True):
    """The office's hours."""

    weekly: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Hours of the week", "ru": "Часы по дням недели"},
            help={
                "en": "Seven days from Monday, like 09:00-13:00 14:00-18:00; empty for a day off.",
                "ru": "Семь дней с понедельника, в виде 09:00-13:00 14:00-18:00; пусто — выходной.",
            },
            max_length=200,
            max_items=7,
        ),
    ] = OFFICE_WEEK
    country: Annotated[
        str,
        Setting(
            title={"en": "Whose holidays hold", "ru": "Чьи праздники действуют"},
            help={"en": "ISO 3166-1, empty for none.", "ru": "Код страны по ISO 3166-1, пусто — ничьи."},
            max_length=2,
        ),
    ] = "RU"
    short_by: Annotated[
        int,
        Setting(
            title={"en": "A shortened day loses, minutes", "ru": "Сокращённый день короче на, минут"},
            help={"en": "Before holidays.", "ru": "Перед праздниками."},
            ge=0,
            le=600,
        ),
    ] = 60


class DifferentDay(ModuleSettings, frozen=True, kw_only=True):
    """A day that differs."""

    kind: Annotated[
        Literal["full", "short", "holiday"],
        Setting(
            title={"en": "How it is worked", "ru": "Какой это день"},
            help={"en": "Instead of the country's calendar.", "ru": "Вместо календаря страны."},
            choices={
                "full": {"en": "A full working day", "ru": "Полный рабочий день"},
                "short": {"en": "A shortened day", "ru": "Сокращённый день"},
                "holiday": {"en": "A day off", "ru": "Выходной"},
            },
        ),
    ] = "holiday"
    hours: Annotated[
        str | None,
        Setting(
            title={"en": "Its own hours", "ru": "Свои часы"},
            help={"en": "Like 09:00-13:00.", "ru": "В виде 09:00-13:00."},
            max_length=200,
        ),
    ] = None
    reason: Annotated[
        str,
        Setting(
            title={"en": "Reason", "ru": "Основание"},
            help={"en": "The act or decree.", "ru": "Распоряжение или закон."},
            max_length=500,
        ),
    ] = ""


def calendar(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the hours of the week, a collection of one item."""
    return Collection(
        name=HOURS,
        title=_HOURS_TITLE,
        item=WorkingWeek,
        defaults={"": WorkingWeek()},
        permission=CHANGE,
        place=_Hours(),
    )


def calendars(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the calendars beside the office's, by key (``duty``): timers of processes count by them."""
    return Collection(
        name=CALENDARS,
        title=_CALENDARS_TITLE,
        item=WorkingWeek,
        may_add=True,
        permission=CHANGE,
        place=_Calendars(),
        keys=re.compile(rf"(?!{OFFICE}$){KEY.pattern}", re.ASCII),
    )


def calendar_days(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the days that differ, by date (``2026-12-26``), of a further calendar behind its key (``duty/…``)."""
    return Collection(
        name=DAYS,
        title=_DAYS_TITLE,
        item=DifferentDay,
        may_add=True,
        permission=CHANGE,
        place=_Days(),
        keys=re.compile(rf"({KEY.pattern}/)?\d{{4}}-\d\d-\d\d", re.ASCII),
    )


class _Hours:
    async def read_all(self) -> dict[str, dict[str, Any]]:
        found = await own_hours()
        return {} if found is None else {"": found}

    async def read(self, key: str) -> dict[str, Any] | None:
        return await own_hours()

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        await _write(OFFICE, after, cause)


class _Calendars:
    async def read_all(self) -> dict[str, dict[str, Any]]:
        return await further_hours()

    async def read(self, key: str) -> dict[str, Any] | None:
        return await own_hours(key)

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        if after is None and await counts_by(key):
            raise refuse("calendar_in_use", "key", key=key)
        await _write(key, after, cause)


async def _write(key: str, after: dict[str, Any] | None, cause: Cause) -> None:
    if after is None:
        await clear_hours(cause, key=key)
    else:
        week: dict[str, Any] = {"weekly": list(OFFICE_WEEK), "country": "RU", "short_by": 60} | after
        await set_hours(week["weekly"], week["country"], week["short_by"], cause, key=key)


class _Days:
    async def read_all(self) -> dict[str, dict[str, Any]]:
        return await own_days()

    async def read(self, key: str) -> dict[str, Any] | None:
        return (await own_days()).get(key)

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        calendar, _, written = key.rpartition("/")
        try:
            day = date.fromisoformat(written)
        except ValueError as error:
            raise refuse("custom_key_unknown", "key", key=key) from error
        if after is None:
            await clear_day(day, cause, calendar=calendar or OFFICE)
        else:
            kind, reason, hours = after.get("kind", "holiday"), after.get("reason", ""), after.get("hours")
            await override_day(day, kind, reason, hours, cause, calendar=calendar or OFFICE)
