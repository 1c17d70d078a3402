"""What a case took, by state and in the target's unit."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.clock.measure import Duration, StateEntry, elapsed, lead_time, per_state, visits
from leancity.core.clock.pauses import Pause
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import WorkClock

MSK = ZoneInfo("Europe/Moscow")
HOUR = 3600


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=MSK)


def test_lead_time_on_both_clocks(moscow: WorkClock) -> None:
    pauses = [
        Pause("papers", at(5, 15), at(6, 10)),
        Pause("other body", at(6, 9), at(6, 11)),
        Pause("papers", at(7, 17)),
    ]
    assert lead_time(at(5, 12), at(7, 18), moscow, pauses) == Duration(
        clock_seconds=54 * HOUR, work_seconds=21 * HOUR, paused_clock_seconds=21 * HOUR, paused_work_seconds=6 * HOUR
    )
    with pytest.raises(ValueError, match="closed_at"):
        lead_time(at(6), at(5), moscow)


def test_time_in_states(moscow: WorkClock) -> None:
    entries = [
        StateEntry("new", at(5, 9)),
        StateEntry("work", at(5, 12)),
        StateEntry("check", at(6, 12)),
        StateEntry("work", at(7, 12)),
    ]
    stays = visits(entries, at(8, 12), moscow, [Pause("papers", at(5, 17), at(6, 9))])
    assert [(stay.state, stay.entered_at, stay.left_at) for stay in stays] == [
        ("new", at(5, 9), at(5, 12)),
        ("work", at(5, 12), at(6, 12)),
        ("check", at(6, 12), at(7, 12)),
        ("work", at(7, 12), at(8, 12)),
    ]
    states = per_state(stays)
    assert list(states) == ["new", "work", "check"]
    assert states["work"].visits == 2
    assert states["work"].duration == Duration(48 * HOUR, 16 * HOUR, 16 * HOUR, HOUR)
    assert visits([], at(8), moscow) == []


def test_entries_out_of_order_are_an_error(moscow: WorkClock) -> None:
    with pytest.raises(ValueError, match="entries: 'new'"):
        visits([StateEntry("new", at(6)), StateEntry("work", at(5))], at(7), moscow)


@given(
    hours=st.lists(st.integers(0, 200), min_size=2, max_size=6),
    stop=st.tuples(st.integers(0, 300), st.integers(0, 300)),
)
def test_states_add_up_to_the_lead_time(moscow: WorkClock, hours: list[int], stop: tuple[int, int]) -> None:
    base = moscow.midnight(at(5).date())
    scale = [base]
    for step in hours:
        scale.append(scale[-1].fromtimestamp(scale[-1].timestamp() + step * HOUR, MSK))
    *entered, closed = scale
    since, until = (base.fromtimestamp(base.timestamp() + hour * HOUR, MSK) for hour in sorted(stop))
    pauses = [Pause("papers", since, until)]
    stays = visits([StateEntry(f"s{n % 2}", moment) for n, moment in enumerate(entered)], closed, moscow, pauses)
    total = sum((time.duration for time in per_state(stays).values()), Duration())
    assert total == lead_time(base, closed, moscow, pauses)


@pytest.mark.parametrize(
    ("unit", "took"),
    [
        (DeadlineUnit.CALENDAR_DAYS, 2.25),
        (DeadlineUnit.CLOCK_HOURS, 54.0),
        (DeadlineUnit.WORKING_HOURS, 21.0),
        (DeadlineUnit.WORKING_DAYS, 2.625),
    ],
)
def test_elapsed_in_the_unit_of_the_target(moscow: WorkClock, unit: DeadlineUnit, took: float) -> None:
    assert elapsed(unit, at(5, 12), at(7, 18), moscow) == took
    assert elapsed(unit, at(5, 12), at(7, 18), moscow, [Pause("papers", at(4), at(20))]) == 0
    assert elapsed(unit, at(5, 12), at(7, 18), moscow, [Pause("papers", at(5, 12))]) == 0
