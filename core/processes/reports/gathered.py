"""What the ranking is made of, read for the whole city at once: passports as entered, cases and steps as measured."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import room
from leancity.core.processes.reports.rates import RATES, city_rate
from leancity.core.processes.running.fitting import closed_modules

_FUNCTIONS = (
    """
select f.id, f.key, f.title, f.unit_id, f.owner_id, f.lead_days, f.day_hours, f.launches,
    r.minutes, r.own_rate, r.positions_rate
from city_function f join ("""
    + RATES
    + """) r on r.function_id = f.id where f.tenant_id = $1 order by f.key
"""
)
_OPERATIONS = """
select function_id, node_id, title, minutes, coalesce(waiting_minutes, 0) + coalesce(movement_minutes, 0) as waiting
from function_operation where tenant_id = $1 and minutes > 0 order by function_id, place
"""
_PROCESSES = """
select id, key, title, function_id, unit_id, owner_id from process
where tenant_id = $1 and split_part(key, '.', 1) <> all($2::text[]) order by key
"""
# As the passport of a function has it: cases opened in the year past. Steps side by side count each in `processing_s`.
_CASES = """
with ways as (
    select process_id, mark, variant, count(*) as cases from process_case_fact
    where tenant_id = $1 and opened_at >= $2 and closed_w is not null and mark in ('production', 'import')
    group by 1, 2, 3
), usual as (
    select process_id, mark, max(cases) as cases from ways group by 1, 2
), cases as (
    select *, greatest(0, closed_w - opened_w - paused_w)::float8 as lead from process_case_fact
    where tenant_id = $1 and opened_at >= $2 and mark in ('production', 'import')
)
select c.process_id, c.mark, count(*) as opened, min(c.opened_at) as first_opened, count(c.closed_w) as closed,
    coalesce(sum(c.lead) filter (where c.closed_w is not null), 0) as lead_s,
    coalesce(sum(greatest(0, c.lead - c.processing_s)) filter (where c.closed_w is not null), 0) as waiting_s,
    coalesce(sum(c.labour_s) filter (where c.closed_w is not null), 0) as labour_s,
    count(*) filter (where c.closed_w is not null and c.is_reworked) as reworked,
    count(*) filter (where c.closed_w is not null and c.is_faulty) as faulty,
    count(c.is_on_time) as promised, count(*) filter (where not c.is_on_time) as late,
    coalesce(max(u.cases), 0) as usual
from cases c left join usual u on u.process_id = c.process_id and u.mark = c.mark
group by 1, 2
"""
_STEPS = """
with took as (
    select process_id, mark, node_id, title, attempt, is_faulty, labour_s, started_w is not null as is_timed,
        external_s, greatest(0, done_w - available_w)::float8 as lead,
        case when external_s = 0 and started_w is not null then greatest(0, done_w - started_w - suspended_s) else 0 end
            as processing
    from process_step_fact
    where tenant_id = $1 and done_at >= $2 and state = 'done' and mark in ('production', 'import')
)
select process_id, mark, node_id, max(title) as title, count(*) as visits, sum(lead) as lead_s,
    sum(greatest(0, lead - processing)) as waiting_s, coalesce(sum(labour_s), 0)::float8 as labour_s,
    count(*) filter (where attempt > 1) as repeated,
    bool_or(is_timed) as is_timed
from took group by 1, 2, 3 order by 1, 2, 3
"""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Rows of the city, as their statements name the columns. ``city_rate``: minor units an hour over all positions.

    ``cases`` and ``steps`` by process and mark.
    """

    functions: Sequence[Mapping[str, Any]]
    operations: Mapping[uuid.UUID, Sequence[Mapping[str, Any]]]
    processes: Sequence[Mapping[str, Any]]
    cases: Mapping[tuple[uuid.UUID, str], Mapping[str, Any]]
    steps: Mapping[tuple[uuid.UUID, str], Sequence[Mapping[str, Any]]]
    city_rate: float | None


async def gather(since: datetime) -> Gathered:
    """Read all of it. Asks for no permission: guard what leads there."""
    async with tenant_tx() as unit:
        await room(unit)
        fetch, here = unit.connection.fetch, unit.tenant_id
        functions = await fetch(_FUNCTIONS, here)
        operations = await fetch(_OPERATIONS, here)
        processes = await fetch(_PROCESSES, here, closed_modules())
        cases = await fetch(_CASES, here, since)
        steps = await fetch(_STEPS, here, since)
        rate = await city_rate(unit)
    by_function: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
    for row in operations:
        by_function.setdefault(row["function_id"], []).append(dict(row))
    by_process: dict[tuple[uuid.UUID, str], list[Mapping[str, Any]]] = {}
    for row in steps:
        by_process.setdefault((row["process_id"], row["mark"]), []).append(dict(row))
    return Gathered(
        functions=[dict(row) for row in functions],
        operations=by_function,
        processes=[dict(row) for row in processes],
        cases={(row["process_id"], row["mark"]): dict(row) for row in cases},
        steps=by_process,
        city_rate=rate,
    )
