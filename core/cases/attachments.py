"""Files of a case."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from leancity.core.cases.checks import one_of
from leancity.core.cases.journal import add_event
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.service import claimed_file
from leancity.core.moment import now

Visibility = Literal["internal", "public"]
VISIBILITIES = ("internal", "public")
ROLES = ("attachment", "proof")


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """An uploaded file to be hung on a case, with the ``claim`` its uploader got; without one it must be the caller's.

    Proof shows the work done; public files are seen by the residents too.
    """

    file_id: uuid.UUID
    claim: str = ""
    role: Literal["attachment", "proof"] = "attachment"
    visibility: Visibility = "internal"


async def attach_file(case_id: uuid.UUID, attachment: Attachment) -> CaseFile:
    """Hang a file on a case, closed or not."""
    async with tenant_tx(write=True):
        case, _ = await find_case(case_id, permission="core.case.comment")
        return await add_file(case, attachment)


async def add_file(case: CaseRecord, attachment: Attachment) -> CaseFile:
    """Hang a file on a case that the caller may write to, in the open unit of work."""
    row = await hang_file(case, attachment)
    await tell_of_file(case, row)
    return row


async def hang_file(case: CaseRecord, attachment: Attachment) -> CaseFile:
    """Hang a file on a case and tell nobody yet: the caller does, in the same unit of work."""
    one_of("role", attachment.role, ROLES)
    one_of("visibility", attachment.visibility, VISIBILITIES)
    # Otherwise an id seen somewhere would be enough to publish a file of another case.
    await claimed_file(attachment.file_id, attachment.claim)
    row = CaseFile(
        case_id=case.id,
        file_id=attachment.file_id,
        role=attachment.role,
        visibility=attachment.visibility,
        at=now(),
    )
    target = (CaseFile.tenant_id, CaseFile.case_id, CaseFile.file_id)
    if not await CaseFile.insert(row).on_conflict(target, "DO NOTHING").returning(CaseFile.id):
        raise refuse("case_file_attached", "file_id")
    return row


async def tell_of_file(case: CaseRecord, row: CaseFile, **facts: Any) -> None:
    """Tell that a file hangs on a case, as far as it is visible; ``facts``, ids and keys, go to the timeline too."""
    await add_event(case, "file_attached", file_id=row.file_id, role=row.role, visibility=row.visibility, **facts)
