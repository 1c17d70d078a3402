"""The city's calendar as its processes see it: functions of expressions, terms, and moving a moment past a pause."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from leancity.core.clock.calendar import OFFICE
from leancity.core.clock.city import city_clock
from leancity.core.clock.deadline import DeadlineRule, StartRule, due_at
from leancity.core.clock.pauses import Pause, carried
from leancity.core.clock.units import DeadlineUnit, scale
from leancity.core.clock.work_clock import WorkClock
from leancity.core.processes.bpmn.model import Term, Timer


async def clocks_of(calendars: Collection[str]) -> dict[str, WorkClock]:
    """Return the clocks of calendars of the city by their keys. ``Refused``: one is gone."""
    return {key: await city_clock(key) for key in sorted(calendars)}


def functions_of(clock: WorkClock, at: datetime, clocks: Mapping[str, WorkClock]) -> Mapping[str, Callable[..., Any]]:
    """Return what expressions know of time at a moment, on the office's clock; ``clocks``: of other calendars by key.

    ``workdays(n, calendar)`` and ``workhours(n, calendar)``: when so much working time will have passed, by the
    office's calendar where none is named. Days count from the next one, as
    terms do by law, and end at closing time; hours count from the moment itself. ``now`` and ``today`` are the
    moment's; ``local`` gives a moment without an offset the city's.
    """

    def until(unit: DeadlineUnit, start: StartRule) -> Callable[..., datetime | None]:
        def moment(amount: Any, calendar: Any = OFFICE) -> datetime | None:
            counted = clock if calendar == OFFICE else clocks.get(str(calendar))
            if isinstance(amount, bool) or amount is None or counted is None:
                return None
            try:
                return due_at(DeadlineRule(float(amount), unit, start), at, counted)
            except (TypeError, ValueError, OverflowError):
                return None  # as the language has it: what makes no sense is null

        return moment

    return {
        "workdays": until(DeadlineUnit.WORKING_DAYS, StartRule.NEXT_DAY),
        "workhours": until(DeadlineUnit.WORKING_HOURS, StartRule.MOMENT),
        "now": lambda: at.astimezone(clock.zone),
        "today": lambda: at.astimezone(clock.zone).date(),
        "local": lambda moment: moment.replace(tzinfo=clock.zone),
    }


def rule_of(term: Term) -> DeadlineRule:
    """Return the rule that a drawing's term states."""
    return DeadlineRule(term.amount, DeadlineUnit(term.unit), StartRule(term.start), source=term.source)


def unit_of(timer: Timer | None) -> DeadlineUnit:
    """Return what a timer is counted in: a pause moves it by as much of that."""
    if timer is not None and timer.working_days is not None:
        return DeadlineUnit.WORKING_DAYS
    if timer is not None and timer.working_hours is not None:
        return DeadlineUnit.WORKING_HOURS
    return DeadlineUnit.CLOCK_HOURS


def moved(at: datetime, pause: Pause, unit: DeadlineUnit, clock: WorkClock) -> datetime:
    """Return a moment moved past a pause that is over."""
    return carried(at, [(pause.since, pause.until)], scale(unit, clock))[0]


def term_due(term: Term, since: datetime, pauses: Sequence[Pause], clock: WorkClock) -> datetime | None:
    """Return when a term that began at ``since`` falls due; None while it is paused."""
    return due_at(
        rule_of(term), since, clock, [pause for pause in pauses if pause.until is None or pause.until > since]
    )
