"""Targets copied to a case, and escalation."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.clock.deadline import DeadlineRule, Extension, StartRule, due_at
from leancity.core.clock.escalation import EscalationStep, escalations
from leancity.core.clock.pauses import Pause
from leancity.core.clock.targets import StageTarget, Target, TargetKind, copy_target, recomputed
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import WorkClock

MSK = ZoneInfo("Europe/Moscow")
CAL, WORK, HOURS = DeadlineUnit.CALENDAR_DAYS, DeadlineUnit.WORKING_DAYS, DeadlineUnit.WORKING_HOURS
ONE_DAY = DeadlineRule(1, WORK, StartRule.NEXT_DAY, source="001")


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=MSK)


def test_a_case_keeps_the_target_it_was_started_under(moscow: WorkClock) -> None:
    copied = copy_target(Target(TargetKind.TARGET, ONE_DAY), "review", at(5, 10), moscow)
    assert (copied.stage, copied.rule, copied.starts_at, copied.due_at) == ("review", ONE_DAY, at(6), at(6, 18))
    paused = recomputed(copied, moscow, [Pause("papers", at(6, 10))])
    assert (paused.due_at, paused.paused_since, paused.left) == (None, at(6, 10), 1.0)
    resumed = recomputed(paused, moscow, [Pause("papers", at(6, 10), at(7, 10))])
    assert (resumed.due_at, resumed.paused_since, resumed.left) == (at(7, 18), None, None)
    longer = recomputed(resumed, moscow, extensions=[Extension("asked", at(6, 9), amount=1, unit=WORK)])
    assert longer.due_at == at(7, 18)
    assert recomputed(longer, moscow) == copied


def test_a_baseline_promises_nothing(moscow: WorkClock) -> None:
    rule = DeadlineRule(30, CAL, StartRule.NEXT_DAY, assumed=True, source="000")
    copied = copy_target(Target(TargetKind.BASELINE, rule), "whole", at(5), moscow)
    assert (copied.due_at, copied.rule.assumed, copied.rule.source) == (None, True, "000")


def test_a_copied_target_survives_storage(moscow: WorkClock) -> None:
    copied = copy_target(Target(TargetKind.LEGAL, ONE_DAY), "review", at(5, 10), moscow)
    assert msgspec.json.decode(msgspec.json.encode(copied), type=StageTarget) == copied


def test_steps_fire_on_the_work_clock(moscow: WorkClock) -> None:
    rule = DeadlineRule(8, HOURS, StartRule.MOMENT)
    steps = [
        EscalationStep("head", "overdue", offset=2),
        EscalationStep("executor", "half", share=0.5),
        EscalationStep("mayor", "twice", share=2),
        EscalationStep("executor", "soon", offset=-1),
        EscalationStep("executor", "due"),
        EscalationStep("head", "a day late", offset=1, unit=CAL),
        EscalationStep("executor", "given", share=0),
        EscalationStep("executor", "early", offset=-99),
    ]
    found = [(e.step.message, e.at) for e in escalations(steps, rule, at(5, 12), at(6, 12), moscow)]
    assert found == [
        ("given", at(5, 12)),
        ("early", at(5, 12)),
        ("half", at(5, 17)),
        ("soon", at(6, 11)),
        ("due", at(6, 12)),
        ("overdue", at(6, 15)),
        ("twice", at(7, 12)),
        ("a day late", at(7, 12)),
    ]


def test_a_reminder_a_working_day_before(moscow: WorkClock) -> None:
    (found,) = escalations([EscalationStep("executor", "soon", offset=-1)], ONE_DAY, at(9), at(12, 18), moscow)
    assert found.at == at(9)  # a day before Tuesday the 12th is the short Friday the 8th, before the term began
    (found,) = escalations([EscalationStep("executor", "soon", offset=-1)], ONE_DAY, at(5), at(12, 18), moscow)
    assert found.at == at(8, 17)


def test_a_pause_does_not_bring_half_of_the_term_nearer(moscow: WorkClock) -> None:
    rule, pause = DeadlineRule(8, HOURS, StartRule.MOMENT), Pause("papers", at(5, 10), at(15, 10))
    due = due_at(rule, at(5, 9), moscow, [pause])
    assert due == at(15, 18)
    half = EscalationStep("executor", "half", share=0.5)
    assert [e.at for e in escalations([half], rule, at(5, 9), due, moscow, [pause])] == [at(15, 13)]
    unmoved = DeadlineRule(8, HOURS, StartRule.MOMENT, pausable=False)
    assert [e.at for e in escalations([half], unmoved, at(5, 9), at(5, 18), moscow, [pause])] == [at(5, 13)]


def test_a_step_behind_an_open_pause_waits(moscow: WorkClock) -> None:
    rule, steps = (
        DeadlineRule(8, HOURS, StartRule.MOMENT),
        [EscalationStep("head", "thrice", share=3), EscalationStep("a", "due")],
    )
    found = escalations(steps, rule, at(5, 9), at(5, 18), moscow, [Pause("papers", at(6, 10))])
    assert [e.step.message for e in found] == ["due"]


@given(
    shares=st.lists(st.floats(0, 3), min_size=1, max_size=5),
    unit=st.sampled_from(list(DeadlineUnit)),
    amount=st.integers(1, 20),
)
def test_steps_come_in_the_order_of_their_shares(
    moscow: WorkClock, shares: list[float], unit: DeadlineUnit, amount: int
) -> None:
    rule, start = DeadlineRule(amount, unit, StartRule.MOMENT), at(5, 10)
    due = due_at(rule, start, moscow)
    assert due is not None
    steps = [EscalationStep("a", "b", share) for share in sorted(shares)]
    found = [escalations([step], rule, start, due, moscow)[0].at for step in steps]
    assert found == sorted(found)
    assert all(start <= at <= due if step.share <= 1 else at >= due for step, at in zip(steps, found, strict=True))


def test_a_negative_share_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^share: "):
        EscalationStep("a", "b", share=-0.1)
