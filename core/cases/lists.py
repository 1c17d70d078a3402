"""The lists that a screen shows beside each of many cases, each read at once for all of them."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from leancity.core.cases.reads import read_cases, read_parts
from leancity.core.cases.tables import CaseFile, CaseRelation
from leancity.core.db.unit import tenant_tx
from leancity.core.files.tables import StoredFile

# Of each case the events behind the keyset, by the index (tenant_id, case_id, at, id).
_TIMELINES = """
select line.* from unnest($2::uuid[]) as wanted (id) cross join lateral (
    select e.id, e.case_id, e.at, e.kind, e.status, e.actor_id, e.data from case_event e
    where e.tenant_id = $1 and e.case_id = wanted.id and ($3::timestamptz is null or (e.at, e.id) > ($3, $4::uuid))
    order by e.at, e.id limit $5
) line
order by line.case_id, line.at, line.id
"""
_LENGTHS = """
select case_id, count(*) as amount from case_event
where tenant_id = $1 and case_id = any($2::uuid[]) group by case_id
"""


class Place(NamedTuple):
    """The place of an event in its case's timeline; a page begins behind it."""

    at: datetime
    id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class TimelineEvent:
    """What happened to a case: ``kind`` in the past tense, ``status`` the state it was in then."""

    id: uuid.UUID
    case_id: uuid.UUID
    at: datetime
    kind: str
    status: str | None
    actor_id: uuid.UUID | None
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HungFile:
    """A file of a case; ``id`` is the file's own, by which it is fetched."""

    id: uuid.UUID
    name: str
    media_type: str
    size: int
    role: str
    visibility: str
    at: datetime


async def read_timelines(
    case_ids: Collection[uuid.UUID], *, limit: int, after: Place | None = None
) -> dict[uuid.UUID, list[TimelineEvent]]:
    """Return of each case at most ``limit`` events, oldest first, behind ``after``."""
    found: dict[uuid.UUID, list[TimelineEvent]] = defaultdict(list)
    async with tenant_tx() as unit:
        cases = [*await read_cases(case_ids)]
        at, event_id = after or (None, None)
        rows = await unit.connection.fetch(_TIMELINES, unit.tenant_id, cases, at, event_id, limit)
    for row in rows:
        values = dict(row)
        facts = json.loads(values.pop("data"))
        found[row["case_id"]].append(TimelineEvent(**values, facts=facts))
    return found


async def timeline_lengths(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many events each case has."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LENGTHS, unit.tenant_id, [*await read_cases(case_ids)])
    return {row["case_id"]: row["amount"] for row in rows}


async def read_files(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[HungFile]]:
    """Return the files of cases, oldest first, by case."""
    async with tenant_tx():
        hung = await read_parts(CaseFile, case_ids)
        ids = [row.file_id for rows in hung.values() for row in rows]
        stored = {row.id: row for row in await StoredFile.objects().where(StoredFile.id.is_in(ids))} if ids else {}
    return {case_id: [_hung(row, stored[row.file_id]) for row in rows] for case_id, rows in hung.items()}


async def read_relations(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[CaseRelation]]:
    """Return the relations that each case has to others and others to it, as far as both ends exist here."""
    found: dict[uuid.UUID, list[CaseRelation]] = defaultdict(list)
    async with tenant_tx():
        cases = await read_cases(case_ids)
        if not cases:
            return found
        touching = CaseRelation.case_id.is_in([*cases]) | CaseRelation.other_id.is_in([*cases])
        rows = await CaseRelation.objects().where(touching).order_by(CaseRelation.id)
        ends = await read_cases({end for row in rows for end in (row.case_id, row.other_id)})
    for row in rows:
        if row.case_id in ends and row.other_id in ends:
            for end in cases.keys() & {row.case_id, row.other_id}:
                found[end].append(row)
    return found


def _hung(row: CaseFile, stored: StoredFile) -> HungFile:
    return HungFile(
        id=stored.id,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        role=row.role,
        visibility=row.visibility,
        at=row.at,
    )
