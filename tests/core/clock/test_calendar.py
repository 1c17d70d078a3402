"""Working spans: hours, short days, overrides, zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from leancity.core.clock.calendar import (
    DayHours,
    DayOverride,
    LocalSpan,
    WorkCalendar,
    day_hours,
    round_the_clock,
)
from leancity.core.clock.days import DayKind

WEEK = (day_hours("09:00-13:00 14:00-18:00"),) * 5 + ((),) * 2


def local(calendar: WorkCalendar, day: date) -> list[str]:
    zone = ZoneInfo(calendar.zone)
    return [
        f"{span.starts_at.astimezone(zone):%H:%M}-{span.ends_at.astimezone(zone):%H:%M}"
        for span in calendar.spans(day.year, day.year)
        if span.day == day
    ]


def test_a_city_keeps_its_own_time() -> None:
    (tomsk, *_), (sakhalin, *_) = (WorkCalendar(z, WEEK).spans(2026, 2026) for z in ("Asia/Tomsk", "Asia/Sakhalin"))
    assert tomsk.starts_at == datetime(2026, 1, 12, 2, tzinfo=UTC)
    assert sakhalin.starts_at == datetime(2026, 1, 11, 22, tzinfo=UTC)
    assert (tomsk.day, tomsk.ordinal, tomsk.before) == (date(2026, 1, 12), 1, 0)


def test_spans_carry_ordinals_and_the_seconds_before_them() -> None:
    spans = list(WorkCalendar("Europe/Moscow", WEEK).spans(2026, 2026))
    assert [(s.ordinal, s.before) for s in spans[:3]] == [(1, 0), (1, 4 * 3600), (2, 8 * 3600)]
    assert spans[-1].ordinal == 247


def test_a_short_day_loses_its_end_through_the_lunch_if_need_be() -> None:
    calendar = WorkCalendar("Europe/Moscow", WEEK)
    eve = date(2026, 4, 30)
    assert local(calendar, eve) == ["09:00-13:00", "14:00-17:00"]
    assert local(replace(calendar, short_by=4 * 60), eve) == ["09:00-13:00"]
    assert local(replace(calendar, short_by=5 * 60), eve) == ["09:00-12:00"]
    assert local(replace(calendar, short_by=0), eve) == ["09:00-13:00", "14:00-18:00"]
    assert local(replace(calendar, short_by=9 * 60), eve) == []


def test_a_working_saturday_has_the_hours_of_its_monday() -> None:
    early_friday = (*WEEK[:4], day_hours("09:00-13:00 14:00-16:45"), (), ())
    calendar = WorkCalendar("Europe/Moscow", early_friday)
    assert local(calendar, date(2025, 11, 1)) == ["09:00-13:00", "14:00-17:00"]
    assert local(calendar, date(2025, 11, 7)) == ["09:00-13:00", "14:00-16:45"]


def test_weekend_hours_hold_on_weekends_and_not_on_holidays() -> None:
    calendar = WorkCalendar("Europe/Moscow", (*WEEK[:5], day_hours("10:00-15:00"), ()))
    assert local(calendar, date(2026, 5, 16)) == ["10:00-15:00"]
    assert local(calendar, date(2026, 5, 9)) == []


def test_an_office_closed_on_mondays_stays_closed() -> None:
    calendar = WorkCalendar("Europe/Moscow", ((), *WEEK[1:]))
    assert local(calendar, date(2026, 5, 18)) == []
    assert local(calendar, date(2025, 11, 1)) == []  # the Saturday worked for Monday 3 November


def test_a_foreign_working_weekend_has_the_hours_of_an_ordinary_day() -> None:
    calendar = WorkCalendar("Europe/Budapest", WEEK, country="HU")
    assert local(calendar, date(2025, 10, 18)) == ["09:00-13:00", "14:00-18:00"]


def test_overrides_win() -> None:
    calendar = WorkCalendar(
        "Europe/Moscow",
        WEEK,
        overrides=(
            DayOverride(date(2026, 4, 21), DayKind.HOLIDAY, reason="Радоница"),
            DayOverride(date(2026, 4, 25), DayKind.FULL),
            DayOverride(date(2026, 4, 26), DayKind.FULL, day_hours("10:00-12:00")),
            DayOverride(date(2026, 4, 27), DayKind.SHORT),
            DayOverride(date(2026, 4, 28), DayKind.FULL, ()),
            DayOverride(date(2026, 5, 1), DayKind.SHORT),
        ),
    )
    days = {n: local(calendar, date(2026, 4, n)) for n in (21, 25, 26, 27, 28)}
    assert days == {
        21: [],
        25: ["09:00-13:00", "14:00-18:00"],
        26: ["10:00-12:00"],
        27: ["09:00-13:00", "14:00-17:00"],
        28: [],
    }
    assert local(calendar, date(2026, 5, 1)) == ["09:00-13:00", "14:00-17:00"]


def test_a_service_on_its_own_clock_never_closes() -> None:
    calendar = round_the_clock("Asia/Tomsk")
    spans = list(calendar.spans(2026, 2026))
    assert all(a.ends_at == b.starts_at for a, b in pairwise(spans))
    assert spans[-1].before == 364 * 86400
    assert calendar.day_seconds == 86400


def test_a_day_that_a_zone_skipped_is_not_worked() -> None:
    calendar = round_the_clock("Pacific/Apia")  # crossed the date line: no 30 December 2011
    days = {span.day: span.ordinal for span in calendar.spans(2011, 2011)}
    assert date(2011, 12, 30) not in days
    assert days[date(2011, 12, 31)] == 364


def test_the_mean_working_day() -> None:
    assert WorkCalendar("Europe/Moscow", WEEK).day_seconds == 8 * 3600
    assert WorkCalendar("Europe/Moscow", (*WEEK[:5], day_hours("10:00-15:00"), ())).day_seconds == 7.5 * 3600


def test_a_calendar_survives_storage() -> None:
    calendar = WorkCalendar("Asia/Tomsk", WEEK, overrides=(DayOverride(date(2026, 4, 21), DayKind.HOLIDAY),))
    assert msgspec.json.decode(msgspec.json.encode(calendar), type=WorkCalendar) == calendar


@pytest.mark.parametrize(
    "text", ["9-18", "09:00-09:00", "18:00-09:00", "09:00-13:00 12:00-18:00", "09:00-25:00", "09:60-10:00"]
)
def test_bad_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hours:"):
        day_hours(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Mars/Olympus"),
        ("zone", ""),
        ("zone", "../etc/passwd"),
        ("weekly", WEEK[:5]),
        ("weekly", ((),) * 7),
        ("short_by", -1),
        ("overrides", (DayOverride(date(2026, 1, 1), DayKind.FULL), DayOverride(date(2026, 1, 1), DayKind.SHORT))),
    ],
)
def test_a_bad_calendar_names_the_field(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        WorkCalendar(**{"zone": "Asia/Tomsk", "weekly": WEEK, field: value})


def test_overlapping_hours_and_a_weekend_override_are_refused() -> None:
    overlapping: DayHours = (LocalSpan(540, 780), LocalSpan(720, 1080))
    with pytest.raises(ValueError, match=r"hours: .*overlap"):
        WorkCalendar("Asia/Tomsk", (overlapping,) * 7)
    with pytest.raises(ValueError, match="kind: "):
        DayOverride(date(2026, 1, 1), DayKind.WEEKEND)
