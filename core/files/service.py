"""Keeping uploaded photos and telling who may fetch them."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path

from leancity.core.cases.tables import CaseFile
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
        raise refuse("not_found", "file")
    return row


async def readable_file(file_id: uuid.UUID) -> StoredFile:
    """Return a file that the caller may fetch: a public one of a case, or any for who reads cases."""
    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.id == file_id).first()
        is_public = await CaseFile.exists().where((CaseFile.file_id == file_id) & (CaseFile.visibility == "public"))
    if row is None or not (is_public or current_principal().can("core.case.read")):
        raise refuse("not_found", "file")
    return row
