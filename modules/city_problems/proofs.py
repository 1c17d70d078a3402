"""Photos that show the work done: staff see them when a closing is asked for, everybody once the report is closed.

A city may have drawn an approval in between. What an approval turned down waits with the case, and is shown with the
closing that comes true, unless a moderator has decided on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from leancity.core.cases.attachments import Attachment, hang_file, tell_of_file
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx

CLOSE = "close"

# Those given with this closing, and those that were hung for one that did not come true.
_SHOW = """
update case_file f set visibility = 'public'
where f.tenant_id = $1 and f.case_id = $2 and f.role = 'proof' and f.visibility = 'internal'
  and (f.file_id = any($3::uuid[]) or exists (
    select from case_event e where e.tenant_id = $1 and e.case_id = $2 and e.kind = 'file_attached'
      and e.data->>'file_id' = f.file_id::text and e.data->>'waits_for' = $4)
    and not exists (
      select from case_event e where e.tenant_id = $1 and e.case_id = $2 and e.kind = 'moderated'
        and e.data->>'file_id' = f.file_id::text))
returning f.id
"""


async def hang_proofs(case_id: uuid.UUID, proofs: Sequence[Attachment]) -> list[CaseFile]:
    """Hang photos on a case for its closing, for staff alone so far. Joins the open unit of work.

    Until they are shown, or known to wait, nobody is told of them: see ``show_proofs`` and ``tell_of_waiting``.
    """
    if not proofs:
        return []
    case, _ = await find_case(case_id, permission="core.case.comment")
    return [await hang_file(case, proof) for proof in proofs]


async def show_proofs(case: CaseRecord, file_ids: Collection[uuid.UUID]) -> None:
    """Show everybody the photos of a closing that has come true. Joins the open unit of work."""
    async with tenant_tx(write=True) as unit:
        shown = await unit.connection.fetch(_SHOW, unit.tenant_id, case.id, [*file_ids], CLOSE)
    ids = [row["id"] for row in shown]
    for row in await CaseFile.objects().where(CaseFile.id.is_in(ids)).order_by(CaseFile.id) if ids else []:
        await tell_of_file(case, row)


async def tell_of_waiting(case: CaseRecord, proofs: Sequence[CaseFile]) -> None:
    """Tell staff of the photos of a closing that has not come true yet; of one that has ``show_proofs`` has told."""
    if case.closed_at is None:
        for row in proofs:
            await tell_of_file(case, row, waits_for=CLOSE)
