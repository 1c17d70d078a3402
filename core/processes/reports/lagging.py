"""Who lags: what is open, late, due soon, interrupted and done, by unit, person, process or lane.

For who reads processes the whole city, for who assigns work the units of theirs. The test stand is in none of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg

from leancity.core.cases.checks import Checks, keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.running.fitting import ASSIGNED, PLACE, assigning, closed_modules

MOST_ROWS = 200
MOST_SOON = 92
MOST_PERIOD = 366

# $2, $3: ASSIGNED. $4 closed modules, $5 a process, $6 now, $7 until when is «soon», $8 since when «done», $9 by what.
_ITEMS = """
with item as materialized (
    select w.state, w.available_at, w.due_at, w.done_at,
        case when $9::text = 'unit' then {PLACE} end as unit_id,
        case when $9 = 'person' then w.assignee_id end as user_id,
        case when $9 in ('process', 'lane') then i.process_id end as process_id,
        case when $9 = 'lane' then w.lane else '' end as lane
    from work_item w
    join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
    join process p on p.tenant_id = i.tenant_id and p.id = i.process_id
    where w.tenant_id = $1 and w.mark <> 'test' and split_part(p.key, '.', 1) <> all($4::text[])
      and ($5::text is null or p.key = $5)
      and (w.state in ('open', 'claimed', 'started', 'suspended')
        or (w.state = 'done' and w.done_at >= $8::timestamptz))
      and {ASSIGNED}
)
select {GROUP} count(*) filter (where state <> 'done') as open,
    count(*) filter (where state <> 'done' and due_at < $6::timestamptz) as overdue,
    count(*) filter (where state <> 'done' and due_at >= $6 and due_at < $7::timestamptz) as due_soon,
    count(*) filter (where state = 'suspended') as suspended,
    min(available_at) filter (where state <> 'done') as oldest_at,
    min(due_at) filter (where state <> 'done' and due_at < $6) as late_since,
    count(*) filter (where state = 'done') as done,
    count(*) filter (where state = 'done' and due_at is not null) as promised,
    count(*) filter (where state = 'done' and done_at <= due_at) as on_time
    {COUNTED}
from item {ORDER}
""".replace("{PLACE}", PLACE).replace("{ASSIGNED}", ASSIGNED)
_ROWS = (
    _ITEMS.replace("{GROUP}", "unit_id, user_id, process_id, lane,")
    .replace("{COUNTED}", ", count(*) over () as counted")
    .replace(
        "{ORDER}",
        "group by 1, 2, 3, 4 order by overdue desc, late_since nulls last, open desc, oldest_at nulls last, 1, 2, 3, 4"
        " limit $10",
    )
)
_TOTAL = _ITEMS.replace("{GROUP}", "").replace("{COUNTED}", "").replace("{ORDER}", "")


class Side(StrEnum):
    """By what work is told apart."""

    UNIT = "unit"
    PERSON = "person"
    PROCESS = "process"
    LANE = "lane"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How work stands with one unit, person, process or lane of one; none of them: with nobody yet, or with all.

    ``due_soon`` of what is not late; ``oldest_at``: since when the oldest waits; ``late_since``: when the longest
    overdue was due; ``done`` and ``on_time_rate`` within the period, the latter None where nothing had a term.
    """

    open: int
    overdue: int
    due_soon: int
    suspended: int
    oldest_at: datetime | None
    late_since: datetime | None
    done: int
    promised: int
    on_time_rate: float | None
    unit_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    process_id: uuid.UUID | None = None
    lane: str = ""


@dataclass(frozen=True, kw_only=True)
class Standings:
    """``rows``: who lags most comes first; ``count`` how many there are, of which some may be left out."""

    total: Standing
    rows: Sequence[Standing]
    count: int


async def standings(
    by: Side, *, process: str | None = None, soon_days: int = 3, period_days: int = 30, limit: int = 50
) -> Standings:
    """Return how the work of the city, or of the units of who assigns it, stands now; days are calendar ones."""
    everywhere, units = (True, []) if current_principal().can(READ) else assigning()
    checks = Checks()
    asked = (
        ("soon_days", soon_days, MOST_SOON),
        ("period_days", period_days, MOST_PERIOD),
        ("limit", limit, MOST_ROWS),
    )
    for name, value, most in asked:
        if not 1 <= value <= most:
            checks.wrong("process_number_outside", name, low=1, high=most)
    checks.done()
    at = now()
    values = (
        everywhere,
        units,
        closed_modules(),
        None if process is None else keepable(process),
        at,
        at + timedelta(days=soon_days),
        at - timedelta(days=period_days),
        by.value,
    )
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ROWS, unit.tenant_id, *values, limit)
        (total,) = await unit.connection.fetch(_TOTAL, unit.tenant_id, *values)
    return Standings(
        total=_standing(total), rows=[_standing(row) for row in rows], count=rows[0]["counted"] if rows else 0
    )


def _standing(row: asyncpg.Record) -> Standing:
    known = {name: value for name, value in row.items() if name not in ("counted", "on_time")}
    return Standing(**known, on_time_rate=row["on_time"] / row["promised"] if row["promised"] else None)
