"""Which report a duplicate leads to: through others, to the one that is a duplicate of none."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Final

from leancity.core.db.unit import tenant_tx

RELATION: Final = "duplicate_of"

_ROOTS = """
with recursive onward (id, other_id) as (
    select asked.id, asked.id from unnest($2::uuid[]) as asked (id)
    union
    select o.id, r.other_id from onward o join case_relation r on r.case_id = o.other_id
    where r.tenant_id = $1 and r.kind = $3
)
select o.id, o.other_id from onward o
where not exists (
    select from case_relation r where r.tenant_id = $1 and r.case_id = o.other_id and r.kind = $3
)
order by o.other_id
"""
# A report that everybody repeats has thousands of them: the newest stand for all.
_LINKS = """
select p.case_id, p.other_id from (
    select r.case_id, r.other_id, row_number() over (partition by r.other_id order by r.id desc) as place
    from case_relation r
    where r.tenant_id = $1 and r.kind = $3 and (r.case_id = any($2::uuid[]) or r.other_id = any($2::uuid[]))
) p where p.place <= $4 or p.case_id = any($2::uuid[])
order by p.place
"""


async def roots_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return of each case those at the end of its duplicates' chain: itself where it is a duplicate of none."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ROOTS, unit.tenant_id, [*case_ids], RELATION)
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        found[row["id"]].append(row["other_id"])
    return found


async def links_of(
    case_ids: Collection[uuid.UUID], *, most: int
) -> tuple[dict[uuid.UUID, list[uuid.UUID]], dict[uuid.UUID, list[uuid.UUID]]]:
    """Return by case what it is a duplicate of, and its duplicates: at most ``most`` of each, the newest."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LINKS, unit.tenant_id, [*case_ids], RELATION, most)
    asked = {*case_ids}
    onward: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    back: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        if row["case_id"] in asked:
            onward[row["case_id"]].append(row["other_id"])
        if row["other_id"] in asked:
            back[row["other_id"]].append(row["case_id"])
    return onward, back
