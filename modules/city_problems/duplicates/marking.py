"""A clerk says of a report that it is a duplicate, and of which; and takes it back by reopening it.

Who reported it, and who said «me too» of it, then support the original and follow it, so that they hear of its repair.
They are counted at the moment the duplicate was closed: by that they are told from who joined by themselves, when the
mark is taken back.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from leancity.core.cases.followers import add_followers
from leancity.core.cases.records import find_case
from leancity.core.cases.relations import lock_related, relate, unrelate
from leancity.core.cases.tables import CaseRecord, CaseRelation
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.modules.city_problems.duplicates.joining import add_supporters, is_shown, remove_supporters
from leancity.modules.city_problems.duplicates.originals import RELATION, roots_of
from leancity.modules.city_problems.kinds import DUPLICATE, KEY
from leancity.modules.city_problems.permissions import TRIAGE
from leancity.modules.city_problems.seen import seen_among
from leancity.modules.city_problems.tables import CityProblemsSupporter

FIELD = "duplicate_of"


async def require_original(case_id: uuid.UUID, named: uuid.UUID | None) -> uuid.UUID:
    """Refuse to mark a report as a duplicate of what it can't be one of, for whoever asks; return what they named.

    Nothing is marked yet: that hangs on the move. Call this before it: it locks the cases in their order. ``Refused``,
    naming ``duplicate_of``: none is named, it is the report itself or leads back to it, it is no report that they see,
    or is refused as a duplicate of nothing.
    """
    if named is None:
        raise refuse("required", FIELD)
    async with tenant_tx(write=True):
        await find_case(case_id, permission=TRIAGE, field="id")
        original = (await roots_of([named]))[named][0]
        if original not in await seen_among([original]):
            raise refuse("not_found", FIELD)
        await _require_fit(case_id, named, original)
        await lock_related(case_id, original, RELATION)
    return named


async def relate_to_original(duplicate: CaseRecord, named: uuid.UUID) -> uuid.UUID:
    """Make a report that has just been closed the duplicate of the one at the end of the chain that ``named`` begins.

    Return that one's id. Joins the open unit, in which the report is locked. ``Refused``, naming ``duplicate_of``: what
    was asked for does not fit any more.
    """
    original = (await roots_of([named]))[named][0]
    await _require_fit(duplicate.id, named, original)
    try:
        await relate(duplicate.id, original, RELATION, permission=None, is_locked=True)
    except Refused as refused:
        raise Refused(*(replace(each, field=FIELD) for each in refused.problems)) from refused
    return original


async def _require_fit(case_id: uuid.UUID, named: uuid.UUID, original: uuid.UUID) -> None:
    row = await CaseRecord.objects().where((CaseRecord.id == original) & (CaseRecord.kind == KEY)).first()
    if row is None:
        raise refuse("not_found", FIELD)
    if case_id == named:
        raise refuse("case_relation_self", FIELD)
    if case_id == original:
        raise refuse("case_relation_circular", FIELD)
    if row.outcome == DUPLICATE:
        raise refuse("city_problems.original_is_duplicate", FIELD)


async def carry_over(duplicate: CaseRecord, original_id: uuid.UUID) -> None:
    """Let who stands behind a duplicate, just closed, support the original and follow it. Joins the open unit."""
    if duplicate.closed_at is None:
        raise ValueError("the duplicate is not closed")
    people = await _behind(duplicate)
    await add_supporters(original_id, people, duplicate.closed_at)
    if await is_shown(original_id):  # what everybody doesn't see they are not told of either
        await add_followers(original_id, people)


async def take_back(duplicate: CaseRecord, closed_at: datetime) -> None:
    """Undo the mark of a report that was closed as a duplicate and is reopened. Joins the open unit of work.

    Who was carried over follows the original still: to follow no longer is theirs to say.
    """
    async with tenant_tx(write=True):
        marks = (CaseRelation.case_id == duplicate.id) & (CaseRelation.kind == RELATION)
        people = await _behind(duplicate)
        for mark in await CaseRelation.objects().where(marks).order_by(CaseRelation.other_id):
            await unrelate(mark.id, permission=None)
            await remove_supporters(mark.other_id, people, at=closed_at)


async def _behind(report: CaseRecord) -> list[uuid.UUID]:
    joined = CityProblemsSupporter.select(CityProblemsSupporter.user_id)
    rows = await joined.where(CityProblemsSupporter.case_id == report.id)
    return [*({report.author_id} - {None}), *(row["user_id"] for row in rows)]
