"""In which territories places lie."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from leancity.core.db.unit import tenant_tx

# The runs of a territory don't overlap: the one that begins last before a cell is the only one that may hold it.
_TERRITORIES = """
select place.cell, array_agg(t.key) as keys
from unnest($2::bigint[]) as place (cell)
cross join territory t
cross join lateral (
    select r.high from territory_range r
    where r.tenant_id = $1 and r.territory_id = t.id and r.low <= place.cell
    order by r.low desc limit 1
) as run
where t.tenant_id = $1 and t.key = any($3::text[]) and run.high >= place.cell
group by place.cell
"""


async def territories_at(cells: Collection[int], keys: Collection[str]) -> Mapping[int, frozenset[str]]:
    """Return which of the territories ``keys`` each H3 cell lies in; a cell outside of all is left out."""
    if not cells or not keys:
        return {}
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_TERRITORIES, unit.tenant_id, [*{*cells}], [*keys])
    return {row["cell"]: frozenset(row["keys"]) for row in rows}
