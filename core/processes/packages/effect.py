"""What a practice changed: cases before it held against those since, by the one comparison of the platform.

In the giving city the cases before are those before the version, or another system's log; in the receiving city what
its baseline was taken from. Only what is enough to be believed and hides every single case is told to others.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.comparison import MOST, ProcessComparison, Side, Verdict, compared, side_of
from leancity.core.processes.figures.cut import Mark
from leancity.core.processes.packages import model

# $4 and $5 bound when a case was opened; $6 a log; $7: the nearest to the end or, of those since a day, to its begin.
_CASES = """
with mine as (
    select f.id, f.opened_at, f.closed_at, f.closed_w, greatest(0, f.closed_w - f.opened_w - f.paused_w)::float8 as lead
    from process_case_fact f
    where f.tenant_id = $1 and f.process_id = $2 and f.mark = $3
      and ($4::timestamptz is null or f.opened_at >= $4) and ($5::timestamptz is null or f.opened_at < $5)
      and ($6::uuid is null or f.log_id = $6)
), placed as (
    select *, row_number() over (order by case when $4::timestamptz is null then null else opened_at end,
        opened_at desc, id) as place
    from mine where closed_w is not null
)
select (select count(*) from mine where closed_at is null) as open, (select count(*) from placed) as closed,
    (select array_agg(lead order by place) from placed where place <= $7) as leads
"""
_VERDICTS: dict[Verdict, Literal["no_difference", "shorter", "longer"]] = {
    Verdict.NO_DIFFERENCE: "no_difference",
    Verdict.SHORTER: "shorter",
    Verdict.LONGER: "longer",
}
"""Those that may be told to others; the two others say that there is nothing to tell."""


@dataclass(frozen=True, kw_only=True)
class Cases:
    """Which cases make a side: of a process, by their mark, opened within two moments, of one log."""

    process_id: uuid.UUID
    mark: Mark = Mark.PRODUCTION
    since: datetime | None = None
    until: datetime | None = None
    log_id: uuid.UUID | None = None


async def side(cases: Cases) -> tuple[Side, Sequence[float]]:
    """Return a side and the lead times of its closed cases, in working seconds."""
    async with tenant_tx() as unit:
        asked = (cases.process_id, cases.mark.value, cases.since, cases.until, cases.log_id, MOST)
        row = await unit.connection.fetchrow(_CASES, unit.tenant_id, *asked)
    if row is None:
        raise RuntimeError("an aggregate has one row")
    leads = list(row["leads"] or ())
    return side_of(leads, row["closed"], row["open"]), leads


async def comparison_of(before: Cases, after: Cases) -> ProcessComparison:
    """Hold two sides against one another."""
    (one, leads_before), (other, leads_after) = await side(before), await side(after)
    return await asyncio.to_thread(compared, one, other, leads_before, leads_after)


async def given_effect(process_id: uuid.UUID, live_at: datetime) -> model.Effect | None:
    """Return what a version changed in the giving city, None where that is not enough to be told.

    Cases of the platform before it count; where there were too few of them, those of other systems' logs.
    """
    after = Cases(process_id=process_id, since=live_at)
    for mark in (Mark.PRODUCTION, Mark.IMPORT):
        found = await comparison_of(Cases(process_id=process_id, mark=mark, until=live_at), after)
        told = told_effect(found, mark)
        if told is not None:
            return told
    return None


def told_effect(found: ProcessComparison, mark: Mark) -> model.Effect | None:
    """Return what may be told to other cities of a comparison: nothing where either side has too few cases."""
    if found.verdict not in _VERDICTS:
        return None
    before, after = _side(found.before), _side(found.after)
    figures = (found.difference, found.low, found.high, found.likelihood)
    if before is None or after is None or None in figures:
        return None
    difference, low, high, likelihood = (float(each or 0) for each in figures)
    return model.Effect(
        source="import" if mark is Mark.IMPORT else "production",
        before=before,
        after=after,
        difference_s=difference,
        low_s=low,
        high_s=high,
        likelihood=likelihood,
        verdict=_VERDICTS[found.verdict],
    )


def _side(found: Side) -> model.Side | None:
    lead = found.lead
    if lead.median is None or lead.p85 is None:
        return None
    return model.Side(n=lead.n, median_s=lead.median, p85_s=lead.p85)
