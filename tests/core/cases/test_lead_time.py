"""Lead time comes from the entries into states and from nothing else. March 2026 in Sakhalin."""

from collections.abc import Callable

from leancity.core.cases.comments import comment
from leancity.core.cases.lead_time import case_times
from leancity.core.cases.moves import move
from leancity.core.cases.pauses import pause, resume
from tests.core.cases.town import Town, filed

HOUR = 3600


async def test_the_states_add_up_to_the_lead_time(desk: Town, clock: Callable[[str], None]) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    clock("2026-03-16 12:00+11:00")
    await move(case.id, "take")
    clock("2026-03-16 15:00+11:00")
    await pause(case.id, "waits")
    clock("2026-03-16 16:00+11:00")
    await resume(case.id)
    clock("2026-03-17 10:00+11:00")
    await move(case.id, "close", outcome="fixed")
    clock("2026-03-19 10:00+11:00")
    await comment(case.id, "поздно")  # no edit of the case moves its times
    times = (await case_times([case.id]))[case.id]
    assert times.is_closed
    assert times.lead_time.clock_seconds == 24 * HOUR
    assert times.lead_time.work_seconds == 8 * HOUR
    assert times.lead_time.paused_work_seconds == HOUR
    assert {state: time.duration.work_seconds for state, time in times.states.items()} == {
        "new": 2 * HOUR,
        "in_work": 6 * HOUR,
    }


async def test_the_time_a_case_lay_closed_is_not_counted(desk: Town, clock: Callable[[str], None]) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    clock("2026-03-16 11:00+11:00")
    await move(case.id, "reject", outcome="not_ours", note="x")
    clock("2026-03-17 11:00+11:00")
    await move(case.id, "reopen")
    clock("2026-03-17 12:00+11:00")
    times = (await case_times([case.id]))[case.id]
    assert not times.is_closed
    assert times.lead_time.work_seconds == 2 * HOUR
    assert times.states["in_work"].visits == 1
    assert await case_times([]) == {}
