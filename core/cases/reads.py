"""Reading cases and what hangs on them, for many at once: what is not the city's is simply not among the answers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import TypeVar

from piccolo.columns.combination import WhereRaw

from leancity.core.cases.reach import READ, within
from leancity.core.cases.records import find_case
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import (
    CaseComment,
    CaseEvent,
    CaseExtension,
    CaseFile,
    CaseHandover,
    CasePause,
    CaseRecord,
    CaseRelation,
    CaseTerm,
)
from leancity.core.db.unit import tenant_tx

Part = TypeVar("Part", CaseEvent, CaseComment, CaseFile, CaseHandover, CaseTerm, CasePause, CaseExtension, CaseRelation)
Published = TypeVar("Published", CaseComment, CaseFile)

_ORDERS = {
    CaseEvent: CaseEvent.at,
    CaseComment: CaseComment.at,
    CaseFile: CaseFile.at,
    CaseHandover: CaseHandover.offered_at,
    CaseTerm: CaseTerm.started_at,
    CasePause: CasePause.from_at,
    CaseExtension: CaseExtension.at,
    CaseRelation: CaseRelation.id,
}


async def read_case(case_id: uuid.UUID) -> CaseRecord:
    """Return a case; raise ``Refused`` where the city has none such, or none that whoever asks may see."""
    case, _ = await find_case(case_id, permission=READ)
    return case


async def read_cases(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CaseRecord]:
    """Return those of the cases that exist here and that whoever asks may see, by id."""
    return await _existing(case_ids, within(READ))


async def read_parts(table: type[Part], case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Part]]:
    """Return the rows of ``table`` that hang on the cases, oldest first, by case."""
    return await _parts(table, case_ids, within(READ))


async def read_published(table: type[Published], case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Published]]:
    """Return the public comments or files of cases, oldest first, by case: for a module that shows them to residents.

    Asks for no permission; which of its cases the module shows is its own decision.
    """
    found = await _parts(table, case_ids, None)
    return {case_id: [row for row in rows if row.visibility == "public"] for case_id, rows in found.items()}


async def _existing(case_ids: Collection[uuid.UUID], limits: WhereRaw | None) -> dict[uuid.UUID, CaseRecord]:
    kinds = open_kinds()
    if not case_ids or not kinds:
        return {}
    async with tenant_tx():
        query = CaseRecord.objects().where(CaseRecord.id.is_in([*case_ids]) & CaseRecord.kind.is_in([*kinds]))
        rows = await (query if limits is None else query.where(limits))
    return {row.id: row for row in rows}


async def _parts(
    table: type[Part], case_ids: Collection[uuid.UUID], limits: WhereRaw | None
) -> dict[uuid.UUID, list[Part]]:
    found: dict[uuid.UUID, list[Part]] = defaultdict(list)
    async with tenant_tx():
        existing: dict[uuid.UUID, CaseRecord] = await _existing(case_ids, limits)
        if existing:
            query = table.objects().where(table.case_id.is_in([*existing]))
            for row in await query.order_by(_ORDERS[table], table.id):
                found[row.case_id].append(row)
    return found
