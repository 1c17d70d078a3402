"""The measures, as data: what is told of a month of a kind of case, in which unit, and which way is better.

A measure reckons from a month; what is too small to be told is hidden afterwards (``core.figures.discretion``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from leancity.core.cases.kinds import CaseKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.figures.history import MonthOfCases
from leancity.core.plugins.manager import installed_modules

OUTCOME = "outcome."
"""What the measures of a kind's outcomes begin with."""


class Direction(StrEnum):
    """Which way a figure is better."""

    LESS = "less"
    MORE = "more"
    NEUTRAL = "neutral"


class FigureUnit(StrEnum):
    """What a figure counts: cases, a share of 0 to 1, or a time in a unit of the clock."""

    CASES = "cases"
    SHARE = "share"
    CALENDAR_DAYS = DeadlineUnit.CALENDAR_DAYS.value
    WORKING_DAYS = DeadlineUnit.WORKING_DAYS.value
    WORKING_HOURS = DeadlineUnit.WORKING_HOURS.value
    CLOCK_HOURS = DeadlineUnit.CLOCK_HOURS.value


class Reckoned(NamedTuple):
    """A value (None: there is nothing to reckon from) and over how many cases it is."""

    value: float | None
    cases: int


@dataclass(frozen=True, kw_only=True)
class Measure:
    """``unit`` None stands for the unit of the kind's target. ``decimals``: a time told to the second names a case."""

    key: str
    title: Mapping[str, str]
    unit: FigureUnit | None
    direction: Direction
    reckon: Callable[[MonthOfCases], Reckoned]
    decimals: int = 0

    def unit_of(self, month: MonthOfCases) -> FigureUnit:
        """Return the unit in which it is told of a month."""
        return self.unit or FigureUnit(month.unit.value)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which ``share`` of at least one value lie, as SQL's ``percentile_cont`` does."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _count(cases: int) -> Reckoned:
    return Reckoned(cases, cases)


def _lead_time(share: float, month: MonthOfCases) -> Reckoned:
    times = [case.lead_time for case in month.closed]
    return Reckoned(percentile(times, share) if times else None, len(times))


def _in_time(month: MonthOfCases) -> Reckoned:
    promised = [case.in_time for case in month.closed if case.in_time is not None]
    return Reckoned(sum(promised) / len(promised) if promised else None, len(promised))


def _paused(month: MonthOfCases) -> Reckoned:
    whole = sum(case.whole for case in month.closed)
    return Reckoned(sum(case.paused for case in month.closed) / whole if whole else None, len(month.closed))


def _outcome(outcome: str, month: MonthOfCases) -> Reckoned:
    return Reckoned(sum(case.outcome == outcome for case in month.closed), len(month.closed))


MEASURES: tuple[Measure, ...] = (
    Measure(
        key="opened",
        title={"en": "Opened", "ru": "Поступило"},
        unit=FigureUnit.CASES,
        direction=Direction.NEUTRAL,
        reckon=lambda month: _count(month.opened),
    ),
    Measure(
        key="closed",
        title={"en": "Closed", "ru": "Закрыто"},
        unit=FigureUnit.CASES,
        direction=Direction.NEUTRAL,
        reckon=lambda month: _count(len(month.closed)),
    ),
    Measure(
        key="open",
        title={"en": "Open at the month's end", "ru": "В работе на конец месяца"},
        unit=FigureUnit.CASES,
        direction=Direction.NEUTRAL,
        reckon=lambda month: _count(month.open),
    ),
    Measure(
        key="overdue",
        title={"en": "Overdue at the month's end", "ru": "Просрочено на конец месяца"},
        unit=FigureUnit.CASES,
        direction=Direction.LESS,
        reckon=lambda month: Reckoned(month.overdue, month.promised),
    ),
    Measure(
        key="in_time",
        title={"en": "Share closed in time", "ru": "Доля закрытых в срок"},
        unit=FigureUnit.SHARE,
        direction=Direction.MORE,
        reckon=_in_time,
        decimals=3,
    ),
    Measure(
        key="lead_time_median",
        title={"en": "Lead time, median", "ru": "Срок исполнения, медиана"},
        unit=None,
        direction=Direction.LESS,
        reckon=partial(_lead_time, 0.5),
        decimals=2,
    ),
    Measure(
        key="lead_time_p90",
        title={"en": "Lead time, nine of ten cases", "ru": "Срок исполнения, девять дел из десяти"},
        unit=None,
        direction=Direction.LESS,
        reckon=partial(_lead_time, 0.9),
        decimals=2,
    ),
    Measure(
        key="paused",
        title={"en": "Share of the time that stood paused", "ru": "Доля времени на приостановке"},
        unit=FigureUnit.SHARE,
        direction=Direction.LESS,
        reckon=_paused,
        decimals=3,
    ),
)


def measures_of(kind: CaseKind) -> dict[str, Measure]:
    """Return the measures of a kind of case by key: those of every kind, and one for each of its outcomes."""
    outcomes = (
        Measure(
            key=OUTCOME + outcome.key,
            title={"en": f"Outcome: {outcome.title['en']}", "ru": f"Итог: {outcome.title['ru']}"},
            unit=FigureUnit.CASES,
            direction=Direction.NEUTRAL,
            reckon=partial(_outcome, outcome.key),
        )
        for outcome in kind.outcomes
    )
    return {measure.key: measure for measure in (*MEASURES, *outcomes)}


def measure_of(subject: str, key: str) -> Measure | None:
    """Return a measure of a kind of this installation; None for what is not here (any more)."""
    kind = installed_modules().case_kinds.get(subject)
    return None if kind is None else measures_of(kind).get(key)
