"""Bringing a registry in from a file: shown first, then written whole, the bad lines told and left out."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.kinds import MB
from leancity.core.files.service import claimed_file
from leancity.core.files.store import key_of, store
from leancity.core.files.threads import examining, storing
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.importing.directory import Directory
from leancity.core.processes.registry.importing.reading import Book, read_book
from leancity.core.processes.registry.importing.resolving import Fate, Told, resolve
from leancity.core.processes.registry.importing.writing import write
from leancity.core.tenancy.context import current_tenant

LARGEST = 20 * MB
"""Bytes of a file of a registry."""
_LOCK = 1_249
_ONE_AT_A_TIME = "select pg_advisory_xact_lock($1, $2)"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a file's lines, or would: ``is_preview``. ``counts`` by kind of sheet, then by fate."""

    book: Book
    told: tuple[Told, ...]
    is_preview: bool

    @property
    def counts(self) -> Mapping[str, Mapping[Fate, int]]:
        found: dict[str, dict[Fate, int]] = {}
        for each in self.told:
            of = found.setdefault(each.kind, dict.fromkeys(Fate, 0))
            of[each.fate] += 1
        return found

    @property
    def refused(self) -> int:
        return sum(each.fate is Fate.REFUSED for each in self.told)


async def import_stored(file_id: uuid.UUID, claim: str, *, kind: str | None, is_preview: bool) -> Outcome:
    """Import a file that the caller has uploaded; ``kind`` names the sheet that a CSV is."""
    current_principal().require(CHANGE)
    row = await claimed_file(file_id, claim)
    if row.size > LARGEST:
        raise refuse("file_too_large", "file_id", limit=LARGEST // MB)
    content = await storing(store().read, key_of(row.sha256, row.copy), 0, row.size)
    with tempfile.NamedTemporaryFile(suffix=Path(row.name).suffix) as file:
        await asyncio.to_thread(Path(file.name).write_bytes, content)
        return await import_registry(Path(file.name), row.name, kind=kind, is_preview=is_preview)


async def import_registry(path: Path, name: str, *, kind: str | None = None, is_preview: bool = False) -> Outcome:
    """Import a file of the registry, called ``name``; ``is_preview`` only tells what it would do.

    Good lines are written in one transaction, bad ones are told. ``Refused`` where the file as a whole is none.
    """
    current_principal().require(CHANGE)
    zone = current_tenant().zone_info
    book = await examining(read_book, path, name, zone, kind)
    if is_preview:
        async with tenant_tx() as unit:
            directory = await Directory.read(unit, locked=False)
        return Outcome(book=book, told=tuple(resolve(book.sheets, directory, zone)), is_preview=True)
    async with tenant_tx(write=True) as unit:
        # Two imports of one city would each make the rows that both lack, and the second refer to none of them.
        await unit.connection.execute(_ONE_AT_A_TIME, _LOCK, unit.tenant_id)
        told = tuple(resolve(book.sheets, await Directory.read(unit, locked=True), zone))
        outcome = Outcome(book=book, told=told, is_preview=False)
        if any(each.row is not None for each in told):
            await write(unit, told)
            await record("core.registry.imported", "registry", file_digest=book.digest, counts=outcome.counts)
    return outcome
