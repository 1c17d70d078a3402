"""Keeping uploaded photos and telling who may fetch them."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path

from leancity.core.cases.reach import READ, reached
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files import store
from leancity.core.files.images import clean
from leancity.core.files.tables import StoredFile
from leancity.core.identity.principal import current_principal
from leancity.core.identity.secrets import digest, new_secret
from leancity.core.moment import now

LARGEST_FILE = 12 * 1024 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What the uploader gets: ``claim`` proves later, without an account, that the file is theirs."""

    id: uuid.UUID
    claim: str
    media_type: str
    size: int


async def keep_photo(name: str, content: bytes) -> Upload:
    """Store a photo for the city; refuse one over 12 MB or of another type."""
    if len(content) > LARGEST_FILE:
        raise refuse("file_too_large", "file", limit=LARGEST_FILE // (1024 * 1024))
    image = await asyncio.to_thread(clean, content)
    sha256 = await asyncio.to_thread(store.put, image.content)
    claim = new_secret()
    row = StoredFile(
        sha256=sha256,
        name=Path(name).name[:200],
        media_type=image.media_type,
        size=len(image.content),
        lat=image.lat,
        lon=image.lon,
        uploaded_by=current_principal().user_id,
        uploaded_at=now(),
        claim_key=digest(claim),
    )
    async with tenant_tx(write=True):
        await row.save()
    return Upload(id=row.id, claim=claim, media_type=image.media_type, size=row.size)


async def claimed_file(file_id: uuid.UUID, claim: str) -> StoredFile:
    """Return the file that the caller uploaded; refuse another's as if it did not exist."""
    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.id == file_id).first()
    user_id = current_principal().user_id
    if row is None or not (row.claim_key == digest(claim) or (user_id is not None and row.uploaded_by == user_id)):
        raise refuse("not_found", "file_id")
    return row


async def readable_file(file_id: uuid.UUID) -> StoredFile:
    """Return a file that the caller may fetch: a public one of a case, any of a case that they may see, or their own.

    One that hangs on nothing but cases of modules which the city has not is not there.
    """
    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.id == file_id).first()
        hung = await CaseFile.objects().where(CaseFile.file_id == file_id)
        existing = await _existing(hung) if hung else []
        is_public = any(each.visibility == "public" for each in existing)
        is_seen = bool(await reached(READ, [each.case_id for each in existing]))
    who = current_principal().user_id
    is_own = row is not None and not hung and who is not None and row.uploaded_by == who
    if row is None or not (is_public or is_seen or is_own):
        raise refuse("not_found", "file")
    return row


async def _existing(hung: list[CaseFile]) -> list[CaseFile]:
    """Return those whose case exists for the city being served."""
    kinds = [*open_kinds()]
    if not kinds:
        return []
    query = CaseRecord.select(CaseRecord.id).where(CaseRecord.id.is_in([each.case_id for each in hung]))
    cases = {row["id"] for row in await query.where(CaseRecord.kind.is_in(kinds))}
    return [each for each in hung if each.case_id in cases]
