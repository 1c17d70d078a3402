"""Keeping what was uploaded and telling who may fetch it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from asyncpg import IntegrityConstraintViolationError

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.reach import READ, reached
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.customs.branding import current_branding
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.files.examine import Examined, examine
from leancity.core.files.form import OVERHEAD
from leancity.core.files.incoming import Incoming, receiving
from leancity.core.files.names import clean_name
from leancity.core.files.quota import within_quota
from leancity.core.files.senders import Sender
from leancity.core.files.store import key_of, new_copy, store
from leancity.core.files.tables import StoredFile
from leancity.core.files.threads import examining, storing
from leancity.core.identity.principal import current_principal
from leancity.core.identity.secrets import digest
from leancity.core.identity.vault import derived
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.allowance import require_storage
from leancity.core.tenancy.context import current_tenant


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What the uploader gets: ``claim`` proves later, without an account, that the file is theirs."""

    id: uuid.UUID
    claim: str
    name: str
    media_type: str
    size: int


@asynccontextmanager
async def incoming(sender: Sender, *, limit: int, expected: int | None = None) -> AsyncIterator[Incoming]:
    """Open a file that ``sender`` fills with at most ``limit`` bytes, within what they may send in all.

    ``expected``: how many bytes they say it will be, which counts for the quota only until they have come.
    """
    set_aside = limit if expected is None else min(expected, limit)
    # Of a form it is the whole form's length; just how much it is, is seen when it has come.
    await require_storage(1 if expected is None else max(1, set_aside - OVERHEAD))
    async with within_quota(sender.counted_as, sender.allowance, set_aside) as taken, receiving(limit) as file:
        try:
            yield file
        finally:
            taken.size = file.size


async def keep(file: Incoming, name: str, sender: Sender, upload_id: uuid.UUID | None = None) -> Upload:
    """Store a file that has been received; refuse what is not taken. A signed upload is stored once."""
    await file.finish()
    examined = await examining(examine, file.file, file.size, file.sha256, sender.allowance)
    file_id = new_id()
    row = StoredFile(
        id=file_id,
        sha256=examined.sha256,
        name=clean_name(name, examined.kind),
        media_type=examined.kind.media_type,
        size=examined.size,
        lat=examined.lat,
        lon=examined.lon,
        uploaded_by=sender.user_id,
        uploaded_at=now(),
        claim_key=digest(_claim(file_id)),
        upload_id=upload_id,
    )
    if not await _share(row) and not await _add(row, examined):
        return await _first(upload_id)
    return _told(row)


async def keep_photo(name: str, content: bytes) -> Upload:
    """Store a photo that the platform itself has in hand."""
    sender = Sender(user_id=current_principal().user_id, is_known=False, counted_as="")
    async with receiving(sender.allowance.largest) as file:
        await file.write(content)
        return await keep(file, name, sender)


async def kept_by(upload_id: uuid.UUID) -> Upload | None:
    """Return what a signed upload has become, None while it has become nothing."""
    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.upload_id == upload_id).first()
    return None if row is None else _told(row)


async def _first(upload_id: uuid.UUID | None) -> Upload:
    first = None if upload_id is None else await kept_by(upload_id)
    if first is None:
        raise LookupError("a file that was there a moment ago is gone")
    return first


def _told(row: StoredFile) -> Upload:
    return Upload(id=row.id, claim=_claim(row.id), name=row.name, media_type=row.media_type, size=row.size)


def _claim(file_id: uuid.UUID) -> str:
    """Return a file's claim, which is the same each time: an uploader whose line broke asks once more."""
    return derived("file claim", str(file_id))


_LOCK = "select 1 from stored_file where tenant_id = $1 and sha256 = $2 and copy = $3 limit 1 for key share"


async def _share(row: StoredFile) -> bool:
    """Add ``row`` beside one with the same bytes, if there is one, by the same copy of them.

    That row is locked until ours is committed: who prunes it (``core.files.pruning``) waits, and sees ours.
    """
    async with tenant_tx():
        query = StoredFile.select(StoredFile.copy).where(StoredFile.sha256 == row.sha256)
        same = await query.order_by(StoredFile.uploaded_at, ascending=False).first()
    if same is None or await storing(store().size, key_of(row.sha256, same["copy"])) != row.size:
        return False
    async with tenant_tx(write=True) as unit:
        if not await unit.connection.fetchval(_LOCK, current_tenant().id, row.sha256, same["copy"]):
            return False
        row.copy = same["copy"]
        await require_storage(row.size)
        return await _inserted(row)


async def _add(row: StoredFile, examined: Examined) -> bool:
    """Write the bytes, then add ``row``. Bytes of a process killed between the two are pruned."""
    row.copy = new_copy()
    key = key_of(row.sha256, row.copy)
    await require_storage(row.size)
    await storing(store().put, examined.file, key)
    try:
        async with tenant_tx(write=True):  # where it fails the bytes stay: the row may have been committed all the same
            await require_storage(row.size)
            is_added = await _inserted(row)
    except (Refused, IntegrityConstraintViolationError):  # it was not: no room is left, or the city is gone meanwhile
        await storing(store().delete, key)
        raise
    if not is_added:
        await storing(store().delete, key)
    return is_added


async def _inserted(row: StoredFile) -> bool:
    """Insert; False where the same signed upload was stored meanwhile."""
    target = (StoredFile.tenant_id, StoredFile.upload_id)
    return bool(await StoredFile.insert(row).on_conflict(target, "DO NOTHING").returning(StoredFile.id))


async def claimed_file(file_id: uuid.UUID, claim: str) -> StoredFile:
    """Return the file that the caller uploaded; refuse another's as if it did not exist."""
    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.id == file_id).first()
    user_id = current_principal().user_id
    if row is None or not (row.claim_key == digest(claim) or (user_id is not None and row.uploaded_by == user_id)):
        raise refuse("not_found", "file_id")
    return row


async def readable_file(file_id: uuid.UUID) -> StoredFile:
    """Return a file that the caller may fetch.

    That is the city's logo, a public one of a case that its module shows to them, any of a case that they may see, one
    that a task of theirs shows, the act of a process's measure if they may read processes, or their own.

    One that hangs on nothing but cases of modules which the city has not is not there.
    """
    from leancity.core.processes.running.papers import shows_file  # these need this file
    from leancity.core.processes.versions.acts import is_act

    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.id == file_id).first()
        hung = await CaseFile.objects().where(CaseFile.file_id == file_id)
        existing = await _existing(hung) if hung else {}
        public = {each.case_id for each in hung if each.visibility == "public"}
        is_public = await _is_any_shown({case: kind for case, kind in existing.items() if case in public})
        is_seen = bool(await reached(READ, existing))
    who = current_principal().user_id
    is_own = row is not None and not hung and who is not None and row.uploaded_by == who
    is_logo = str(file_id) == current_branding().logo_file_id
    is_open = is_logo or is_public or is_seen or is_own
    if row is None or not (is_open or await shows_file(file_id, existing) or await is_act(file_id)):
        raise refuse("not_found", "file")
    return row


async def _existing(hung: list[CaseFile]) -> dict[uuid.UUID, CaseKind]:
    """Return the kinds of the cases that exist for the city being served, by case."""
    kinds = open_kinds()
    if not kinds:
        return {}
    query = CaseRecord.select(CaseRecord.id, CaseRecord.kind).where(CaseRecord.kind.is_in([*kinds]))
    rows = await query.where(CaseRecord.id.is_in([each.case_id for each in hung]))
    return {row["id"]: kinds[row["kind"]] for row in rows}


async def _is_any_shown(cases: Mapping[uuid.UUID, CaseKind]) -> bool:
    """Tell whether the module of one of the cases shows it to whoever asks."""
    for case_id, kind in cases.items():
        if kind.reading_permission is None if kind.shown is None else await kind.shown([case_id]):
            return True
    return False
