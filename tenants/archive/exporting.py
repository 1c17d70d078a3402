"""Writing a whole city into one file.

All rows are of one moment: one read-only transaction of the city, as the application under row-level security. The
bytes of files follow after it, by a list made within it. The file gets its name when it is whole and on the disk.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from leancity.core.audit.log import record
from leancity.core.cli.serving import serving
from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.tenancy.cards import find_card
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.service import find_city
from leancity.tenants.archive.crypt import encrypting, recipients_of
from leancity.tenants.archive.writing import OnProgress, Written, write

PARTIAL = ".partial"
LOOK_EVERY = 0.5  # seconds between looks whether the city's jobs have ended
WAIT = 60.0  # seconds for that

_HELD = "select count(*) from due where tenant_id = $1 and held_until > now()"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to write. ``is_copy``: the city stays in service here; ``recipients``: who may read, anybody where none."""

    slug: str
    to: Path
    recipients: Sequence[str] = ()
    is_copy: bool = False
    force: bool = False


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written. ``size`` is the file's; ``left_out`` counts the sealed values that it has not, by table.

    ``sleeping``: waiting jobs that a copy has without their turns.
    """

    slug: str
    path: Path
    rows: int
    files: int
    file_bytes: int
    size: int
    digest: str
    is_encrypted: bool
    is_copy: bool
    left_out: dict[str, int]
    sleeping: int
    seconds: float


async def export_city(wanted: Wanted, told: OnProgress = lambda done, whole: None) -> Exported:
    """Write a city into a file and return what is in it. Enters the city by itself.

    Refuses a city that is not suspended unless a copy is wanted, one whose jobs don't end, a file that is there
    already, and files whose bytes are missing. What it has begun to write it removes.
    """
    begun = time.monotonic()
    recipients = recipients_of(wanted.recipients)
    if wanted.to.exists() and not wanted.force:
        raise refuse("archive_exists", "to", file=str(wanted.to))
    tenant, card = await find_city(wanted.slug, "slug"), await find_card(wanted.slug)
    if not wanted.is_copy:
        await _at_rest(tenant)
    partial = wanted.to.with_name(wanted.to.name + PARTIAL)
    async with serving(wanted.slug, "city export"):
        try:
            file = await asyncio.to_thread(_private, partial)
        except OSError as error:
            raise refuse("archive_unwritable", "to", reason=str(error)) from error
        try:
            with file:
                with encrypting(file, recipients) if recipients else nullcontext(file) as out:
                    written = await write(
                        out, tenant, card, is_copy=wanted.is_copy, with_secrets=bool(recipients), told=told
                    )
                await asyncio.to_thread(_sync, file)
            await _record(written, is_encrypted=bool(recipients))  # before anybody can take it away
            size = await asyncio.to_thread(_name, partial, wanted.to)
        finally:
            await asyncio.to_thread(partial.unlink, missing_ok=True)
    manifest = written.manifest
    return Exported(
        slug=wanted.slug,
        path=wanted.to,
        rows=manifest.rows,
        files=manifest.files.files,
        file_bytes=manifest.files.bytes,
        size=size,
        digest=manifest.digest,
        is_encrypted=bool(recipients),
        is_copy=wanted.is_copy,
        left_out=manifest.left_out,
        sleeping=written.sleeping,
        seconds=time.monotonic() - begun,
    )


async def _at_rest(tenant: Tenant) -> None:
    """Wait until no job of a suspended city is in hand: what one does past the snapshot would be done twice."""
    if not tenant.is_suspended:
        raise refuse("archive_city_open", "slug", city=tenant.slug)
    deadline = time.monotonic() + WAIT
    while held := await pool().fetchval(_HELD, tenant.id):
        if time.monotonic() > deadline:
            raise refuse("archive_city_busy", "slug", city=tenant.slug, jobs=held)
        await asyncio.sleep(LOOK_EVERY)


async def _record(written: Written, *, is_encrypted: bool) -> None:
    manifest = written.manifest
    async with tenant_tx(write=True):
        await record(
            "core.city.exported",
            "tenant",
            rows=manifest.rows,
            files=manifest.files.files,
            is_encrypted=is_encrypted,
            digest=manifest.digest,
            operator=getpass.getuser(),
        )


def _private(path: Path) -> BinaryIO:
    """Open a file anew that nobody else may read."""
    path.unlink(missing_ok=True)  # of a killed export
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _name(partial: Path, path: Path) -> int:
    """Give the file its name, so that it survives a power cut, and return its size."""
    os.replace(partial, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return path.stat().st_size
