"""Readings, their inverse, and working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.clock.calendar import DayHours, WorkCalendar, WorkSpan, day_hours, round_the_clock
from leancity.core.clock.work_clock import OutsideCalendarError, WorkClock, work_clock

MSK = ZoneInfo("Europe/Moscow")
moments = st.datetimes(datetime(2022, 1, 2), datetime(2027, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2022, 6, 1), date(2027, 6, 1))

# Hours that meet at, begin in and end in the hour that Berlin's clocks leap over or show twice.
NIGHT = day_hours("00:00-02:15 02:15-02:45 02:45-03:00 03:30-24:00")
BERLIN = work_clock(WorkCalendar("Europe/Berlin", (NIGHT,) * 7, country=None), 2026, 2026)
berlin_moments = st.one_of(
    st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26), timezones=st.just(UTC)),  # noqa: DTZ001
)


@pytest.mark.parametrize(("year", "hours"), [(2022, 1973), (2023, 1973), (2024, 1979), (2025, 1972), (2026, 1972)])
def test_norm_hours_of_a_forty_hour_week(moscow: WorkClock, year: int, hours: int) -> None:
    year_long = moscow.midnight(date(year, 1, 1)), moscow.midnight(date(year + 1, 1, 1))
    assert moscow.between(*year_long) == hours * 3600


def test_thursday_evening_to_friday_morning_is_eighty_minutes(moscow: WorkClock) -> None:
    thursday, friday = datetime(2026, 11, 19, 16, 50, tzinfo=MSK), datetime(2026, 11, 20, 9, 10, tzinfo=MSK)
    assert moscow.between(thursday, friday) == 80 * 60
    assert moscow.between(friday, thursday) == -80 * 60


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        (date(2026, 4, 20), 30, date(2026, 6, 3)),
        (date(2025, 12, 29), 10, date(2026, 1, 22)),
        (date(2026, 6, 3), -30, date(2026, 4, 20)),
        (date(2026, 1, 5), 1, date(2026, 1, 12)),
        (date(2026, 1, 5), -1, date(2025, 12, 30)),
        (date(2026, 1, 5), 0, date(2026, 1, 5)),
    ],
)
def test_adding_working_days(moscow: WorkClock, start: date, amount: int, end: date) -> None:
    assert moscow.add_working_days(start, amount) == end


@given(day=days, amount=st.integers(1, 90))
def test_working_days_between_undoes_adding(moscow: WorkClock, day: date, amount: int) -> None:
    later, earlier = moscow.add_working_days(day, amount), moscow.add_working_days(day, -amount)
    assert moscow.working_days_between(day, later) == amount
    assert earlier < day < later
    assert moscow.is_working_day(earlier)
    assert moscow.is_working_day(later)
    assert moscow.add_working_days(later, -amount) <= day
    assert moscow.add_working_days(earlier, amount) >= day


@given(one=moments, other=moments)
def test_the_clock_never_runs_back_nor_faster_than_time(moscow: WorkClock, one: datetime, other: datetime) -> None:
    one, other = min(one, other), max(one, other)
    assert 0 <= moscow.between(one, other) <= (other - one).total_seconds() + 1


@given(a=moments, b=moments, c=moments)
def test_durations_add_up(moscow: WorkClock, a: datetime, b: datetime, c: datetime) -> None:
    assert moscow.between(a, b) + moscow.between(b, c) == moscow.between(a, c)


def is_open(clock: WorkClock, at: datetime) -> bool:
    second = timedelta(seconds=1)
    return clock.between(at - second, at) == 1 and clock.between(at, at + second) == 1


@given(at=moments)
def test_the_moment_of_a_reading_is_its_earliest(moscow: WorkClock, at: datetime) -> None:
    at = at.replace(microsecond=0)
    back = moscow.moment(moscow.reading(at))
    assert back <= at
    assert moscow.reading(back) == moscow.reading(at)
    assert back == at or not is_open(moscow, at)


@given(at=berlin_moments, later=berlin_moments)
def test_a_change_of_the_wall_clock_loses_no_second(at: datetime, later: datetime) -> None:
    at, later = (min(at, later).replace(microsecond=0), max(at, later).replace(microsecond=0))
    assert 0 <= BERLIN.between(at, later) <= (later - at).total_seconds()
    assert BERLIN.moment(BERLIN.reading(at)) <= at
    assert BERLIN.reading(BERLIN.moment(BERLIN.reading(at))) == BERLIN.reading(at)


def test_days_of_23_and_25_hours() -> None:
    clock = work_clock(round_the_clock("Europe/Berlin"), 2026, 2026)
    hours = {
        day: clock.between(clock.midnight(day), clock.midnight(day + timedelta(days=1))) / 3600
        for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25))
    }
    assert list(hours.values()) == [23, 24, 25]
    assert clock.between(clock.begins, clock.ends) == 365 * 86400
    day = date(2026, 3, 29)  # 02:00–03:00 is leapt over and 03:00–03:30 closed: 22.5 h
    assert BERLIN.between(BERLIN.midnight(day), BERLIN.midnight(day + timedelta(days=1))) == 22.5 * 3600
    day = date(2026, 10, 25)  # 02:00–03:00 comes twice: 24.5 h
    assert BERLIN.between(BERLIN.midnight(day), BERLIN.midnight(day + timedelta(days=1))) == 24.5 * 3600


def test_office_hours_stay_local_across_the_change(office: tuple[DayHours, ...]) -> None:
    clock = work_clock(WorkCalendar("Europe/Berlin", office, country="DE"), 2026, 2026)
    friday, monday = date(2026, 3, 27), date(2026, 3, 30)
    assert clock.opens_at(friday) == datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert clock.opens_at(monday) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert clock.between(clock.opens_at(friday), clock.closes_at(monday)) == 16 * 3600


def test_readings_survive_added_years(moscow: WorkClock, office: tuple[DayHours, ...]) -> None:
    shorter = work_clock(WorkCalendar("Europe/Moscow", office), 2022, 2024)
    at = datetime(2024, 12, 28, 12, tzinfo=MSK)
    assert shorter.reading(at) == moscow.reading(at)
    assert work_clock(WorkCalendar("Europe/Moscow", office), 2022, 2024) is shorter


def test_moving_on_the_clock(moscow: WorkClock) -> None:
    evening = datetime(2026, 5, 5, 20, tzinfo=MSK)
    assert moscow.later(evening, 0) == evening
    assert moscow.later(evening, 3600) == datetime(2026, 5, 6, 10, tzinfo=MSK)
    assert moscow.later(evening, -3600) == datetime(2026, 5, 5, 17, tzinfo=MSK)


def test_opening_and_closing(moscow: WorkClock) -> None:
    eve = date(2026, 4, 30)
    assert moscow.opens_at(eve) == datetime(2026, 4, 30, 9, tzinfo=MSK)
    assert moscow.closes_at(eve) == datetime(2026, 4, 30, 17, tzinfo=MSK)
    assert moscow.closes_at(eve).tzinfo is UTC
    with pytest.raises(ValueError, match="day off"):
        moscow.opens_at(date(2026, 5, 1))


def test_the_last_day_of_a_term(moscow: WorkClock) -> None:
    assert moscow.last_day(moscow.midnight(date(2026, 5, 6))) == date(2026, 5, 5)
    assert moscow.last_day(moscow.closes_at(date(2026, 5, 5))) == date(2026, 5, 5)


def test_a_reading_outside_the_calendar_is_an_error(moscow: WorkClock) -> None:
    assert moscow.moment(0) == moscow.begins
    assert moscow.reading(moscow.begins) == 0
    total = moscow.reading(moscow.ends)
    assert moscow.moment(total) == moscow.closes_at(date(2027, 12, 30))
    hour = timedelta(hours=1)
    for wrong in (moscow.begins - hour, moscow.ends + hour):
        with pytest.raises(OutsideCalendarError, match="holds 2022-01-01 to 2027-12-31 \\(Europe/Moscow\\)"):
            moscow.reading(wrong)
        with pytest.raises(OutsideCalendarError):
            moscow.days_closed(wrong)
    for reading in (-1, total + 1):
        with pytest.raises(OutsideCalendarError):
            moscow.moment(reading)
    for day, amount in ((date(2027, 12, 30), 1), (date(2022, 1, 10), -1)):
        with pytest.raises(OutsideCalendarError):
            moscow.add_working_days(day, amount)
    with pytest.raises(OutsideCalendarError):
        moscow.is_working_day(date(2028, 1, 10))
    with pytest.raises(OutsideCalendarError):
        moscow.closing(-1)


def test_a_moment_without_a_zone_is_an_error(moscow: WorkClock) -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        moscow.reading(datetime(2026, 5, 5, 12))  # noqa: DTZ001


def test_bad_spans_and_years_are_errors(office: tuple[DayHours, ...]) -> None:
    start = datetime(2026, 5, 5, 9, tzinfo=MSK)
    span = WorkSpan(date(2026, 5, 5), 1, start, start + timedelta(hours=4), 0)
    with pytest.raises(ValueError, match="out of order"):
        WorkClock("Europe/Moscow", date(2026, 1, 1), date(2026, 12, 31), 28800, [span, span])
    with pytest.raises(ValueError, match="first_year"):
        work_clock(WorkCalendar("Europe/Moscow", office), 2026, 2025)
