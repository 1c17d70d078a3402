"""A person's own cases, as the one who filed them sees them. No permission is needed, and none gives more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseEvent, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal

# Row comparison, so that the index (tenant_id, author_id, opened_at, id) is entered at the key.
_PAGE = """
select id from case_record where tenant_id = $1 and author_id = $2 and kind = any($3::text[])
and ($4::timestamptz is null or (opened_at, id) < ($4, $5::uuid)) order by opened_at desc, id desc limit $6
"""
_COUNT = "select count(*) from case_record where tenant_id = $1 and author_id = $2 and kind = any($3::text[])"


@dataclass(frozen=True, kw_only=True)
class OwnStep:
    """A state that a case entered."""

    at: datetime
    status: str


async def my_cases(*, limit: int, after: tuple[datetime, uuid.UUID] | None = None) -> list[CaseRecord]:
    """Return the cases that whoever asks has filed, newest first, behind ``after``."""
    author = current_principal().account()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _PAGE, unit.tenant_id, author, [*open_kinds()], *(after or (None, None)), limit
        )
        ids = [row["id"] for row in rows]
        found = {row.id: row for row in await CaseRecord.objects().where(CaseRecord.id.is_in(ids))} if ids else {}
    return [found[each] for each in ids]


async def count_my_cases() -> int:
    """Return how many cases whoever asks has filed."""
    author = current_principal().account()
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, author, [*open_kinds()]))


async def my_case(case_id: uuid.UUID) -> CaseRecord:
    """Return a case that whoever asks has filed; refuse another's as if there were none."""
    author = current_principal().account()
    async with tenant_tx():
        row = await CaseRecord.objects().where((CaseRecord.id == case_id) & (CaseRecord.author_id == author)).first()
    if row is None or row.kind not in open_kinds():
        raise refuse("not_found", "id")
    return row


async def steps_of(cases: list[uuid.UUID]) -> dict[uuid.UUID, list[OwnStep]]:
    """Return the states that cases entered, oldest first, by case. Guard what leads there."""
    found: dict[uuid.UUID, list[OwnStep]] = {case: [] for case in cases}
    async with tenant_tx():
        entered = CaseEvent.case_id.is_in(cases) & (CaseEvent.kind == "state_entered")
        for row in await CaseEvent.objects().where(entered).order_by(CaseEvent.at, CaseEvent.id):
            found[row.case_id].append(OwnStep(at=row.at, status=row.status or ""))
    return found
