"""The calendar: a case over the holidays as a clerk counts it, and figures after the city has changed its calendar."""

from __future__ import annotations

from datetime import datetime

from leancity.core.clock.pauses import Pause
from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures import recording
from leancity.core.processes.running.tables import ProcessInstance
from tests.core.processes.figures.conftest import Bureau

HOUR = 3600
LEAD = "lead { n median } leadCalendar { median } queue { median } processing { median }"


def at(text: str) -> datetime:
    """Return a moment of Sakhalin's wall clock."""
    return datetime.fromisoformat(f"{text}+11:00")


async def test_over_new_year_with_two_pauses(bureau: Bureau) -> None:
    """Counted with the calendar on the wall: hours of work from Friday 26 December 16:00 to Monday 19 January 11:00.

    Fri 26 Dec 16-18                         2 h
    Mon 29, Tue 30 Dec                      16 h   (Wednesday the 31st is a day off, carried over from 4 January)
    31 Dec to Sun 11 Jan                     0 h   (holidays to the 8th, Friday the 9th carried over from 3 January)
    Mon 12 to Fri 16 Jan                    40 h
    Mon 19 Jan 9-11                          2 h   60 h in all
    first pause, Mon 29 Dec 14:00 to Mon 12 Jan 11:00: 4 h + 8 h + 2 h       14 h
    second pause, Wed 14 Jan 12:00 to Thu 15 Jan 10:00: 1 h + 4 h + 1 h       6 h
    left: 60 - 14 - 6 = 40 h, five working days.
    """
    pauses = [
        Pause("papers", at("2025-12-29 14:00"), at("2026-01-12 11:00")),
        Pause("papers", at("2026-01-14 12:00"), at("2026-01-15 10:00")),
    ]
    async with bureau.city.serving(), tenant_tx(write=True):
        version = await bureau.drawn()
        begins = at("2025-12-26 16:00")
        instance = ProcessInstance(process_id=bureau.process, version_id=version.id, opened_at=begins)
        begun, ended = await recording.moment_of(instance.opened_at), await recording.moment_of(at("2026-01-19 11:00"))
        await recording.opened(instance, begun, due_at=at("2026-01-20 18:00"))
        await recording.closed(instance, ended, "done", pauses)
    query = (
        f'query ($id: UUID!) {{ processFigures(cut: {{processId: $id, since: "2025-12-01"}}) {{ {LEAD} onTimeRate }} }}'
    )
    found = (await bureau.city.data(query, {"id": str(bureau.process)}, as_=bureau.analyst))["processFigures"]
    assert found["lead"] == {"n": 1, "median": 40 * HOUR}
    # On the wall 23 days and 19 hours, less 13 days 21 hours and 22 hours of pauses: 216 hours.
    assert found["leadCalendar"]["median"] == (23 * 24 + 19 - (13 * 24 + 21) - 22) * HOUR
    assert found["onTimeRate"] == 1


async def test_a_changed_calendar_changes_the_figures_after_it(bureau: Bureau) -> None:
    """Two cases from Monday 9:00 to Wednesday 13:00: 20 hours each. Then Tuesday 2 June becomes a day off: 12 hours.

    The one in May stays as it was. The step of June lay in its queue over the Tuesday.
    """
    bureau.load([
        ("May", "do", "2026-05-18 09:00", "2026-05-20 12:00", "2026-05-20 13:00", ""),
        ("June", "do", "2026-06-01 09:00", "2026-06-03 12:00", "2026-06-03 13:00", ""),
    ])  # fmt: skip

    async def leads() -> list[float]:
        months = await bureau.ask("processSeries", "lead { median }", ", by: MONTH")
        return [part["lead"]["median"] / HOUR for part in months]

    assert await leads() == [20, 20]
    chief = await bureau.city.user("core.settings.change")
    mutation = (
        'mutation { workDaySet(day: "2026-06-02", kind: HOLIDAY, reason: "The day of the city") { errors { code } } }'
    )
    await bureau.city.data(mutation, as_=chief)
    assert await leads() == [20, 20]  # it is a job's work
    await bureau.city.run_jobs()
    assert await leads() == [20, 12]
    june = await bureau.ask("processFigures", LEAD, since="2026-06-01")
    assert (june["queue"]["median"], june["processing"]["median"]) == (11 * HOUR, HOUR)
    await bureau.city.data('mutation { workDayClear(day: "2026-06-02") { errors { code } } }', as_=chief)
    await bureau.city.run_jobs()
    assert await leads() == [20, 20]
