"""Terms: copied on entering a stage, moved by pauses and extensions, escalated, measured. March 2026 in Sakhalin."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.moves import move
from leancity.core.cases.pauses import extend, pause, resume
from leancity.core.cases.tables import CaseEscalation, CaseRecord
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden
from leancity.core.jobs.tables import JobRow
from tests.core.cases.town import REQUEST, Town, events, filed, person, refused, term, terms

Clock = Callable[[str], None]


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+11:00")


async def test_the_figures_of_a_stage_are_copied_with_their_source(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")  # a Monday
    case = await filed()
    copied = await terms(case.id)
    assert set(copied) == {("*", "baseline"), ("*", "legal"), ("new", "target")}
    target = copied["new", "target"]
    assert (target.amount, target.unit, target.assumed, target.source) == (8, "working_hours", True, "act 1")
    assert target.started_at == case.opened_at == local("03-16 10:00")
    assert target.due_at == local("03-17 10:00")
    assert copied["*", "legal"].due_at == local("04-15 00:00")
    assert case.due_at == target.due_at
    assert copied["*", "baseline"].due_at is None


async def test_terms_end_with_their_stage_and_tell_what_it_took(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    clock("2026-03-16 12:00+11:00")
    case = await move(case.id, "take")
    assert case.due_at == local("03-17 18:00")
    clock("2026-03-16 17:00+11:00")
    case = await move(case.id, "close", outcome="fixed")
    assert [case.status, case.due_at] == ["closed", None]
    ended = await terms(case.id)
    assert {key: round(row.elapsed or 0, 4) for key, row in ended.items()} == {
        ("*", "baseline"): 0.75,  # working days of eight hours
        ("*", "legal"): 0.2917,  # calendar days
        ("new", "target"): 2,
        ("in_work", "target"): 0.5,
    }
    assert all(row.ended_at is not None for row in ended.values())
    assert ended["in_work", "target"].due_at == local("03-17 18:00")


async def test_history_does_not_jump_when_a_target_changes(
    desk: Town, clock: Clock, install: Callable[[CaseKind], None]
) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    stricter = term("new", TargetKind.TARGET, 1, DeadlineUnit.WORKING_HOURS, source="act 2")
    install(replace(REQUEST, terms=(stricter,)))
    clock("2026-03-16 11:00+11:00")
    case = await pause(case.id, "waits for papers")
    case = await resume(case.id)
    kept = (await terms(case.id))["new", "target"]
    assert (kept.amount, kept.source, kept.due_at) == (8, "act 1", local("03-17 10:00"))
    today = await filed()
    assert (await terms(today.id))["new", "target"].source == "act 2"
    assert today.due_at == local("03-16 12:00")


async def test_a_pause_stops_what_can_be_paused(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    clock("2026-03-16 12:00+11:00")
    case = await pause(case.id, "waits for papers")
    held = await terms(case.id)
    assert [held["new", "target"].due_at, held["new", "target"].time_left] == [None, 6]
    assert case.due_at == held["*", "legal"].due_at == local("04-15 00:00")
    with refused("case_paused_already", "case_id"):
        await pause(case.id, "again")
    clock("2026-03-17 12:00+11:00")
    case = await resume(case.id)
    assert case.due_at == local("03-18 10:00")
    assert (await terms(case.id))["new", "target"].time_left is None
    with refused("case_not_paused", "case_id"):
        await resume(case.id)
    assert [event.kind for event in await events(case.id)] == ["state_entered", "paused", "resumed"]


async def test_a_stage_entered_during_a_pause_stands_still_too(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    clock("2026-03-16 11:00+11:00")
    await pause(case.id, "waits for papers")
    clock("2026-03-16 12:00+11:00")
    case = await move(case.id, "take")
    entered = await terms(case.id)
    assert [entered["in_work", "target"].due_at, entered["new", "target"].elapsed] == [None, 1]
    clock("2026-03-17 12:00+11:00")
    case = await resume(case.id)
    assert case.due_at == local("03-18 18:00")


async def test_more_time_for_one_term_moves_no_other(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    before = await terms(case.id)
    target = before["new", "target"]
    case = await extend(target.id, "много работы", amount=4, unit=DeadlineUnit.WORKING_HOURS)
    assert case.due_at == local("03-17 15:00")
    case = await extend(target.id, "договорились", due_at=local("03-20 18:00"), expected_version=case.version)
    assert case.due_at == local("03-20 18:00")
    after = await terms(case.id)
    assert after["*", "legal"].due_at == before["*", "legal"].due_at
    assert after["new", "target"].amount == 8
    assert [event.kind for event in await events(case.id)] == ["state_entered", "extended", "extended"]


async def test_what_an_extension_needs(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    copied = await terms(case.id)
    target, baseline = copied["new", "target"].id, copied["*", "baseline"].id
    hours = DeadlineUnit.WORKING_HOURS
    with refused("not_found", "term_id"):
        await extend(case.id, "x", amount=1, unit=hours)
    with refused("case_term_not_running", "term_id"):
        await extend(baseline, "x", amount=1, unit=hours)
    with refused("required", "reason"):
        await extend(target, " ", amount=1, unit=hours)
    half_a_day = {"amount": 0.5, "unit": DeadlineUnit.WORKING_DAYS}
    for wrong in ({}, {"amount": 1}, {"amount": float("nan"), "unit": hours}, half_a_day):
        with refused("case_extension_invalid", "amount"):
            await extend(target, "x", **wrong)
    for amount in (1e6, 1e300):
        with refused("case_extension_too_long", "amount"):
            await extend(target, "x", amount=amount, unit=hours)
    with refused("case_extension_too_long", "due_at"):
        await extend(target, "x", due_at=local("03-17 10:00") + timedelta(days=3000))
    with refused("case_extension_not_later", "due_at"):
        await extend(target, "x", due_at=local("03-17 10:00"))
    with refused("case_extension_invalid", "due_at"):
        await extend(target, "x", due_at=datetime(2026, 4, 1))  # noqa: DTZ001
    await move(case.id, "take")
    with refused("case_term_not_running", "term_id"):
        await extend(target, "x", amount=1, unit=hours)
    await move(case.id, "close", outcome="fixed")
    for verb in (extend(target, "x", amount=1, unit=hours), pause(case.id, "x"), resume(case.id)):
        with refused("case_closed", "case_id"):
            await verb


async def test_pausing_asks_for_a_permission_and_the_version(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        case = await filed()
        with refused("case_changed", "expected_version"):
            await pause(case.id, "x", expected_version=7)
        with refused("required", "reason"):
            await pause(case.id, "")
        reader = await person("core.case.read")
        term = next(iter((await terms(case.id)).values()))
    async with town.city.serving(as_=reader):
        for verb in (
            pause(case.id, "x"),
            resume(case.id),
            extend(term.id, "x", amount=1, unit=DeadlineUnit.WORKING_HOURS),
        ):
            with pytest.raises(Forbidden):
                await verb


async def test_a_reopened_case_gets_the_terms_of_the_whole_anew(desk: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    case = await filed()
    await move(case.id, "reject", outcome="not_ours", note="x")
    clock("2026-03-18 10:00+11:00")
    await move(case.id, "reopen")
    assert (await terms(case.id))["*", "legal"].due_at == local("04-17 00:00")


async def told(case: CaseRecord) -> list[str]:
    return [event.data for event in await events(case.id) if event.kind == "escalated"]


async def test_escalation_is_told_at_its_moment_and_once(town: Town, clock: Clock) -> None:
    serving, run_jobs = town.city.serving, town.city.run_jobs
    clock("2026-03-16 10:00+11:00")
    async with serving(as_=town.clerk):
        case = await filed()
        async with tenant_tx():
            rows = await CaseEscalation.objects().order_by(CaseEscalation.at)
            asked = await JobRow.objects().where(JobRow.name == "core.case_escalate").order_by(JobRow.run_at)
    assert [row.at for row in rows] == [local("03-16 15:00"), local("03-17 10:00")]
    assert [job.run_at for job in asked] == [row.at for row in rows]
    clock("2026-03-16 14:59+11:00")
    await run_jobs(all_due=True)
    async with serving():
        assert await told(case) == []
    clock("2026-03-16 15:00+11:00")
    await run_jobs(all_due=True)
    await run_jobs(all_due=True)
    async with serving():
        (half,) = await told(case)
        assert '"message": "half_gone"' in half
        assert '"to": "desk.head"' in half


async def test_escalation_waits_out_a_pause_and_ends_with_its_stage(town: Town, clock: Clock) -> None:
    serving, run_jobs = town.city.serving, town.city.run_jobs
    clock("2026-03-16 10:00+11:00")
    async with serving(as_=town.clerk):
        case = await filed()
        clock("2026-03-16 14:00+11:00")
        await pause(case.id, "waits")
    clock("2026-03-18 10:00+11:00")
    await run_jobs(all_due=True)
    async with serving(as_=town.clerk):
        assert await told(case) == []
        case = await resume(case.id)
        assert case.due_at == local("03-18 16:00")
    clock("2026-03-18 11:00+11:00")
    await run_jobs(all_due=True)
    async with serving(as_=town.clerk):
        assert len(await told(case)) == 1
        await move(case.id, "take")
    clock("2026-03-20 12:00+11:00")
    await run_jobs(all_due=True)
    async with serving():
        assert len(await told(case)) == 1


async def test_a_closed_modules_escalation_waits(town: Town, clock: Clock) -> None:
    clock("2026-03-16 10:00+11:00")
    async with town.city.serving(as_=town.clerk):
        case = await file_case("desk.request", Filing(title="x"))
    await town.city.leave("desk")
    clock("2026-03-20 12:00+11:00")
    await town.city.run_jobs(all_due=True)
    await town.city.subscribe("desk")
    async with town.city.serving():
        assert await told(case) == []
    await town.city.run_jobs(all_due=True)
    async with town.city.serving():
        assert len(await told(case)) == 2
