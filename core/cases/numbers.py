"""Numbers of cases: one series for every kind and year of a city."""

from __future__ import annotations

from datetime import datetime

from leancity.core.cases.registry import kind_to_file
from leancity.core.db.unit import tenant_tx
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

_NEXT = """
insert into case_series (id, tenant_id, kind, year, last) values ($2, $1, $3, $4, 1)
on conflict (tenant_id, kind, year) do update set last = case_series.last + 1
returning last
"""


async def draw_number(kind: str, opened_at: datetime | None = None) -> str:
    """Return the next number of a kind, CP-2026-000123, in the year of ``opened_at`` (now) by the city's own calendar.

    Draw it *before* opening a unit of work: then the counter's row is locked for a moment only and not until the case
    commits. A number drawn in vain leaves a gap, which a register of cases may have.
    """
    case_kind, city = kind_to_file(kind), current_tenant()
    year = (opened_at or now()).astimezone(city.zone_info).year
    async with tenant_tx(write=True, aside=True) as unit:
        last: int = await unit.connection.fetchval(_NEXT, city.id, new_id(), kind, year)
    return f"{case_kind.prefix}-{year}-{last:06d}"
