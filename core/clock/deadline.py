"""Typed deadline rules and the moment at which each falls due, with pauses and extensions.

A term in hours ends that many (working) seconds after its start; a term in working days at the closing of its last
working day; a term in calendar days at 24:00 local time of its last day (Civil Code art. 194). A pause moves a term in
hours by the seconds of its own clock, and a term in days by the days whose end it covers: paused on Monday and resumed
on Wednesday is two days, a pause within one working day is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from leancity.core.clock.instants import seconds_of, utc_of
from leancity.core.clock.pauses import Pause, carried, stops
from leancity.core.clock.units import DeadlineUnit, check_amount, on_scale, scale
from leancity.core.clock.work_clock import WorkClock


class StartRule(StrEnum):
    """Where a term begins: at the moment itself (in days: its own day is day one), at the next local midnight
    (Civil Code art. 191), or when the next working day opens (calendar days: with that day's midnight)."""

    MOMENT = "moment"
    NEXT_DAY = "next_day"
    NEXT_WORKING_DAY = "next_working_day"


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A term as a law, a regulation or a city states it.

    ``amount`` of ``unit`` (whole for days; 0.5 is half an hour), counted from ``start``; ``pausable``: pauses suspend
    it; ``moves_off_days``: a last calendar day that is a day off gives way to the next working day (Civil Code
    art. 193); ``assumed``: the source doesn't say which unit it means; ``source``: the act or document.
    ValueError names the field at fault.
    """

    amount: float
    unit: DeadlineUnit
    start: StartRule
    pausable: bool = True
    moves_off_days: bool = False
    assumed: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        check_amount(self.amount, self.unit)
        if self.moves_off_days and self.unit is not DeadlineUnit.CALENDAR_DAYS:
            raise ValueError("moves_off_days: only a term in calendar days can end on a day off")


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, granted ``at`` for a ``reason``: either ``amount`` of ``unit`` on top, or a new ``due_at``.

    A new due moment replaces the term: extensions granted and pauses begun before it no longer count
    (a rule that ``moves_off_days`` moves it too).
    ValueError names the field at fault.
    """

    reason: str
    at: datetime
    amount: float | None = None
    unit: DeadlineUnit | None = None
    due_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) != (self.unit is None) or (self.amount is None) == (self.due_at is None):
            raise ValueError("amount: give either an amount with its unit or a new due_at")
        if self.amount is not None and self.unit is not None:
            check_amount(self.amount, self.unit)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Where a term stands. While a pause is open ``due_at`` is None, ``paused_since`` tells since when and ``left`` how
    much of the term (in its unit) remains; otherwise those two are None. All moments are UTC."""

    starts_at: datetime
    due_at: datetime | None
    paused_since: datetime | None = None
    left: float | None = None


def term_start(rule: DeadlineRule, started_at: datetime, clock: WorkClock) -> datetime:
    """Return the moment, in UTC, from which the term of a case started at ``started_at`` runs."""
    if rule.start is StartRule.MOMENT:
        return utc_of(seconds_of(started_at))
    day = clock.day_of(started_at)
    if rule.start is StartRule.NEXT_DAY:
        return clock.midnight(day + timedelta(days=1))
    day = clock.add_working_days(day, 1)
    return clock.midnight(day) if rule.unit.in_days else clock.opens_at(day)


def deadline(
    rule: DeadlineRule,
    started_at: datetime,
    clock: WorkClock,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Deadline:
    """Compute the term from its rule and everything that happened to it.

    Pauses that begin once the term has run out don't revive it; overlapping pauses count once; extensions count
    whenever they were granted. OutsideCalendarError: the clock's years don't reach far enough.
    """
    units = scale(rule.unit, clock)
    starts_at = term_start(rule, started_at, clock)
    due_at = units.moment(units.reading(starts_at) + on_scale(rule.amount, rule.unit))
    counted = pauses if rule.pausable else ()
    for extension in sorted(extensions, key=lambda extension: extension.at):
        if extension.due_at is not None:
            due_at = utc_of(seconds_of(extension.due_at))
            counted = [pause for pause in counted if pause.since >= extension.at]
        elif extension.amount is not None and extension.unit is not None:
            more = on_scale(extension.amount, extension.unit)
            due_at = scale(extension.unit, clock).later(due_at, more)

    def expires(nominal: datetime) -> datetime:
        return _off_days_left(nominal, clock) if rule.moves_off_days else nominal

    due_at, paused_since = carried(due_at, stops(counted, starts_at), units, expires)
    if paused_since is None:
        return Deadline(starts_at, expires(due_at))
    return Deadline(starts_at, None, paused_since, time_left(rule.unit, paused_since, due_at, clock))


def due_at(
    rule: DeadlineRule,
    started_at: datetime,
    clock: WorkClock,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> datetime | None:
    """Return when the term falls due, in UTC; None while it is paused. See ``deadline``."""
    return deadline(rule, started_at, clock, pauses, extensions).due_at


def time_left(unit: DeadlineUnit, at: datetime, due_at: datetime, clock: WorkClock) -> float:
    """Return what is left at ``at`` of a term due at ``due_at``, in its unit: hours with their fraction, or the days
    still to end, today included; negative once overdue."""
    steps = scale(unit, clock).between(at, due_at)
    return float(steps) if unit.in_days else steps / 3600


def _off_days_left(nominal: datetime, clock: WorkClock) -> datetime:
    """Return 24:00 of the first working day on or after the last day of a term."""
    last = clock.last_day(nominal)
    if clock.is_working_day(last):
        return nominal
    return clock.midnight(clock.add_working_days(last, 1) + timedelta(days=1))
