"""An owner's report as data: what its files and its page are made of. ``SCHEMA`` counts its shape.

It holds ids, titles and figures, no names of people. Times are working seconds, shares 0 to 1, money in minor units;
``docs/frontend/processes-reports.md`` names every field.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from leancity.core.clock.city import city_clock
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.tables import UserAccount
from leancity.core.moment import now
from leancity.core.processes.reports.owners import owned_by
from leancity.core.processes.reports.periods import Span, before
from leancity.core.processes.reports.portrait import portrait
from leancity.core.processes.reports.ranking import Candidate, improvement_candidates
from leancity.core.processes.reports.standing import marks_of, overdue_now, rates_of
from leancity.core.tenancy.context import current_tenant

SCHEMA = 1
SUMMED = ("opened", "closed", "open", "overdue", "labour_s")
"""Figures that may be added over processes; times of different processes may not."""


async def locale_of(owner_id: uuid.UUID) -> str:
    """Return the language of an owner, the city's where they chose none."""
    async with tenant_tx():
        row = await UserAccount.select(UserAccount.locale).where(UserAccount.id == owner_id).first()
    return (row and row["locale"]) or current_tenant().locale


async def content_of(owner_id: uuid.UUID, span: Span) -> dict[str, Any]:
    """Return the report of an owner's processes for some days. Whoever calls has asked whether they may see it."""
    locale = await locale_of(owner_id)
    # The figures are guarded by the right to all processes, which an owner need not have to see their own.
    with acting_as(system(locale)):
        clock = await city_clock()
        earlier = before(span)
        if earlier.first < clock.first:
            raise refuse("period_outside", "since", first=clock.first, last=clock.last)
        ids = await owned_by(owner_id)
        marks = await marks_of(ids, clock.midnight(span.first), clock.midnight(span.until))
        rates = await rates_of(ids)
        processes = [await portrait(each, marks[each], rates[each], span, earlier) for each in ids]
        late = await overdue_now(ids)
        candidates = await improvement_candidates()
    titles = {each["id"]: each["title"] for each in processes}
    return {
        "schema": SCHEMA,
        "owner_id": str(owner_id),
        "since": span.first.isoformat(),
        "until": span.last.isoformat(),
        "before": {"since": earlier.first.isoformat(), "until": earlier.last.isoformat()},
        "made_at": now().isoformat(),
        "locale": locale,
        "zone": clock.zone.key,
        "working_day_s": clock.day_seconds,
        "totals": _totals(processes),
        "processes": processes,
        "overdue": [
            {
                "unit_id": None if row["unit_id"] is None else str(row["unit_id"]),
                "unit": row["unit"],
                "process_id": str(row["process_id"]),
                "process": titles[str(row["process_id"])],
                "cases": row["cases"],
                "due_since": row["due_since"].isoformat(),
            }
            for row in late
        ],
        "improvements": [
            _improvement(rank, each)
            for rank, each in enumerate(candidates, 1)
            if each.owner_id == owner_id or {*each.process_ids} & {*ids}
        ],
    }


def _totals(processes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sums = {name: sum(each["figures"][name] for each in processes) for name in SUMMED}
    return {
        **sums,
        "processes": len(processes),
        "cost": sum(each["cost"] or 0.0 for each in processes),
        "unpriced_s": sum(each["figures"]["labour_s"] for each in processes if each["cost"] is None),
    }


def _improvement(rank: int, row: Candidate) -> dict[str, Any]:
    """Return a candidate; ``rank`` is its place among all of the city's."""
    return {
        "rank": rank,
        "key": row.key,
        "title": row.title,
        "source": row.source.value,
        "cases": row.cases,
        "labour_hours": row.labour_hours,
        "launches_a_year": row.launches_a_year,
        "rate": row.rate,
        "waiting_share": row.waiting_share,
        "cost_a_year": row.cost_a_year,
        "score": row.score,
        "missing": list(row.missing),
        "reasons": [{"why": each.why.value, "value": each.value, "title": each.title} for each in row.reasons],
    }
