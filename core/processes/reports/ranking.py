"""What should become an improvement project: labour cost × waiting share × volume, over all functions and processes.

``score = hours of a launch × rate × launches a year × share of its lead time in which nobody worked``: what the city
pays a year for work that mostly stands still. Figures are measured where enough cases of the year past are closed (real
ones, else those of other systems' logs), entered ones otherwise; what is missing is said, and comes last.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.processes.figures.comparison import ENOUGH
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.registry.measured import MONTH, WINDOW
from leancity.core.processes.reports.gathered import Gathered, gather

MOST_STEPS = 5
"""Steps of a candidate that are shown, the worst first."""
OFTEN = 0.1
"""From which share of its cases repeated work, errors and lateness are a reason."""
SCATTERED = 0.5
"""From which share of cases off the usual way there is no usual way."""
HEAVY = 0.25
"""From which share of all waiting a step is a reason."""
LARGEST = 2**62
"""What a cursor can carry."""


class Source(StrEnum):
    """What figures are of: cases that ran, another system's log, the passport as entered, nothing."""

    PRODUCTION = "production"
    IMPORT = "import"
    ENTERED = "entered"
    NONE = "none"


class RateSource(StrEnum):
    """Whose hourly rate it is: the function's own, its positions', an average over the city's positions, unknown."""

    FUNCTION = "function"
    POSITIONS = "positions"
    CITY = "city"
    NONE = "none"


class Why(StrEnum):
    """What speaks for a project."""

    WAITS = "waits"
    REWORK = "rework"
    ERRORS = "errors"
    LATE = "late"
    SCATTERED = "scattered"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """``value``: the share of cases, of a step (``node_id``, ``title``) that of all waiting."""

    why: Why
    value: float
    node_id: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class StepCandidate:
    """A step by the same formula, of its own hours and waiting. ``labour_hours`` of a launch; ``score`` as below."""

    node_id: str
    title: str
    labour_hours: float
    waiting_share: float
    of_all_waiting: float
    score: float | None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A function with its processes, or a process without one, and the parts of its score.

    ``labour_hours`` of one launch; ``rate`` and ``cost_a_year`` in minor units of money; ``score`` likewise, a year,
    None where ``missing`` names a part. ``cases``: closed ones that were measured.
    """

    key: str
    title: str
    function_id: uuid.UUID | None = None
    process_ids: tuple[uuid.UUID, ...] = ()
    unit_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    source: Source = Source.NONE
    cases: int = 0
    launches_a_year: float | None = None
    launches_source: Source = Source.NONE
    labour_hours: float | None = None
    waiting_share: float | None = None
    waiting_source: Source = Source.NONE
    rate: float | None = None
    rate_source: RateSource = RateSource.NONE
    steps: tuple[StepCandidate, ...] = ()
    reasons: tuple[Reason, ...] = ()
    cost_a_year: float | None = field(init=False)
    score: float | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cost_a_year", product(self.labour_hours, self.rate, self.launches_a_year))
        object.__setattr__(self, "score", product(self.cost_a_year, self.waiting_share))

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts of the score that nobody knows."""
        parts = ("labour_hours", "rate", "launches_a_year", "waiting_share")
        return tuple(name for name in parts if getattr(self, name) is None)

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands: the greater the earlier, what has no score last, then by name."""
        return (LARGEST if self.score is None else -min(round(self.score), LARGEST), self.name)

    @property
    def name(self) -> str:
        """What tells it from all others: a function and a process may have one key."""
        return f"{'process' if self.function_id is None else 'function'}:{self.key}"


async def improvement_candidates() -> list[Candidate]:
    """Return all functions of the city, and processes of none, the best candidate first. Needs core.process.read."""
    current_principal().require(READ)
    at = now()
    return ranked(await gather(at - WINDOW), at)


def ranked(found: Gathered, at: datetime) -> list[Candidate]:
    """Return the candidates of what was gathered at a moment, in their order."""
    of_function: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
    alone = []
    for process in found.processes:
        if process["function_id"] is None:
            alone.append(process)
        else:
            of_function.setdefault(process["function_id"], []).append(process)
    candidates = [_function(found, row, of_function.get(row["id"], ()), at) for row in found.functions]
    candidates += [_process(found, row, at) for row in alone]
    return sorted(candidates, key=lambda each: each.place)


def product(*parts: float | None) -> float | None:
    """Return the product, None where a part is unknown."""
    whole = 1.0
    for part in parts:
        if part is None:
            return None
        whole *= part
    return whole


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """The cases of some processes under one mark, added up."""

    source: Source
    sums: Mapping[str, float]
    first_opened: datetime
    steps: Sequence[Mapping[str, Any]]

    @property
    def closed(self) -> float:
        return self.sums["closed"]


def _measured(found: Gathered, ids: Sequence[uuid.UUID]) -> _Measured | None:
    """Return what was measured of processes: real cases where there are enough, else those of logs."""
    for mark in (Source.PRODUCTION, Source.IMPORT):
        rows = [row for each in ids if (row := found.cases.get((each, mark))) is not None]
        if sum(row["closed"] for row in rows) < ENOUGH:
            continue
        names = [name for name, value in rows[0].items() if isinstance(value, int | float)]
        return _Measured(
            source=mark,
            sums={name: sum(row[name] for row in rows) for name in names},
            first_opened=min(row["first_opened"] for row in rows),
            steps=[step for each in ids for step in found.steps.get((each, mark), ())],
        )
    return None


def _function(
    found: Gathered, row: Mapping[str, Any], processes: Sequence[Mapping[str, Any]], at: datetime
) -> Candidate:
    ids = tuple(each["id"] for each in processes)
    measured = _measured(found, ids)
    hours = None if not row["minutes"] else row["minutes"] / 60
    lead = None if not row["lead_days"] else row["lead_days"] * row["day_hours"]
    share = None if hours is None or lead is None else min(1.0, max(0.0, 1 - hours / lead))
    launches = None if row["launches"] is None else row["launches"] * 12
    rate, rate_source = _rate(found, row["own_rate"], row["positions_rate"])
    card = _card(row) | {"function_id": row["id"], "process_ids": ids, "rate": rate, "rate_source": rate_source}
    if measured is not None:
        return Candidate(**card, **_from_cases(measured, at, launches, share, rate))
    operations = found.operations.get(row["id"], ())
    return Candidate(
        **card,
        source=Source.NONE if hours is None and launches is None else Source.ENTERED,
        launches_a_year=launches,
        launches_source=_entered(launches),
        labour_hours=hours,
        waiting_share=share,
        waiting_source=_entered(share),
        steps=_steps([_operation(each) for each in operations], rate, launches),
    )


def _process(found: Gathered, row: Mapping[str, Any], at: datetime) -> Candidate:
    measured = _measured(found, [row["id"]])
    rate, rate_source = _rate(found, None, None)
    card = _card(row) | {"process_ids": (row["id"],), "rate": rate, "rate_source": rate_source}
    return Candidate(**card, **({} if measured is None else _from_cases(measured, at, None, None, rate)))


def _card(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("key", "title", "unit_id", "owner_id")}


def _entered(value: float | None) -> Source:
    return Source.NONE if value is None else Source.ENTERED


def _rate(found: Gathered, own: float | None, positions: float | None) -> tuple[float | None, RateSource]:
    known = ((own, RateSource.FUNCTION), (positions, RateSource.POSITIONS), (found.city_rate, RateSource.CITY))
    return next((pair for pair in known if pair[0] is not None), (None, RateSource.NONE))


def _from_cases(
    measured: _Measured, at: datetime, launches: float | None, share: float | None, rate: float | None
) -> dict[str, Any]:
    """Return the parts of a candidate that cases tell; what they can't tell is as entered."""
    sums, closed = measured.sums, measured.closed
    lasted = at - measured.first_opened
    opened = sums["opened"] * (WINDOW / lasted) if lasted >= MONTH else None
    is_timed = any(step["is_timed"] for step in measured.steps)
    waited = sums["waiting_s"] / sums["lead_s"] if is_timed and sums["lead_s"] else None
    volume = launches if opened is None else opened
    # All hours over all cases: what they cost together is a sum, and no middle of anything would add up to it.
    hours = sums["labour_s"] / 3600 / closed
    steps = [_visited(step, closed) for step in measured.steps if step["is_timed"]]
    shown = _steps(steps, rate, volume)
    return {
        "source": measured.source,
        "cases": round(closed),
        "launches_a_year": volume,
        "launches_source": _entered(volume) if opened is None else measured.source,
        "labour_hours": hours,
        "waiting_share": share if waited is None else waited,
        "waiting_source": _entered(share) if waited is None else measured.source,
        "steps": shown,
        "reasons": tuple(_reasons(sums, shown)),
    }


@dataclass(frozen=True, kw_only=True)
class _Step:
    """Of one launch, in hours; ``lead`` is all of its time."""

    node_id: str
    title: str
    labour: float
    waiting: float
    lead: float


def _visited(step: Mapping[str, Any], cases: float) -> _Step:
    hours = {name: step[f"{name}_s"] / 3600 / cases for name in ("labour", "waiting", "lead")}
    return _Step(node_id=step["node_id"], title=step["title"], **hours)


def _operation(row: Mapping[str, Any]) -> _Step:
    labour, waiting = row["minutes"] / 60, row["waiting"] / 60
    return _Step(node_id=row["node_id"], title=row["title"], labour=labour, waiting=waiting, lead=labour + waiting)


def _steps(steps: Sequence[_Step], rate: float | None, launches: float | None) -> tuple[StepCandidate, ...]:
    waited = sum(each.waiting for each in steps)
    found = []
    for each in steps:
        share = each.waiting / each.lead if each.lead else 0.0
        found.append(
            StepCandidate(
                node_id=each.node_id,
                title=each.title,
                labour_hours=each.labour,
                waiting_share=share,
                of_all_waiting=each.waiting / waited if waited else 0.0,
                score=product(each.labour, rate, launches, share),
            )
        )
    return tuple(sorted(found, key=lambda each: (-(each.score or 0.0), -each.of_all_waiting))[:MOST_STEPS])


def _reasons(sums: Mapping[str, float], steps: Sequence[StepCandidate]) -> list[Reason]:
    closed = sums["closed"]
    found = [
        Reason(why=Why.WAITS, value=each.of_all_waiting, node_id=each.node_id, title=each.title)
        for each in sorted(steps, key=lambda each: -each.of_all_waiting)
        if each.of_all_waiting >= HEAVY
    ]
    shares = {
        Why.REWORK: (sums["reworked"] / closed, OFTEN),
        Why.ERRORS: (sums["faulty"] / closed, OFTEN),
        Why.LATE: (sums["late"] / sums["promised"] if sums["promised"] else 0.0, OFTEN),
        Why.SCATTERED: (1 - sums["usual"] / closed, SCATTERED),
    }
    return found + [Reason(why=why, value=share) for why, (share, least) in shares.items() if share >= least]
