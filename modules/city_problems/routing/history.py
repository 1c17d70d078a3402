"""The city's reports of the past as the rules see them, newest first, a part at a time."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from leancity.core.db.unit import tenant_tx
from leancity.modules.city_problems.kinds import KEY
from leancity.modules.city_problems.routing.matching import Subject

PART = 1_000
"""Reports that are held in memory at once, with their texts."""

# The part is chosen among the cases first: joined before, all that follow would be joined for every part.
_REPORTS = """
select c.*, r.cell, r.address, k.key as category
from (
    select tenant_id, id, text, opened_at, closed_at, unit_id from case_record
    where tenant_id = $1 and kind = $2 and ($3::timestamptz is null or opened_at >= $3)
      and ($4::timestamptz is null or (opened_at, id) < ($4, $5::uuid))
    order by opened_at desc, id desc limit $6
) c
join city_problems_report r on r.tenant_id = c.tenant_id and r.case_id = c.id
join city_problems_category k on k.tenant_id = c.tenant_id and k.id = r.category_id
where r.tenant_id = $1 and k.tenant_id = $1
order by c.opened_at desc, c.id desc
"""


@dataclass(frozen=True, kw_only=True)
class Past:
    """A report and what became of it: ``unit_id`` is the unit that holds it, or held it when it was closed."""

    case_id: uuid.UUID
    subject: Subject
    closed_at: datetime | None
    unit_id: uuid.UUID | None


async def past_reports(since: datetime | None, limit: int) -> AsyncIterator[list[Past]]:
    """Yield the last ``limit`` reports, not reported before ``since``."""
    moment, case_id = None, None
    while limit > 0:
        async with tenant_tx() as unit:
            rows = await unit.connection.fetch(_REPORTS, unit.tenant_id, KEY, since, moment, case_id, min(PART, limit))
        if not rows:
            return
        yield [
            Past(
                case_id=row["id"],
                subject=Subject(
                    category=row["category"],
                    cell=row["cell"],
                    text=row["text"],
                    address=row["address"],
                    at=row["opened_at"],
                ),
                closed_at=row["closed_at"],
                unit_id=row["unit_id"],
            )
            for row in rows
        ]
        limit -= len(rows)
        moment, case_id = rows[-1]["opened_at"], rows[-1]["id"]
