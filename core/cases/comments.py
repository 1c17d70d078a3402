"""Comments on a case."""

from __future__ import annotations

import uuid

from leancity.core.cases.attachments import VISIBILITIES, Visibility
from leancity.core.cases.checks import LONG, one_of, one_text
from leancity.core.cases.journal import add_event
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseComment
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now


async def comment(case_id: uuid.UUID, body: str, visibility: Visibility = "internal") -> CaseComment:
    """Comment on a case, for its staff (internal) or for the resident too (public). A closed case may be commented."""
    body = one_text("body", body, limit=LONG, required=True)
    one_of("visibility", visibility, VISIBILITIES)
    async with tenant_tx(write=True):
        case, _ = await find_case(case_id, permission="core.case.comment")
        row = CaseComment(
            case_id=case_id, author_id=current_principal().user_id, visibility=visibility, body=body, at=now()
        )
        await row.save()
        await add_event(case, "commented", comment_id=row.id, visibility=visibility)
    return row
