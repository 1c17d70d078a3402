"""What became of forwarded reports: in full for the staff, what the other side says for everybody."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from leancity.core.cases.reach import READ, reached
from leancity.core.db.unit import tenant_tx

_ROWS = """
select f.case_id, e.key as endpoint, e.title, f.service_code, f.state, f.remote_id as number, f.status, f.status_notes,
    f.updated_at, f.asked_at, f.sent_at, f.checked_at, f.attempts, f.failure
from city_problems_forwarding f
join city_problems_endpoint e on e.tenant_id = f.tenant_id and e.id = f.endpoint_id
where f.tenant_id = $1 and e.tenant_id = $1 and f.case_id = any($2::uuid[]) and (not $3 or f.state = 'there')
order by f.asked_at desc, f.id desc
"""


@dataclass(frozen=True, kw_only=True)
class Forwarding:
    """A row of ``CityProblemsForwarding`` with the ``endpoint``'s key and title; times are UTC."""

    case_id: uuid.UUID
    endpoint: str
    title: str
    service_code: str
    state: str
    number: str
    status: str
    status_notes: str
    updated_at: datetime | None
    asked_at: datetime
    sent_at: datetime | None
    checked_at: datetime | None
    attempts: int
    failure: str


async def forwardings_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Forwarding]]:
    """Return the forwardings of the cases that whoever asks may see as staff, the newest first, by case."""
    return await _rows(await reached(READ, case_ids), there_only=False)


async def forwarded_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Forwarding]:
    """Return with whom each of the cases is now, for everybody. Asks nothing: guard what leads there."""
    return {case_id: rows[0] for case_id, rows in (await _rows(case_ids, there_only=True)).items()}


async def _rows(case_ids: Collection[uuid.UUID], *, there_only: bool) -> dict[uuid.UUID, list[Forwarding]]:
    found: dict[uuid.UUID, list[Forwarding]] = defaultdict(list)
    if case_ids:
        async with tenant_tx() as unit:
            for row in await unit.connection.fetch(_ROWS, unit.tenant_id, [*case_ids], there_only):
                found[row["case_id"]].append(Forwarding(**dict(row)))
    return found
