"""How cases relate: duplicates, parts of a larger one, others to be seen beside it."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from leancity.core.cases.checks import one_of
from leancity.core.cases.journal import TOPIC, add_event
from leancity.core.cases.reach import READ
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseRecord, CaseRelation
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.live.announce import announce

RELATE = "core.case.relate"
RELATIONS = ("duplicate_of", "child_of", "related")
_DIRECTED = ("duplicate_of", "child_of")

_ONWARD = """
with recursive onward(id) as (
    select $2::uuid
    union
    select r.other_id from onward o join case_relation r on r.case_id = o.id
    where r.tenant_id = $1 and r.kind = $3
)
select id from onward
"""
_LINE = 1_252  # of the advisory locks of a city: its relations of locked cases, made one after another
_QUEUE = "select pg_advisory_xact_lock($1, $2)"
_LOCK = "select from case_record where tenant_id = $1 and id = any($2::uuid[]) order by id for no key update"


async def relate(
    case_id: uuid.UUID,
    other_id: uuid.UUID,
    kind: Literal["duplicate_of", "child_of", "related"],
    *,
    permission: str | None = RELATE,
    is_locked: bool = False,
) -> CaseRelation:
    """Say that a case is a duplicate of, a child of, or related to another; closed ones too.

    ``permission`` None leaves it to the caller who may do that to the one, and see the other. ``is_locked``: the case
    is locked already, as in the middle of its move.

    ``Refused``: a case related to itself, a relation that is there already (``related`` in either direction), or one
    that would make a case the duplicate or the part of itself over others.
    """
    one_of("kind", kind, RELATIONS)
    if case_id == other_id:
        raise refuse("case_relation_self", "other_id")
    async with tenant_tx(write=True) as unit:
        if is_locked:
            # The others can't be locked in their order any more: two that wait for each other would be cut off. Of two
            # such relations that close a circle the second waits here; one that is not such waits for the locked case.
            await unit.connection.execute(_QUEUE, _LINE, unit.tenant_id)
        else:
            await _lock_path(unit, case_id, other_id, kind)
        case, _ = await find_case(case_id, permission=permission)
        await find_case(other_id, permission=permission and READ, field="other_id")
        if kind in _DIRECTED and case_id in await _onward(unit, other_id, kind):
            raise refuse("case_relation_circular", "other_id")
        present: Any = (CaseRelation.case_id == case_id) & (CaseRelation.other_id == other_id)
        if kind not in _DIRECTED:
            present |= (CaseRelation.case_id == other_id) & (CaseRelation.other_id == case_id)
        if await CaseRelation.exists().where((CaseRelation.kind == kind) & present):
            raise refuse("case_relation_known", "other_id")
        row = CaseRelation(case_id=case_id, other_id=other_id, kind=kind)
        await row.save()
        await add_event(case, "related", other_id=other_id, relation=kind)
        await announce(TOPIC, other_id)  # whose timeline stays silent, and which shows the relation all the same
    return row


async def lock_related(case_id: uuid.UUID, other_id: uuid.UUID, kind: str) -> None:
    """Lock both cases, and all that the other leads to, in the open unit: whoever relates them the other way round
    waits, and sees what became of it."""
    async with tenant_tx(write=True) as unit:
        await _lock_path(unit, case_id, other_id, kind)


async def unrelate(relation_id: uuid.UUID, *, permission: str | None = RELATE) -> CaseRecord:
    """Take back a relation and return the case that had it; ``permission`` None leaves to the caller who may."""
    async with tenant_tx(write=True):
        row = await CaseRelation.objects().where(CaseRelation.id == relation_id).first()
        if row is None:
            raise refuse("not_found", "relation_id")
        case, _ = await find_case(row.case_id, permission=permission)
        await row.remove()
        await add_event(case, "unrelated", other_id=row.other_id, relation=row.kind)
        await announce(TOPIC, row.other_id)
    return case


async def _lock_path(unit: Unit, case_id: uuid.UUID, other_id: uuid.UUID, kind: str) -> None:
    """Lock both cases and all that ``other_id`` leads to, in the order of their ids.

    Two relations that would close a circle together share a case on their paths, so the second waits for the first
    and then sees it.
    """
    path = await _onward(unit, other_id, kind) if kind in _DIRECTED else {other_id}
    await unit.connection.execute(_LOCK, unit.tenant_id, [case_id, *path])


async def _onward(unit: Unit, case_id: uuid.UUID, kind: str) -> set[uuid.UUID]:
    rows = await unit.connection.fetch(_ONWARD, unit.tenant_id, case_id, kind)
    return {row["id"] for row in rows}
