"""What a report needs beside the figures: of which cases it is, the oldest one open, what the work cost, what is late.

Cases, steps and money of several processes at once; who calls has asked for the right.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.figures.comparison import MOST
from leancity.core.processes.figures.cut import CLOSED, MINE, Asked, Mark
from leancity.core.processes.reports.rates import RATES, city_rate

# Real cases where there are any within the days, else those of other systems' logs: the as-is is measured by them.
_MARKS = """
select process_id, bool_or(mark = 'production') as is_real, bool_or(mark = 'import') as is_imported
from process_case_fact
where tenant_id = $1 and process_id = any($2::uuid[]) and opened_at < $4 and (closed_at is null or closed_at >= $3)
    and mark in ('production', 'import')
group by 1
"""
_OLDEST = (
    """
select min(f.opened_at) from process_case_fact f
where f.opened_at < $10 and (f.closed_at is null or f.closed_at >= $10) and $4::timestamptz <= $5::timestamptz and
"""
    + MINE
)
# $3: what an hour of the city's staff costs where nobody knows a nearer rate.
_RATES = """
select p.id, coalesce(r.own_rate, r.positions_rate, $3::float8) as rate from process p
left join ({RATES}) r on r.function_id = p.function_id
where p.tenant_id = $1 and p.id = any($2::uuid[])
""".replace("{RATES}", RATES)
_LEADS = CLOSED + "select lead_w from closed order by closed_at desc, id desc limit $10"  # noqa: S608 - constants
_OVERDUE = """
select f.unit_id, f.process_id, coalesce(u.title, '') as unit, count(*) as cases, min(f.due_at) as due_since
from process_case_fact f left join org_unit u on u.tenant_id = f.tenant_id and u.id = f.unit_id
where f.tenant_id = $1 and f.process_id = any($2::uuid[]) and f.closed_at is null and f.due_at < $3
    and f.mark = 'production'
group by 1, 2, 3 order by cases desc, unit, f.process_id
"""


async def marks_of(process_ids: Collection[uuid.UUID], since: datetime, until: datetime) -> Mapping[uuid.UUID, Mark]:
    """Return of which cases each process's report is."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_MARKS, unit.tenant_id, [*process_ids], since, until)
    imported = {row["process_id"] for row in rows if row["is_imported"] and not row["is_real"]}
    return {each: Mark.IMPORT if each in imported else Mark.PRODUCTION for each in process_ids}


async def oldest_open(wanted: Asked) -> datetime | None:
    """Return when the oldest case was opened that is open at the period's end, or now."""
    async with tenant_tx() as unit:
        found: datetime | None = await unit.connection.fetchval(_OLDEST, unit.tenant_id, *wanted.values, wanted.over)
    return found


async def rates_of(process_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, float | None]:
    """Return what an hour of work in each process costs in minor units, as the ranking has it; None: nobody knows."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_RATES, unit.tenant_id, [*process_ids], await city_rate(unit))
    return {row["id"]: row["rate"] for row in rows}


async def leads_of(wanted: Asked) -> Sequence[float]:
    """Return the lead times of the closed cases in working seconds, the newest first, at most ``MOST``."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LEADS, unit.tenant_id, *wanted.values, MOST)
    return [row["lead_w"] for row in rows]


async def overdue_now(process_ids: Collection[uuid.UUID]) -> Sequence[Mapping[str, Any]]:
    """Return how many open cases are past their term, by unit and process, the most first."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_OVERDUE, unit.tenant_id, [*process_ids], now())
    return [dict(row) for row in rows]
