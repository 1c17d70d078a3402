"""Reports that were made: listed, one by one, and their files. Everybody sees those of ``owners.visible_owners``."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.tables import StoredFile
from leancity.core.processes.reports.content import content_of
from leancity.core.processes.reports.owners import require_name, require_visible, visible_owners
from leancity.core.processes.reports.periods import checked
from leancity.core.processes.reports.tables import OwnerReport

# The content may have megabytes: a list has none of it. $2: whose, null for everybody's.
_LISTED = """
select id, run_id, owner_id, from_on, until_on, state, error, pdf_id, xlsx_id, asked_at, made_at from owner_report
where tenant_id = $1 and ($2::uuid[] is null or owner_id = any($2)) and ($3::uuid is null or owner_id = $3)
    and ($4::uuid is null or run_id = $4) and ($5::timestamptz is null or (asked_at, id) < ($5, $6::uuid))
order by asked_at desc, id desc limit $7
"""
_COUNTED = """
select count(*) from owner_report
where tenant_id = $1 and ($2::uuid[] is null or owner_id = any($2)) and ($3::uuid is null or owner_id = $3)
    and ($4::uuid is null or run_id = $4)
"""


@dataclass(frozen=True, kw_only=True)
class ReportFilter:
    """Which reports; what is None does not narrow."""

    owner_id: uuid.UUID | None = None
    run_id: uuid.UUID | None = None


async def live_report(owner_id: uuid.UUID, since: date, until: date) -> dict[str, Any]:
    """Return an owner's report as it is now, without keeping it."""
    span = checked(since, until)
    await require_visible(owner_id)
    return await content_of(owner_id, span)


async def list_reports(
    wanted: ReportFilter, *, limit: int, after: tuple[datetime, uuid.UUID] | None = None
) -> Sequence[OwnerReport]:
    """Return reports without their content, the newest first, behind ``after`` (asked at, id)."""
    seen, place = await _seen(), after or (None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LISTED, unit.tenant_id, seen, wanted.owner_id, wanted.run_id, *place, limit)
    return [OwnerReport(**dict(row)) for row in rows]


async def count_reports(wanted: ReportFilter) -> int:
    """Return how many reports ``list_reports`` would page through."""
    seen = await _seen()
    async with tenant_tx() as unit:
        amount: int = await unit.connection.fetchval(_COUNTED, unit.tenant_id, seen, wanted.owner_id, wanted.run_id)
    return amount


async def read_report(report_id: uuid.UUID) -> OwnerReport:
    """Return a report with its content; one that is not whoever asks to see is not there."""
    seen = await _seen()
    async with tenant_tx():
        row = await OwnerReport.objects().where(OwnerReport.id == report_id).first()
    if row is None or (seen is not None and row.owner_id not in seen):
        raise refuse("not_found", "id")
    return row


async def report_file(report_id: uuid.UUID, form: Literal["pdf", "xlsx"]) -> StoredFile:
    """Return a report's file; refuse where it is not made, or was not made well, and who may not see whose it is."""
    row = await read_report(report_id)
    await require_name(row.owner_id)
    file_id = row.pdf_id if form == "pdf" else row.xlsx_id
    if file_id is None:
        raise refuse("owner_report_unmade", "id")
    async with tenant_tx():
        file = await StoredFile.objects().where(StoredFile.id == file_id).first()
    if file is None:
        raise refuse("owner_report_unmade", "id")
    return file


def told(row: OwnerReport) -> dict[str, Any] | None:
    """Return a report's content, None while it has none."""
    content: dict[str, Any] = json.loads(row.content)
    return content or None


async def _seen() -> list[uuid.UUID] | None:
    seen = await visible_owners()
    return None if seen is None else sorted(seen)
