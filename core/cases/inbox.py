"""The one inbox: cases of all modules of the city, filtered, paged, counted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from piccolo.columns.combination import And, WhereRaw

from leancity.core.cases.checks import SHORT, keepable, one_text
from leancity.core.cases.reach import REACHED, READ, limits, within
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.search import search
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

MOST_ROWS = 200
MOST_FOUND = 1000
"""A text search looks at this many of the newest matches."""

# Row comparison, so that the index (tenant_id, opened_at, id) is entered at the key; every operator is leakproof.
_BEYOND = "(case_record.opened_at, case_record.id) < ({}, {})"
_OFFERED = (
    "case_record.id in (select h.case_id from case_handover h"
    " where h.tenant_id = {} and h.receiver_id = {} and h.state = 'offered')"
)
_FOLDERS = """
select 'state' as folder, kind, status, count(*) as amount from case_record
where tenant_id = $1 and kind = any($14::text[]) and {reached} group by kind, status
union all
select 'overdue', '', '', count(*) from case_record
where tenant_id = $1 and kind = any($14::text[]) and due_at < $15 and closed_at is null and {reached}
union all
select 'mine', '', '', count(*) from case_record
where tenant_id = $1 and kind = any($14::text[]) and assignee_id = $3 and closed_at is null and {reached}
union all
select 'offered', '', '', count(*) from case_handover o
join case_record on case_record.tenant_id = o.tenant_id and case_record.id = o.case_id
where o.tenant_id = $1 and o.receiver_id = $16 and o.state = 'offered' and kind = any($14::text[]) and {reached}
""".replace("{reached}", REACHED)


@dataclass(frozen=True, kw_only=True)
class InboxFilter:
    """Which cases; a field left out asks for nothing.

    ``mine``: assigned to whoever asks; ``offered``: offered to their unit; ``is_open``: not closed, or closed;
    ``overdue_at``: open and past due at that moment; ``opened_from`` inclusive, ``opened_before`` exclusive; ``text``:
    full text in Russian and English, of the 1000 newest matches.
    """

    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    outcome: str | None = None
    number: str | None = None
    unit_id: uuid.UUID | None = None
    assignee_id: uuid.UUID | None = None
    mine: bool = False
    offered: bool = False
    is_open: bool | None = None
    overdue_at: datetime | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    text: str = ""


class Keyset(NamedTuple):
    """The place of a case in the inbox: the next page begins behind it, whatever was filed meanwhile."""

    opened_at: datetime
    id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class FolderCounts:
    """How many cases lie where: by (kind, status), and of the open ones those past due, assigned to whoever asks, and
    offered to their unit."""

    states: dict[tuple[str, str], int]
    overdue: int
    mine: int
    offered: int


async def list_cases(wanted: InboxFilter, *, limit: int = 50, after: Keyset | None = None) -> list[CaseRecord]:
    """Return at most ``limit`` cases (1 to 200), newest first, behind ``after``; ask for one more to know of more."""
    if not 1 <= limit <= MOST_ROWS:
        raise refuse("page_size_invalid", "limit", limit=MOST_ROWS)
    async with tenant_tx():
        conditions = await _conditions(wanted)
        if conditions is None:
            return []
        query = CaseRecord.objects().where(conditions)
        if after is not None:
            query = query.where(WhereRaw(_BEYOND, after.opened_at, after.id))
        return await query.order_by(CaseRecord.opened_at, CaseRecord.id, ascending=False).limit(limit)


async def count_cases(wanted: InboxFilter) -> int:
    """Return how many cases ``list_cases`` would page through."""
    async with tenant_tx():
        conditions = await _conditions(wanted)
        return 0 if conditions is None else await CaseRecord.count().where(conditions)


async def folder_counts(at: datetime | None = None) -> FolderCounts:
    """Return the counts of the inbox's folders; ``at``: the moment to which «overdue» refers, now when None."""
    who = current_principal()
    async with tenant_tx() as unit:
        kinds = [*open_kinds()]
        values = (*limits(READ), kinds, at or now(), who.unit_id)
        rows = await unit.connection.fetch(_FOLDERS, unit.tenant_id, *values)
    alone = {row["folder"]: row["amount"] for row in rows}
    return FolderCounts(
        states={(row["kind"], row["status"]): row["amount"] for row in rows if row["folder"] == "state"},
        overdue=alone["overdue"],
        mine=alone["mine"],
        offered=alone["offered"],
    )


async def _conditions(wanted: InboxFilter) -> Any | None:
    """Return the filter as one condition, None where nothing can fit it."""
    reach = within(READ)
    kinds = [key for key in open_kinds() if not wanted.kinds or key in wanted.kinds]
    if not kinds:
        return None
    text = one_text("text", wanted.text, limit=SHORT)
    found = await search(CaseRecord, text, most=MOST_FOUND) if text else None
    who = current_principal()
    if found == [] or (wanted.mine and who.user_id is None) or (wanted.offered and who.unit_id is None):
        return None
    condition: Any = CaseRecord.kind.is_in(kinds)
    if reach is not None:
        condition = And(condition, reach)
    if found is not None:
        condition = And(condition, CaseRecord.id.is_in(found))
    for part in _parts(wanted):
        condition = And(condition, part)
    return condition


def _parts(wanted: InboxFilter) -> Iterator[Any]:
    who = current_principal()
    if wanted.statuses:
        yield CaseRecord.status.is_in([keepable(status) for status in wanted.statuses])
    if wanted.outcome is not None:
        yield CaseRecord.outcome == keepable(wanted.outcome)
    if wanted.number is not None:
        yield CaseRecord.number == keepable(wanted.number).strip().upper()
    if wanted.unit_id is not None:
        yield CaseRecord.unit_id == wanted.unit_id
    if wanted.assignee_id is not None:
        yield CaseRecord.assignee_id == wanted.assignee_id
    if wanted.mine:
        yield CaseRecord.assignee_id == who.user_id
    if wanted.offered:
        yield WhereRaw(_OFFERED, current_tenant().id, who.unit_id)
    if wanted.is_open is not None:
        yield CaseRecord.closed_at.is_null() if wanted.is_open else CaseRecord.closed_at.is_not_null()
    if wanted.overdue_at is not None:
        yield (CaseRecord.due_at < wanted.overdue_at) & CaseRecord.closed_at.is_null()
    if wanted.opened_from is not None:
        yield CaseRecord.opened_at >= wanted.opened_from
    if wanted.opened_before is not None:
        yield CaseRecord.opened_at < wanted.opened_before
