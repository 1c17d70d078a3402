"""The production calendar against the published one, day for day."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from leancity.core.clock.days import DayKind, country_days, transfers_published
from tests.data import CALENDARS

MARKS = {"1": "off", "2": "short", "3": "full"}


def published(year: int) -> dict[date, str]:
    file = CALENDARS / f"ru-{year}.xml"
    if not file.exists():
        pytest.skip(f"the published calendar is not here: {file}")
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    kinds = {day: "full" if day.weekday() < 5 else "off" for day in days}
    for element in ElementTree.parse(file).iter("day"):  # noqa: S314 - our own file
        month, day = map(int, element.attrib["d"].split("."))
        kinds[date(year, month, day)] = MARKS[element.attrib["t"]]
    return kinds


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_is_as_published(year: int) -> None:
    ours = {d.day: d.kind.value if d.kind.works else "off" for d in country_days("RU", year)}
    assert ours == published(year)


@pytest.mark.parametrize(("year", "number"), [(2024, 248), (2025, 247), (2026, 247)])
def test_working_days_of_a_year(year: int, number: int) -> None:
    assert sum(day.kind.works for day in country_days("RU", year)) == number


@pytest.mark.parametrize(
    ("saturday", "kind", "hours_of"),
    [
        (date(2024, 4, 27), DayKind.FULL, 0),  # for Monday 29 April
        (date(2024, 11, 2), DayKind.SHORT, 1),  # for Tuesday 30 April, the eve of 1 May
        (date(2024, 12, 28), DayKind.FULL, 0),  # for Monday 30 December
        (date(2025, 11, 1), DayKind.SHORT, 0),  # for Monday 3 November, the eve of 4 November
        (date(2027, 2, 20), DayKind.SHORT, 0),  # for Monday 22 February
    ],
)
def test_a_working_saturday_is_worked_like_the_day_it_stands_for(saturday: date, kind: DayKind, hours_of: int) -> None:
    day = country_days("RU", saturday.year)[saturday.timetuple().tm_yday - 1]
    assert (day.day, day.kind, day.hours_of) == (saturday, kind, hours_of)


def test_a_holiday_differs_from_a_weekend() -> None:
    year = country_days("RU", 2026)
    assert year[8].kind is DayKind.HOLIDAY  # Friday 9 January, transferred from Saturday 3 January
    assert year[9].kind is DayKind.WEEKEND


def test_elsewhere_there_are_no_short_days_and_without_a_country_no_rest() -> None:
    assert {day.kind for day in country_days("DE", 2026)} == {DayKind.FULL, DayKind.WEEKEND, DayKind.HOLIDAY}
    assert {day.kind for day in country_days(None, 2028)} == {DayKind.FULL}
    assert len(country_days(None, 2028)) == 366


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(ValueError, match=r"country: .*'XX'"):
        country_days("XX", 2026)


def test_a_year_without_its_decree_is_provisional() -> None:
    assert transfers_published("RU", 2026)
    assert not transfers_published("RU", 2040)
    assert transfers_published("DE", 2040)
