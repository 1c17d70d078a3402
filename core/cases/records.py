"""The case's own row: found, locked, changed. Every verb goes through here."""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.reach import require_reach
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse


async def find_case(
    case_id: uuid.UUID, *, permission: str | None, field: str = "case_id"
) -> tuple[CaseRecord, CaseKind]:
    """Return a case and its kind to who may do ``permission`` to it; None leaves that question to the caller.

    ``Refused``: the city has no such case, not the module it belongs to, or whoever asks may not see it. ``Forbidden``
    for one who may see it, but no more.
    """
    async with tenant_tx():
        case, kind = _known(await CaseRecord.objects().where(CaseRecord.id == case_id).first(), field)
        if permission is not None:
            await require_reach(permission, case, field=field)
    return case, kind


async def lock_case(
    case_id: uuid.UUID, *, permission: str | None, expected_version: int | None = None, closed: bool = False
) -> tuple[CaseRecord, CaseKind]:
    """Return a case as it is now, and keep others from changing it until the open unit of work ends.

    ``permission`` as in ``find_case``. ``expected_version`` is the one the user saw: ``Refused`` when somebody changed
    the case since. Without ``closed`` a closed case is refused too.
    """
    # NO KEY UPDATE lets comments and files be added meanwhile: their foreign keys only hold the row's key.
    query = CaseRecord.objects().where(CaseRecord.id == case_id).lock_rows("NO KEY UPDATE")
    case, kind = _known(await query.first(), "case_id")
    if permission is not None:
        await require_reach(permission, case)
    if expected_version is not None and case.version != expected_version:
        raise refuse("case_changed", "expected_version")
    if case.closed_at is not None and not closed:
        raise refuse("case_closed", "case_id")
    return case, kind


async def change_case(case: CaseRecord, **values: Any) -> None:
    """Write ``values`` to a locked case and its row, and count the change."""
    values["version"] = case.version + 1
    for name, value in values.items():
        setattr(case, name, value)
    await case.save([*values])


def _known(case: CaseRecord | None, field: str) -> tuple[CaseRecord, CaseKind]:
    kind = None if case is None else open_kinds().get(case.kind)
    if case is None or kind is None:
        raise refuse("not_found", field)
    return case, kind
