"""The person who works on a case."""

from __future__ import annotations

import uuid

from leancity.core.cases.journal import add_event
from leancity.core.cases.records import change_case, lock_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.tables import UserAccount


async def assign(case_id: uuid.UUID, user_id: uuid.UUID | None, *, expected_version: int | None = None) -> CaseRecord:
    """Give an open case to a person of the unit that holds it, or to nobody (None)."""
    async with tenant_tx(write=True):
        case, _ = await lock_case(case_id, permission="core.case.assign", expected_version=expected_version)
        if user_id is not None:
            person = await UserAccount.objects().where(UserAccount.id == user_id).first()
            if person is None or not person.is_active:
                raise refuse("not_found", "user_id")
            if case.unit_id is None:
                raise refuse("case_without_unit", "case_id")
            if person.unit_id != case.unit_id:
                raise refuse("case_assignee_elsewhere", "user_id")
        before = case.assignee_id
        await change_case(case, assignee_id=user_id)
        await add_event(case, "assigned", user_id=user_id, before=before)
    return case
