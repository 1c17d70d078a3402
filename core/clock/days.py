"""What a country does on each day of a year: its production calendar, from the library ``holidays``.

The library knows Russia's public holidays, the transfers of days off and the working Saturdays; the shortened days it
does not know are derived here (Labour Code art. 95, order 588н), and equal the published calendars day for day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import holidays

_DAY = timedelta(days=1)
_TRANSFERRED = re.compile(r"перенесено с (\d\d\.\d\d\.\d{4})")
# Labour Code art. 112; (month, day).
_RUSSIAN_HOLIDAYS = {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}


class DayKind(StrEnum):
    """How a day is worked. Weekend and holiday are both days off; only a holiday also closes an office that keeps
    weekend hours of its own."""

    FULL = "full"
    SHORT = "short"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def works(self) -> bool:
        """Whether the country works on such a day."""
        return self in (DayKind.FULL, DayKind.SHORT)


@dataclass(frozen=True, slots=True)
class CountryDay:
    """One day of a country. ``hours_of`` is the weekday (Monday 0) whose hours are kept: the day's own, or, on a
    working Saturday, that of the day off it was exchanged for; None when the country doesn't say."""

    day: date
    kind: DayKind
    hours_of: int | None


@lru_cache(maxsize=256)
def country_days(country: str | None, year: int) -> tuple[CountryDay, ...]:
    """Return every day of ``year`` in order, for an ISO 3166-1 alpha-2 ``country``; without one, nobody ever rests.

    ValueError: the library doesn't know the country.
    """
    first = date(year, 1, 1)
    days = [first + _DAY * n for n in range((date(year + 1, 1, 1) - first).days)]
    if country is None:
        return tuple(CountryDay(day, DayKind.FULL, day.weekday()) for day in days)
    table = _table(country, year)
    exchanged = _exchanged(table)
    return tuple(_country_day(day, table, exchanged) for day in days)


def transfers_published(country: str, year: int) -> bool:
    """Tell whether the library holds the year's transfers of days off; until then Russia's ``year`` is provisional.

    The government's decree appears in autumn of the year before. ValueError: the library doesn't know the country.
    """
    if country != "RU":
        return True
    return bool(_exchanged(_table(country, year)))


def _table(country: str, year: int) -> holidays.HolidayBase:
    import holidays  # a tenth of a second, which most commands have no use for

    try:
        return holidays.country_holidays(country, years=year, language="ru" if country == "RU" else None)
    except NotImplementedError as unknown:
        raise ValueError(f"country: no public holidays are known for {country!r}") from unknown


def _exchanged(table: holidays.HolidayBase) -> dict[date, date]:
    """Return, for Russia, the day off given for each transferred rest day: ``{rest day: day off}``."""
    return {
        datetime.strptime(found[1], "%d.%m.%Y").date(): off  # noqa: DTZ007 - a date has no zone
        for off, name in table.items()
        if (found := _TRANSFERRED.search(name))
    }


def _country_day(day: date, table: holidays.HolidayBase, exchanged: dict[date, date]) -> CountryDay:
    weekend = table.is_weekend(day)
    if not table.is_working_day(day):
        return CountryDay(day, DayKind.HOLIDAY if day in table else DayKind.WEEKEND, day.weekday())
    stands_for = exchanged.get(day) if weekend else day
    if stands_for is None:
        return CountryDay(day, DayKind.FULL, None)
    eve = stands_for + _DAY
    short = table.country == "RU" and (eve.month, eve.day) in _RUSSIAN_HOLIDAYS
    return CountryDay(day, DayKind.SHORT if short else DayKind.FULL, stands_for.weekday())
