"""Typed deadline rules, pauses and extensions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.clock.calendar import DayHours, WorkCalendar
from leancity.core.clock.deadline import DeadlineRule, Extension, StartRule, deadline, due_at, time_left
from leancity.core.clock.pauses import Pause
from leancity.core.clock.scale import ClockSeconds
from leancity.core.clock.units import DeadlineUnit, scale
from leancity.core.clock.work_clock import OutsideCalendarError, WorkClock, work_clock

MSK = ZoneInfo("Europe/Moscow")
CAL, WORK, HOURS, CLOCK = (
    DeadlineUnit.CALENDAR_DAYS,
    DeadlineUnit.WORKING_DAYS,
    DeadlineUnit.WORKING_HOURS,
    DeadlineUnit.CLOCK_HOURS,
)
MOMENT, NEXT, NEXT_WORKING = StartRule.MOMENT, StartRule.NEXT_DAY, StartRule.NEXT_WORKING_DAY

starts = st.datetimes(datetime(2025, 1, 10), datetime(2026, 6, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
gaps = st.lists(st.integers(0, 300_000), min_size=2, max_size=6)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 5) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=MSK)


def chain(start: datetime, seconds: list[int]) -> list[Pause]:
    """Disjoint pauses after ``start``: run, pause, run, pause, …"""
    points = [start]
    for gap in seconds:
        points.append(points[-1] + timedelta(seconds=gap))
    return [Pause("papers", a, b) for a, b in zip(points[1::2], points[2::2], strict=False)]


# May 2026: 1 Friday holiday, 8 Friday short, 9 Saturday holiday, 11 Monday off, 12 Tuesday.
@pytest.mark.parametrize(
    ("amount", "unit", "start", "started", "due"),
    [
        (1, WORK, NEXT, at(5, 17, 50), at(6, 18)),
        (1, WORK, MOMENT, at(5, 17, 50), at(5, 18)),
        (1, WORK, MOMENT, at(5, 18, 30), at(6, 18)),
        (1, WORK, NEXT, at(8, 10), at(12, 18)),
        (1, WORK, NEXT, at(7, 10), at(8, 17)),
        (1, WORK, NEXT_WORKING, at(8, 10), at(12, 18)),
        (3, CAL, NEXT, at(5, 10), at(9)),
        (3, CAL, MOMENT, at(5, 10), at(8)),
        (3, CAL, NEXT_WORKING, at(8, 10), at(15)),
        (2, HOURS, MOMENT, at(5, 12), at(5, 15)),
        (2, HOURS, MOMENT, at(5, 17), at(6, 10)),
        (2, HOURS, NEXT, at(5, 12), at(6, 11)),
        (2, HOURS, NEXT_WORKING, at(8, 12), at(12, 11)),
        (0.5, CLOCK, MOMENT, at(9, 23, 45), at(10, 0, 15)),
        (8, CLOCK, NEXT, at(9, 23, 45), at(10, 8)),
        (8, CLOCK, NEXT_WORKING, at(9, 23, 45), at(12, 17)),
    ],
)
def test_a_term_falls_due(
    moscow: WorkClock, amount: float, unit: DeadlineUnit, start: StartRule, started: datetime, due: datetime
) -> None:
    found = due_at(DeadlineRule(amount, unit, start), started, moscow)
    assert found == due
    assert found is not None
    assert found.tzinfo is UTC


def test_thirty_working_days_of_the_law(moscow: WorkClock) -> None:
    rule = DeadlineRule(30, WORK, NEXT)
    assert due_at(rule, at(20, 11, month=4), moscow) == at(3, 18, month=6)


def test_a_last_day_off_gives_way_when_the_rule_says_so(moscow: WorkClock) -> None:
    stays, moves = (DeadlineRule(4, CAL, NEXT, moves_off_days=flag) for flag in (False, True))
    assert due_at(stays, at(5, 10), moscow) == at(10)  # 24:00 of Saturday 9 May
    assert due_at(moves, at(5, 10), moscow) == at(13)  # 24:00 of Tuesday 12 May
    assert due_at(DeadlineRule(3, CAL, NEXT, moves_off_days=True), at(5, 10), moscow) == at(9)


def test_a_moved_term_is_still_alive_on_the_days_off_and_shifts_from_its_own_last_day(moscow: WorkClock) -> None:
    rule = DeadlineRule(4, CAL, NEXT, moves_off_days=True)
    pause = Pause("papers", at(10, 12), at(14, 12))  # four midnights: 9 May becomes 13 May, a working day
    assert due_at(rule, at(5, 10), moscow, [pause]) == at(14)


@pytest.mark.parametrize(
    ("since", "until", "due"),
    [
        (at(5, 12), at(5, 17), at(7, 18)),  # within one day: none
        (at(5, 18), at(6, 9), at(7, 18)),  # a night: none
        (at(5, 12), at(6, 12), at(8, 17)),  # the end of one working day; the new last day is short
        (at(5, 12), at(7, 12), at(12, 18)),  # of two; over the long weekend
        (at(4, 12), at(7, 12), at(12, 18)),  # what lies before the start doesn't count
        (at(7, 18), at(20, 12), at(7, 18)),  # after the end
    ],
)
def test_a_pause_moves_a_term_in_working_days_by_the_days_whose_end_it_covers(
    moscow: WorkClock, since: datetime, until: datetime, due: datetime
) -> None:
    assert due_at(DeadlineRule(3, WORK, MOMENT), at(5, 10), moscow, [Pause("papers", since, until)]) == due


def test_a_pause_moves_a_term_in_calendar_days_by_its_midnights(moscow: WorkClock) -> None:
    pauses = [Pause("papers", at(6, 12), at(9, 12)), Pause("other body", at(8, 1), at(9, 23))]
    assert due_at(DeadlineRule(3, CAL, NEXT), at(5, 10), moscow, pauses) == at(12)


def test_a_pause_within_another_adds_nothing(moscow: WorkClock) -> None:
    long, short = Pause("papers", at(5, 10), at(5, 13)), Pause("other body", at(5, 11), at(5, 12))
    rule = DeadlineRule(2, HOURS, MOMENT)
    assert due_at(rule, at(5, 9), moscow, [long, short]) == at(5, 15)
    assert due_at(rule, at(5, 9), moscow, [Pause("papers", at(5, 10)), short]) is None


def test_pauses_leave_a_term_alone_that_they_do_not_suspend(moscow: WorkClock) -> None:
    rule = DeadlineRule(2, HOURS, MOMENT, pausable=False)
    assert due_at(rule, at(5, 9), moscow, [Pause("papers", at(5, 10))]) == at(5, 11)


def test_while_a_pause_is_open_there_is_no_due_moment_but_a_rest(moscow: WorkClock) -> None:
    pauses = [Pause("papers", at(5, 10), at(5, 11)), Pause("papers", at(5, 11, 30))]
    found = deadline(DeadlineRule(4, HOURS, MOMENT), at(5, 9), moscow, pauses)
    assert (found.due_at, found.paused_since, found.left) == (None, at(5, 11, 30), 2.5)
    found = deadline(DeadlineRule(5, WORK, NEXT), at(5, 9), moscow, [Pause("papers", at(6, 10))])
    assert (found.due_at, found.left) == (None, 5.0)
    late = deadline(DeadlineRule(1, HOURS, MOMENT), at(5, 9), moscow, [Pause("papers", at(5, 10))])
    assert (late.due_at, late.paused_since) == (at(5, 10), None)


@given(start=starts, seconds=gaps, amount=st.integers(1, 200), unit=st.sampled_from([HOURS, CLOCK]))
def test_disjoint_pauses_shift_a_term_in_hours_by_exactly_their_time(
    moscow: WorkClock, start: datetime, seconds: list[int], amount: int, unit: DeadlineUnit
) -> None:
    clock = moscow if unit is HOURS else ClockSeconds()
    rule, pauses = DeadlineRule(amount, unit, MOMENT), chain(start, seconds)
    due = due_at(rule, start, moscow, pauses)
    assert due is not None
    stood = sum(clock.between(p.since, p.until) for p in pauses if p.until and p.since < due)
    assert clock.between(start, due) == amount * 3600 + stood


@given(start=starts, seconds=gaps, amount=st.integers(1, 40), unit=st.sampled_from(list(DeadlineUnit)))
def test_overlaps_and_order_of_pauses_do_not_matter(
    moscow: WorkClock, start: datetime, seconds: list[int], amount: int, unit: DeadlineUnit
) -> None:
    rule, pauses = DeadlineRule(amount, unit, NEXT), chain(start, seconds)
    halves = [
        half
        for p in pauses
        if p.until
        for middle in [p.since + (p.until - p.since) // 2]
        for half in (Pause("a", middle, p.until), Pause("b", p.since, middle), Pause("c", p.since, p.until))
    ]
    assert due_at(rule, start, moscow, halves) == due_at(rule, start, moscow, pauses)


@given(start=starts, seconds=gaps, amount=st.integers(1, 40), unit=st.sampled_from(list(DeadlineUnit)))
def test_what_was_left_at_the_pause_is_left_at_the_resumption(
    moscow: WorkClock, start: datetime, seconds: list[int], amount: int, unit: DeadlineUnit
) -> None:
    rule, (*before, last) = DeadlineRule(amount, unit, NEXT), chain(start, seconds)
    open_term = deadline(rule, start, moscow, [*before, Pause("papers", last.since)])
    closed = deadline(rule, start, moscow, [*before, last])
    assert closed.due_at is not None
    if open_term.paused_since is None:
        assert open_term == closed
    else:
        assert last.until is not None
        resumed = max(last.until, open_term.paused_since)
        assert open_term.left == time_left(unit, resumed, closed.due_at, moscow)


@given(
    start=starts, amount=st.integers(1, 60), unit=st.sampled_from(list(DeadlineUnit)), rule=st.sampled_from(StartRule)
)
def test_two_zones_give_the_same_local_deadline(
    office: tuple[DayHours, ...], start: datetime, amount: int, unit: DeadlineUnit, rule: StartRule
) -> None:
    walls = set()
    for zone in ("Asia/Tomsk", "Asia/Sakhalin"):
        clock = work_clock(WorkCalendar(zone, office), 2024, 2027)
        due = due_at(DeadlineRule(amount, unit, rule), start.replace(tzinfo=ZoneInfo(zone)), clock)
        assert due is not None
        walls.add(due.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
    assert len(walls) == 1


@given(start=starts, amount=st.integers(1, 60), unit=st.sampled_from([CAL, WORK]))
def test_a_term_in_days_ends_with_a_day(moscow: WorkClock, start: datetime, amount: int, unit: DeadlineUnit) -> None:
    due = due_at(DeadlineRule(amount, unit, NEXT), start, moscow)
    assert due is not None
    first, last = moscow.day_of(start), moscow.last_day(due)
    assert amount == ((last - first).days if unit is CAL else moscow.working_days_between(first, last))
    assert scale(unit, moscow).between(moscow.midnight(first + timedelta(days=1)), due) == amount


@pytest.mark.parametrize(
    ("rule", "extension", "due"),
    [
        (DeadlineRule(1, WORK, NEXT), {"amount": 2, "unit": WORK}, at(8, 17)),
        (DeadlineRule(1, WORK, NEXT), {"amount": 2, "unit": CAL}, at(9)),
        (DeadlineRule(1, CAL, NEXT), {"amount": 2, "unit": WORK}, at(8, 17)),
        (DeadlineRule(1, CAL, NEXT), {"amount": 2, "unit": CAL}, at(9)),
        (DeadlineRule(1, HOURS, MOMENT), {"amount": 2, "unit": HOURS}, at(5, 13)),
        (DeadlineRule(1, HOURS, MOMENT), {"amount": 1, "unit": WORK}, at(6, 18)),
        (DeadlineRule(1, WORK, NEXT), {"due_at": at(20, 12)}, at(20, 12)),
        (DeadlineRule(2, CAL, NEXT, moves_off_days=True), {"amount": 2, "unit": CAL}, at(13)),
    ],
)
def test_an_extension_gives_more_time(
    moscow: WorkClock, rule: DeadlineRule, extension: dict[str, Any], due: datetime
) -> None:
    granted = Extension("large case", at(5, 9, 30), **extension)
    assert due_at(rule, at(5, 10), moscow, extensions=[granted]) == due


def test_a_new_date_replaces_what_was_before_it_and_later_events_move_it(moscow: WorkClock) -> None:
    rule = DeadlineRule(2, WORK, NEXT)
    pauses = [Pause("papers", at(5, 12), at(7, 12)), Pause("papers", at(14, 12), at(15, 12))]
    extensions = [
        Extension("asked", at(5, 15), amount=10, unit=WORK),
        Extension("mayor", at(6, 12), due_at=at(14, 15)),
        Extension("asked", at(13, 12), amount=1, unit=WORK),
    ]
    assert due_at(rule, at(5, 10), moscow, pauses[:1], extensions[:2]) == at(14, 15)
    assert due_at(rule, at(5, 10), moscow, pauses, extensions[:2]) == at(15, 18)
    assert due_at(rule, at(5, 10), moscow, pauses, extensions) == at(18, 18)
    assert due_at(rule, at(5, 10), moscow, pauses[::-1], extensions[::-1]) == at(18, 18)


def test_what_is_left(moscow: WorkClock) -> None:
    assert time_left(WORK, at(5, 12), at(7, 18), moscow) == 3
    assert time_left(WORK, at(7, 19), at(7, 18), moscow) == 0
    assert time_left(WORK, at(8, 19), at(7, 18), moscow) == -1
    assert time_left(CAL, at(5, 12), at(8), moscow) == 3
    assert time_left(HOURS, at(5, 12), at(5, 14, 30), moscow) == 1.5


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((0, WORK, NEXT), "amount"),
        ((-1, CLOCK, MOMENT), "amount"),
        ((1.5, CAL, NEXT), "amount"),
        ((float("nan"), HOURS, NEXT), "amount"),
        ((float("inf"), CAL, NEXT), "amount"),
        ((1, WORK, NEXT, True, True), "moves_off_days"),
    ],
)
def test_a_bad_rule_names_the_field(arguments: tuple[Any, ...], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        DeadlineRule(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"amount": 1},
        {"unit": WORK},
        {"amount": 1, "unit": WORK, "due_at": at(5)},
        {"amount": 0, "unit": WORK},
        {"unit": WORK, "due_at": at(5)},
    ],
)
def test_a_bad_extension_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^amount: "):
        Extension("why", at(5), **arguments)


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match=r"^until: "):
        Pause("papers", at(6), at(5))


def test_a_term_beyond_the_calendar_is_an_error(moscow: WorkClock) -> None:
    with pytest.raises(OutsideCalendarError):
        due_at(DeadlineRule(300, WORK, NEXT), datetime(2027, 6, 1, tzinfo=MSK), moscow)


def test_a_rule_survives_storage() -> None:
    rule = DeadlineRule(0.5, CLOCK, MOMENT, assumed=True, source="001, slide 12")
    assert msgspec.json.decode(msgspec.json.encode(rule), type=DeadlineRule) == rule
