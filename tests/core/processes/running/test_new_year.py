"""A case that waits over the New Year holidays with two pauses, from its first step to its figures, by the calendar."""

from __future__ import annotations

import uuid
from datetime import timedelta, timezone
from typing import Any

import pytest

from leancity.core.cases.pauses import pause, resume
from leancity.core.jobs.run import run_job
from leancity.core.processes.running.begin import begin
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works
from tests.core.processes.running.wall import Wall, wall_clock

SAKHALIN = timezone(timedelta(hours=11))
HOUR = 3600
LATE = (
    '<bpmn:boundaryEvent id="{id}" attachedToRef="job" cancelActivity="false"><bpmn:extensionElements>'
    '<lean:timer {term}/><lean:escalate to="core.dispatcher" message="{message}"/></bpmn:extensionElements>'
    "<bpmn:timerEventDefinition/></bpmn:boundaryEvent>"
    '<bpmn:sequenceFlow id="{id}_to" sourceRef="{id}" targetRef="{id}_end"/><bpmn:endEvent id="{id}_end"/>'
)
MODEL = drawing(
    '<bpmn:startEvent id="s"/><bpmn:userTask id="job" name="Сделать"/><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="job"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="job" targetRef="e"/>'
    + LATE.format(id="hours", term='workingHours="8"', message="case_escalated")
    + LATE.format(id="days", term='workingDays="4"', message="case_escalated")
    + LATE.format(id="limit", term='workingDays="4" pausable="false"', message="case_escalated")
)
_TIMERS = "select node_id, due_at from process_timer where tenant_id = $1 and instance_id = $2"
_JOBS = "select id from job where tenant_id = $1 and name = 'core.process.timer' and state = 'waiting'"
_TOLD = "select at, data from case_event where tenant_id = $1 and kind = 'escalated' order by at"
_HEARD = "select user_id from notification where tenant_id = $1 and event = 'escalated'"


async def timers(works: Works, instance: uuid.UUID) -> dict[str, str]:
    """Return when each timer is due, on the wall of the city."""
    rows = await works.city.rows(_TIMERS, instance)
    return {row["node_id"]: f"{row['due_at'].astimezone(SAKHALIN):%m-%d %H:%M}" for row in rows}


async def worker_looks(works: Works) -> None:
    """Let a worker take every timer's job: one that is not due waits on."""
    for row in await works.city.rows(_JOBS):
        await run_job(works.city.tenant.id, row["id"], early=True)


async def test_a_case_over_new_year(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted with the calendar on the wall. Working hours are 9-13 and 14-18.

    Fri 26 Dec 16:00 begun; Mon 29 Dec, Tue 30 Dec worked; 31 Dec to Sun 11 Jan off; worked again from Mon 12 Jan.
    First pause Mon 29 Dec 14:00 to Mon 12 Jan 11:00, second Wed 14 Jan 12:00 to Thu 15 Jan 10:00.
    Done Mon 19 Jan 11:00.

    8 hours: Fri 2, Mon 29 Dec 6: due Mon 16:00. Paused with 2 left (14-16): from Mon 12 Jan 11:00 till lunch at 13:00.
    4 days: Mon 29, Tue 30 Dec, Mon 12, Tue 13 Jan: due at 18:00. In the first pause Mon 29 and Tue 30 ended: Thu 15
    Jan; in the second Wed 14 ended: Fri 16 Jan. The limit that no pause stops is due on Tue 13 Jan.
    Lead time: 60 hours from begin to end less pauses of 14 and 6: 40.
    """
    dispatcher = await works.city.user(roles=("core.dispatcher",))
    await publish(works.city, MODEL, "holidays")
    with wall_clock(SAKHALIN, monkeypatch) as wall:
        instance = await _lived(works, wall)
    told = [(f"{row['at'].astimezone(SAKHALIN):%m-%d %H:%M}", "core.dispatcher" in row["data"])
            for row in await works.city.rows(_TOLD)]  # fmt: skip
    assert told == [("01-12 13:00", True), ("01-13 18:00", True), ("01-16 18:00", True)]
    await works.city.run_jobs()
    assert {row["user_id"] for row in await works.city.rows(_HEARD)} == {dispatcher.id}
    process = (await works.instance(instance))["process_id"]
    shown = "lead { n median } leadCalendar { median }"
    cut = f'{{processId: "{process}", since: "2025-12-01", until: "2026-01-31"}}'
    figures = await works.city.data(f"{{ answer: processFigures(cut: {cut}) {{ {shown} }} }}", as_=works.clerk)
    assert figures["answer"]["lead"]["n"] == 1
    assert figures["answer"]["lead"]["median"] == pytest.approx(40 * HOUR, abs=1)
    wall_hours = (23 * 24 + 19) - (13 * 24 + 21) - 22
    assert figures["answer"]["leadCalendar"]["median"] == pytest.approx(wall_hours * HOUR, abs=1)


async def _lived(works: Works, wall: Wall) -> uuid.UUID:
    async def at(moment: str, act: Any = None) -> None:
        wall.put(f"{moment}")
        if act is not None:
            async with works.city.serving():
                await act
        await worker_looks(works)

    wall.put("2025-12-26 16:00")
    async with works.city.serving(as_=works.clerk):
        instance = (await begin("holidays", {}, title="x")).id
    case_id = (await works.instance(instance))["case_id"]
    assert await timers(works, instance) == {"hours": "12-29 16:00", "days": "01-13 18:00", "limit": "01-13 18:00"}
    await at("2025-12-29 14:00", pause(case_id, "papers"))
    await at("2025-12-30 12:00")
    assert sorted(await timers(works, instance)) == ["days", "hours", "limit"], "a pause lets none run out"
    await at("2026-01-12 11:00", resume(case_id))
    assert await timers(works, instance) == {"hours": "01-12 13:00", "days": "01-15 18:00", "limit": "01-13 18:00"}
    await at("2026-01-12 12:59")
    assert "hours" in await timers(works, instance)
    await at("2026-01-12 13:00")
    assert sorted(await timers(works, instance)) == ["days", "limit"]
    await at("2026-01-13 18:00")
    await at("2026-01-14 12:00", pause(case_id, "papers"))
    await at("2026-01-15 10:00", resume(case_id))
    assert await timers(works, instance) == {"days": "01-16 18:00"}
    await at("2026-01-16 18:00")
    assert await timers(works, instance) == {}
    wall.put("2026-01-19 11:00")
    await works.finish(await works.item(instance))
    assert (await works.instance(instance))["status"] == "done"
    return instance
