"""Before and after a day or a version: both sides' figures, and whether the cases are enough to believe a difference.

Cases are told apart by when they were opened, as the rule under which they ran was. The difference of the medians has
an interval by resampling, and the test is of ranks (Mann and Whitney, with ties and continuity corrected): lead times
are skewed, and a mean would follow its longest case.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import erfc, sqrt
from statistics import median

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.figures.measures import percentile
from leancity.core.processes.figures.cut import MINE, Cut, asked
from leancity.core.processes.figures.spread import Spread, spread

ENOUGH = 10
"""Closed cases that each side needs."""
LIKELY = 0.05
RESAMPLES = 1000
MOST = 5000
"""Cases of a side that are compared, the ones nearest to the day: more tell nothing new."""
_SEED = 34

# $10 a moment: before and after it; $11 a version: its cases, and those of others that were opened before its first.
_SIDES = (
    """
with mine as materialized (
    select f.id, f.opened_at, f.closed_at, f.closed_w,
        greatest(0, f.closed_w - f.opened_w - f.paused_w)::float8 as lead,
        case when $11::uuid is null then f.opened_at >= $10::timestamptz
            else f.version_id is not distinct from $11::uuid end as is_after
    from process_case_fact f where f.opened_at >= $4 and f.opened_at < $5 and """  # noqa: S608 - constants
    + MINE
    + """
), sides as (
    select * from mine where is_after or $11::uuid is null
        or opened_at < (select min(opened_at) from mine where is_after)
), placed as (
    select *, row_number() over (partition by is_after, closed_w is null
        order by case when is_after then opened_at end, case when not is_after then opened_at end desc, id) as place
    from sides
)
select is_after, count(*) filter (where closed_at is null) as open,
    count(*) filter (where closed_w is not null) as closed,
    array_agg(lead order by place) filter (where closed_w is not null and place <= $12::int) as leads
from placed group by 1
"""
)


class Verdict(StrEnum):
    """What may be said of the difference."""

    TOO_FEW = "too_few"
    TOO_EARLY = "too_early"
    NO_DIFFERENCE = "no_difference"
    SHORTER = "shorter"
    LONGER = "longer"


@dataclass(frozen=True, kw_only=True)
class Side:
    """The cases opened on one side; ``lead`` is of the closed ones, in working seconds; ``open`` still run."""

    lead: Spread
    open: int


@dataclass(frozen=True, kw_only=True)
class ProcessComparison:
    """``difference``: of the medians, after less before, in working seconds, with its 95 % interval; ``likelihood``:
    how likely ranks so different are where nothing has changed. None where a side has nothing."""

    before: Side
    after: Side
    difference: float | None
    low: float | None
    high: float | None
    likelihood: float | None
    verdict: Verdict


async def compare(cut: Cut, *, at: date | None = None, version_id: uuid.UUID | None = None) -> ProcessComparison:
    """Compare the cases opened before the day ``at`` with those since, or a version's with those before its first.

    Exactly one of the two; a version of the cut itself is put aside. Refuses neither and both.
    """
    if (at is None) == (version_id is None):
        raise refuse("process_comparison_of", "at")
    wanted = await asked(replace(cut, version_id=None) if version_id else cut)
    if at is not None and not wanted.first < at <= wanted.last:
        raise refuse("process_comparison_outside", "at", first=wanted.first, last=wanted.last)
    moment = None if at is None else wanted.clock.midnight(at)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_SIDES, unit.tenant_id, *wanted.values, moment, version_id, MOST)
    found = {row["is_after"]: row for row in rows}
    leads = {is_after: list(row["leads"] or ()) for is_after, row in found.items()}
    before, after = leads.get(False, []), leads.get(True, [])
    one, other = (
        side_of(each, row["closed"] if row else 0, row["open"] if row else 0)
        for row, each in ((found.get(False), before), (found.get(True), after))
    )
    return await asyncio.to_thread(compared, one, other, before, after)


def side_of(leads: Sequence[float], closed: int, open_: int) -> Side:
    """Return a side of so many closed and open cases; ``leads`` are of the closed ones that are compared."""
    shares = [percentile(leads, each) for each in (0.5, 0.85, 0.95)] if leads else None
    return Side(lead=spread(closed, sum(leads), shares), open=open_)


def compared(one: Side, other: Side, before: Sequence[float], after: Sequence[float]) -> ProcessComparison:
    """Return what two sides say, by the lead times of each. CPU: call it outside of any unit."""
    if not before or not after:
        return ProcessComparison(
            before=one, after=other, difference=None, low=None, high=None, likelihood=None, verdict=Verdict.TOO_FEW
        )
    low, high = interval(before, after)
    difference, likelihood = median(after) - median(before), rank_test(before, after)
    return ProcessComparison(
        before=one,
        after=other,
        difference=difference,
        low=low,
        high=high,
        likelihood=likelihood,
        verdict=_verdict(one, other, difference, (low, high), likelihood),
    )


def _verdict(one: Side, other: Side, difference: float, within: tuple[float, float], likelihood: float) -> Verdict:
    if min(one.lead.n, other.lead.n) < ENOUGH:
        return Verdict.TOO_FEW
    # The quick cases are closed first: while most of the new ones still run, those that are closed are no measure.
    if other.open > other.lead.n:
        return Verdict.TOO_EARLY
    if likelihood >= LIKELY or within[0] <= 0 <= within[1]:
        return Verdict.NO_DIFFERENCE
    return Verdict.SHORTER if difference < 0 else Verdict.LONGER


def interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the difference of medians by resampling: the same each time for the same cases."""
    chance = random.Random(_SEED)  # noqa: S311 - a resampling has to be the same each time
    size = min(len(before), 500), min(len(after), 500)
    found = sorted(
        median(chance.choices(after, k=size[1])) - median(chance.choices(before, k=size[0])) for _ in range(RESAMPLES)
    )
    return found[int(RESAMPLES * 0.025)], found[int(RESAMPLES * 0.975)]


def rank_test(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided likelihood by Mann and Whitney's test, normally approximated, of two samples."""
    n, m = len(one), len(other)
    values = Counter([*one, *other])
    ranks: dict[float, float] = {}
    below = 0
    for value in sorted(values):
        ranks[value] = below + (values[value] + 1) / 2
        below += values[value]
    u = sum(ranks[value] for value in one) - n * (n + 1) / 2
    ties = sum(count**3 - count for count in values.values())
    both = n + m
    variance = n * m / 12 * (both + 1 - ties / (both * (both - 1))) if both > 1 else 0.0
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / sqrt(variance)
    return erfc(z / sqrt(2))
