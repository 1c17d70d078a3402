"""The logo: a stored picture of the city that everybody may fetch, and that is kept while it is one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from leancity.core.cases.tables import CaseFile
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem

# Locked until the change is committed, as pruning locks what it removes.
_PICTURE = "select media_type from stored_file where tenant_id = $1 and id = $2 for key share"
_LOGOS = """
select changed ->> 'logo_file_id' as id from custom_item
where tenant_id = $1 and collection = 'core.branding' and changed ->> 'logo_file_id' is not null
"""


async def check_logo(key: str, branding: Any) -> Iterable[Problem]:
    """Find a logo that is no picture of the city, or that hangs on a case, whose pictures are not everybody's."""
    if branding.logo_file_id is None:
        return []
    file_id = uuid.UUID(branding.logo_file_id)
    async with tenant_tx() as unit:
        media_type = await unit.connection.fetchval(_PICTURE, unit.tenant_id, file_id)
        if media_type is None or await CaseFile.exists().where(CaseFile.file_id == file_id):
            return [Problem(code="not_found", field="logo_file_id")]
    return [] if media_type.startswith("image/") else [Problem(code="image_unreadable", field="logo_file_id")]


async def logos_among(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the files that are the city's logo."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LOGOS, unit.tenant_id)
    return {uuid.UUID(row["id"]) for row in rows} & {*ids}
