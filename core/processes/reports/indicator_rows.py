"""The rows that indicators are reckoned from: the whole and each part of a cut, in one statement a period."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import room
from leancity.core.processes.figures.totals import PER_CASE
from leancity.core.processes.reports.measures import Of
from leancity.core.processes.reports.rates import RATES, city_rate
from leancity.core.processes.running.fitting import closed_modules
from leancity.core.tenancy.context import current_tenant


class By(StrEnum):
    """By what an indicator is told apart."""

    UNIT = "unit"
    CHANNEL = "channel"
    VERSION = "version"
    VARIANT = "variant"
    MONTH = "month"
    MARK = "mark"
    OWNER = "owner"


# $2 a process or all, $3 and $4 the period, $5 the cut, $6 the zone, $7 closed modules. Marks are mixed by no cut.
_KEY = """
case $5::text when 'unit' then f.unit_id::text when 'channel' then f.channel when 'version' then f.version_id::text
    when 'variant' then f.variant when 'mark' then f.mark when 'owner' then p.owner_id::text
    when 'month' then to_char(coalesce(f.closed_at, $4::timestamptz) at time zone $6::text, 'YYYY-MM') end
"""
_MINE = """
f.tenant_id = $1 and ($2::uuid is null or f.process_id = $2) and (f.mark = 'production' or $5 = 'mark')
and split_part(p.key, '.', 1) <> all($7::text[])
"""
_FROM = "from process_case_fact f join process p on p.tenant_id = f.tenant_id and p.id = f.process_id\n"
_CLOSED = (
    """
with closed as materialized (
    select f.*, coalesce({KEY}, '') as part, p.function_id,
        greatest(0, f.closed_w - f.opened_w - f.paused_w)::float8 as lead_w,
        greatest(0, extract(epoch from f.closed_at - f.opened_at) - f.paused_s)::float8 as lead_s
    {FROM} where f.closed_at >= $3::timestamptz and f.closed_at < $4::timestamptz
        and f.closed_w is not null and {MINE}
)
""".replace("{KEY}", _KEY)
    .replace("{FROM}", _FROM)
    .replace("{MINE}", _MINE)
)
_PARTS = " group by grouping sets ((), (part)) order by 1, 2"
_HEAD = " select grouping(part) = 1 as is_whole, coalesce(part, '') as part, count(*) as n,"
_SPREAD = " percentile_cont(array[0.5, 0.85, 0.95]) within group (order by {0}) as {1}_p,"
_OF_CASES = (
    _CLOSED
    + _HEAD
    + _SPREAD.format("lead_w", "lead")
    + _SPREAD.format("labour_s", "labour")
    + """
    coalesce(sum(lead_w), 0) as lead_sum, coalesce(sum(labour_s), 0)::float8 as labour_sum,
    count(is_on_time) as promised, count(*) filter (where is_on_time) as on_time,
    count(*) filter (where not is_reworked and not is_faulty) as first_pass, count(*) filter (where is_faulty) as faulty
from closed"""
    + _PARTS
)
_OF_STEPS = (
    _CLOSED
    + PER_CASE
    + _HEAD
    + _SPREAD.format("touch", "touch")
    + _SPREAD.format("waiting", "waiting")
    + _SPREAD.format("queue", "queue")
    + _SPREAD.format("claimed", "claimed")
    + _SPREAD.format("suspended", "suspended")
    + _SPREAD.format("external", "external")
    + """
    coalesce(sum(lead_w), 0) as lead_sum, sum(waiting) as waiting_sum,
    coalesce(sum(lead_w) filter (where waiting is not null), 0) as timed_lead_sum,
    coalesce(bool_or(has_class), false) as is_classed, coalesce(sum(value_added_s), 0)::float8 as value_added,
    sum(value_added_s) filter (where has_class)::float8 as classed_value
from timed"""
    + _PARTS
)
# A sum that leaves out what nobody can price would look cheap.
_OF_COST = (
    _CLOSED  # noqa: S608 - constants
    + """, rated as (
    select c.part, c.labour_s * coalesce(r.own_rate, r.positions_rate, $8::float8) / 3600 as cost
    from closed c left join ({RATES}) r on r.function_id = c.function_id
)""".replace("{RATES}", RATES)
    + _HEAD
    + " case when bool_and(cost is not null) then sum(cost) end::float8 as cost from rated"
    + _PARTS
)
# Of the cases open at the period's end; it begins when they did, so only the end is asked for.
_OF_OPEN = (
    """
with still as (
    select f.due_at, coalesce({KEY}, '') as part {FROM}
    where f.opened_at < $4::timestamptz and (f.closed_at is null or f.closed_at >= $4)
        and $3::timestamptz <= $4 and {MINE}
)""".replace("{KEY}", _KEY)  # noqa: S608 - constants
    .replace("{FROM}", _FROM)
    .replace("{MINE}", _MINE)
    + _HEAD
    + " count(*) filter (where due_at < $4) as overdue from still"
    + _PARTS
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A process or all, from a moment up to another (not included), and the cut, None for the whole alone."""

    process_id: uuid.UUID | None
    since: datetime
    until: datetime
    by: By | None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The whole, and the parts by their keys; a part of "" are the cases that have none."""

    whole: Mapping[str, Any]
    parts: Mapping[str, Mapping[str, Any]]


async def rows_of(of: Of, wanted: Wanted) -> Rows:
    """Return the rows that a kind of measures is reckoned from. Asks for no permission: guard what leads there."""
    async with tenant_tx() as unit:
        await room(unit)
        values: list[Any] = [unit.tenant_id, wanted.process_id, wanted.since, wanted.until]
        values += [wanted.by and wanted.by.value, current_tenant().zone_info.key, closed_modules()]
        if of is Of.COST:
            rows = await unit.connection.fetch(_OF_COST, *values, await city_rate(unit))
        elif of is Of.STEPS:
            rows = await unit.connection.fetch(_OF_STEPS, *values)
        elif of is Of.OPEN:
            rows = await unit.connection.fetch(_OF_OPEN, *values)
        else:
            rows = await unit.connection.fetch(_OF_CASES, *values)
    return _told([dict(row) for row in rows], wanted.by)


def _told(rows: Sequence[Mapping[str, Any]], by: By | None) -> Rows:
    (whole,) = [row for row in rows if row["is_whole"]]
    return Rows(whole=whole, parts={} if by is None else {row["part"]: row for row in rows if not row["is_whole"]})
