"""Escalation: who is told what, at which point of a term."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.clock.deadline import DeadlineRule
from leancity.core.clock.pauses import Pause, carried, paused, stops
from leancity.core.clock.units import DeadlineUnit, seconds_in, seconds_scale
from leancity.core.clock.work_clock import WorkClock


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Tell ``to`` (a role's or unit's key) the ``message`` (a key) when ``share`` of the term has run, moved by
    ``offset`` of ``unit`` (negative: earlier; without a unit: the term's own).

    ``share=0.8`` is four fifths of the term; ``offset=-1`` one unit before the deadline; ``share=3`` three times the
    term. ValueError: the share is negative.
    """

    to: str
    message: str
    share: float = 1.0
    offset: float = 0.0
    unit: DeadlineUnit | None = None

    def __post_init__(self) -> None:
        if self.share < 0:
            raise ValueError(f"share: {self.share} is negative")


@dataclass(frozen=True, slots=True)
class Escalation:
    """A step and the moment, in UTC, at which it fires."""

    step: EscalationStep
    at: datetime


def escalations(
    steps: Iterable[EscalationStep],
    rule: DeadlineRule,
    starts_at: datetime,
    due_at: datetime,
    clock: WorkClock,
    pauses: Sequence[Pause] = (),
) -> list[Escalation]:
    """Return when each step of a term fires, in order of time.

    Shares run on the term's own clock and stand still in pauses, so a long pause doesn't fire «half the term». A step
    whose moment lies behind a pause that still lasts is left out until the case is resumed. None fires before
    ``starts_at``. OutsideCalendarError: the clock's years don't reach far enough.
    """
    seconds = seconds_scale(rule.unit, clock)
    applied = pauses if rule.pausable else ()
    term = seconds.between(starts_at, due_at) - paused(applied, starts_at, due_at, seconds)
    found = []
    for step in steps:
        at, waits = due_at, None
        if step.share != 1:
            at = seconds.later(starts_at, round(step.share * term))
            at, waits = carried(at, stops(applied, starts_at), seconds)
        if waits is None:
            unit = step.unit or rule.unit
            at = seconds_scale(unit, clock).later(at, round(step.offset * seconds_in(unit, clock)))
            found.append(Escalation(step, max(at, starts_at)))
    return sorted(found, key=lambda escalation: escalation.at)
