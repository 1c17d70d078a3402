"""What an instance waits for beside people: timers, messages, signals, the applicant."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest

from leancity.core.cases.pauses import pause, resume
from leancity.core.clock.calendar import WorkCalendar, day_hours
from leancity.core.clock.city import OFFICE_WEEK
from leancity.core.clock.pauses import Pause
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import work_clock
from leancity.core.db.unit import tenant_tx
from leancity.core.processes.running.calendar import moved
from leancity.core.processes.running.step import deliver, signal
from leancity.core.processes.running.tables import ProcessTimer
from leancity.core.processes.running.timers import ask_job
from tests.core.processes.running.conftest import Works

_TIMERS = "select * from process_timer where tenant_id = $1 and instance_id = $2"
_JOBS = "select id from job where tenant_id = $1 and name = $2 order by created_at, id"


async def test_a_boundary_timer_takes_the_work_away_and_tells_whom_it_names(works: Works) -> None:
    await works.publish("timers")
    instance = await works.begin("timers", {"wait": "P3D"})
    await works.city.run_jobs(all_due=True)
    assert (await works.item(instance))["node_id"] == "work", "a job that comes early asks for another"
    await works.let_timers_run_out(instance)
    late, help_ = await works.items(instance)
    assert (late["state"], help_["node_id"], help_["state"]) == ("withdrawn", "help", "open")
    assert await works.city.rows(_TIMERS, instance) == []
    escalated = "select data from case_event where tenant_id = $1 and kind = 'escalated'"
    assert "core.dispatcher" in (await works.city.rows(escalated))[0]["data"]


async def test_a_job_that_comes_twice_makes_one_step(works: Works) -> None:
    await works.publish("timers")
    instance = await works.begin("timers", {"wait": "P3D"})
    (timer,) = await works.city.rows(_TIMERS, instance)
    async with works.city.serving(), tenant_tx(write=True):
        row = await ProcessTimer.objects().get(ProcessTimer.id == timer["id"])
        assert row is not None
        await ask_job(row, again="a worker was killed")
    assert len(await works.city.rows(_JOBS, "core.process.timer")) == 2
    await works.let_timers_run_out(instance)
    assert [(row["node_id"], row["state"]) for row in await works.items(instance)] == [
        ("work", "withdrawn"),
        ("help", "open"),
    ]
    assert (await works.instance(instance))["revision"] == 3, "begun, and one step"


async def test_the_job_of_a_timer_that_was_left_behind_does_nothing(works: Works) -> None:
    await works.publish("timers")
    instance = await works.begin("timers", {"wait": "P3D"})
    await works.finish(await works.item(instance))
    assert (await works.instance(instance))["status"] == "done"
    await works.city.run_jobs(all_due=True)
    assert [row["node_id"] for row in await works.items(instance)] == ["work"]


async def test_a_timer_stands_still_while_its_case_is_paused(works: Works) -> None:
    await works.publish("timers")
    instance = await works.begin("timers", {"wait": "P3D"})
    case_id = (await works.instance(instance))["case_id"]
    (before,) = await works.city.rows(_TIMERS, instance)
    async with works.city.serving():
        await pause(case_id, "rain")
    await works.let_timers_run_out(instance)
    assert (await works.item(instance))["node_id"] == "work"
    async with works.city.serving():
        await resume(case_id)
    await works.city.run_jobs(all_due=True)
    assert (await works.item(instance))["node_id"] == "help", "the end of the pause asks for it anew"
    assert before["is_pausable"]


@pytest.mark.parametrize(
    ("unit", "due", "moved_to"),
    [
        (DeadlineUnit.CLOCK_HOURS, "2026-03-16T10:00", "2026-03-17T10:00"),
        # Five hours of Thursday and three of Friday: the seven that Monday has left and one of Tuesday.
        (DeadlineUnit.WORKING_HOURS, "2026-03-16T10:00", "2026-03-17T10:00"),
        (DeadlineUnit.WORKING_DAYS, "2026-03-16T18:00", "2026-03-17T18:00"),  # Thursday ended meanwhile
    ],
)
def test_a_pause_moves_a_moment_on_its_own_clock(unit: DeadlineUnit, due: str, moved_to: str) -> None:
    calendar = WorkCalendar(zone="Europe/Moscow", weekly=tuple(map(day_hours, OFFICE_WEEK)), country=None, short_by=0)
    clock = work_clock(calendar, 2026, 2026)

    def moscow(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=clock.zone)

    rain = Pause("rain", moscow("2026-03-12T12:00"), moscow("2026-03-13T12:00"))
    assert moved(moscow(due), rain, unit, clock) == moscow(moved_to)


async def test_a_pause_carries_on_when_work_is_due(works: Works) -> None:
    await works.publish("approval")
    instance = await works.begin("approval")
    case_id = (await works.instance(instance))["case_id"]
    due = (await works.item(instance))["due_at"]
    async with works.city.serving():
        await pause(case_id, "rain")
    assert (await works.item(instance))["due_at"] is None
    async with works.city.serving():
        await resume(case_id)
    assert (await works.item(instance))["due_at"] >= due


async def test_waiting_for_the_applicant_pauses_the_case_until_they_have_done_it(works: Works) -> None:
    await works.publish("applicant")
    instance = await works.begin("applicant")
    item = await works.item(instance)
    assert (item["assignee_id"], item["state"]) == (works.clerk.id, "claimed"), "who began it is the author"
    pauses = "select until_at from case_pause where tenant_id = $1"
    assert [row["until_at"] for row in await works.city.rows(pauses)] == [None]
    await works.finish(item)
    assert [row["until_at"] is not None for row in await works.city.rows(pauses)] == [True]
    assert (await works.item(instance))["due_at"] is not None
    await works.finish(await works.item(instance))
    fact = await works.fact(instance)
    assert fact["closed_at"] is not None and fact["processing_s"] == 0.0


async def test_a_message_goes_to_the_one_who_waits_and_a_signal_to_all(works: Works) -> None:
    await works.publish("papers")
    first = await works.begin("papers")
    sent = 'processMessage(name: "papers", facts: {pages: 3}) { errors { code } instance { id } }'
    assert await works.ask(sent) == {"errors": [], "instance": {"id": str(first)}}
    assert await works.facts(first) == {"pages": 3}
    assert [error["code"] for error in (await works.ask(sent))["errors"]] == ["process_message_unexpected"]
    second, third = await works.begin("papers"), await works.begin("papers")
    assert [error["code"] for error in (await works.ask(sent))["errors"]] == ["process_message_ambiguous"]
    async with works.city.serving():
        await deliver("papers", "", {}, instance_id=second)
        assert await signal("closing time", {"closed": True}) == 2
    assert [(await works.instance(each))["status"] for each in (first, second, third)] == ["done", "done", "running"]
    assert await works.facts(second) == {"closed": True}


async def test_what_one_instance_sends_another_hears_once(works: Works) -> None:
    await works.publish("papers")
    await works.publish("caller")
    hearer = await works.begin("papers")
    await works.begin("caller", {"secret": "is not sent"})
    await works.city.run_jobs()
    sql = "select kind, name from message_wait where tenant_id = $1 and instance_id = $2"
    assert [tuple(row) for row in await works.city.rows(sql, hearer)] == [("signal", "closing time")]
    assert await works.facts(hearer) == {}
    payloads = "select payload from job where tenant_id = $1 and name = 'core.process.message'"
    assert "secret" not in str(await works.city.rows(payloads))


async def test_the_test_stand_hears_nothing_of_the_city(works: Works) -> None:
    version = await works.publish("papers", mark="test")
    answer = await works.ask(f'processTry(versionId: "{version.id}", title: "x") {{ instance {{ id }} }}')
    stand = uuid.UUID(answer["instance"]["id"])
    sent = await works.ask('processMessage(name: "papers") { errors { code } }')
    assert [error["code"] for error in sent["errors"]] == ["process_message_unexpected"]
    named = await works.ask(f'processMessage(name: "papers", instanceId: "{stand}") {{ errors {{ code }} }}')
    assert named["errors"] == []
