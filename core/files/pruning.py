"""Removing what was uploaded and hung on nothing: the row first, then its bytes where no other row names them.

What a file may hang on is every reference to ``stored_file`` that a table of the kernel or of a module declares, and
the city itself, by its logo.
Nothing is removed while it is being hung on something or shared: both lock its row, and so does this.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import structlog

from leancity.core.customs.logo import logos_among
from leancity.core.db.migrate import all_tables
from leancity.core.db.tables import TenantRef, TenantTable, references
from leancity.core.db.unit import tenant_tx
from leancity.core.files.quota import forget_quotas
from leancity.core.files.store import key_of, named_by, store
from leancity.core.files.tables import StoredFile
from leancity.core.files.threads import storing
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

JOB = "core.prune_files"
UNHUNG = timedelta(days=2)  # a form that was filled in and not sent
UNNAMED = timedelta(days=1)  # bytes are named a moment after they are written
AT_ONCE = 500

log = structlog.get_logger()


async def prune_files(payload: dict[str, Any]) -> None:
    """The nightly job of a city; it speaks to the store, so it runs outside a transaction. ``payload`` is empty."""
    await prune(now())


async def prune(moment: datetime) -> None:
    """Remove what is too old at ``moment``: uploads without a use, bytes without a row, parts of killed processes."""
    rows = await _prune_rows(moment - UNHUNG)
    orphans = await _prune_bytes(moment - UNNAMED)
    await storing(store().tidy, current_tenant().slug, moment - UNNAMED)
    await forget_quotas(moment - UNHUNG)
    log.info("files pruned", uploads=rows, orphans=orphans)


@cache
def _users() -> tuple[tuple[type[TenantTable], TenantRef], ...]:
    """Return the tables that refer to files, and by which column."""
    target = StoredFile._meta.tablename
    tables = [table for table in all_tables() if issubclass(table, TenantTable)]
    return tuple((table, column) for table in tables for column in references(table) if column.target == target)


async def _prune_rows(before: datetime) -> int:
    """Walk through the uploads of before that moment, eldest first."""
    pruned, last = 0, None
    while page := await _page(before, last):
        last = page[-1]
        free = {row_id for _, row_id in page} - await _used({row_id for _, row_id in page})
        if free:
            pruned += await remove_unused(free)
    return pruned


async def _page(before: datetime, after: tuple[datetime, uuid.UUID] | None) -> list[tuple[datetime, uuid.UUID]]:
    query = StoredFile.select(StoredFile.uploaded_at, StoredFile.id).where(StoredFile.uploaded_at < before)
    if after is not None:
        at, row_id = after
        later = (StoredFile.uploaded_at == at) & (StoredFile.id > row_id)
        query = query.where((StoredFile.uploaded_at > at) | later).where(StoredFile.uploaded_at >= at)
    async with tenant_tx():
        rows = await query.order_by(StoredFile.uploaded_at, StoredFile.id).limit(AT_ONCE)
    return [(row["uploaded_at"], row["id"]) for row in rows]


async def _used(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of ``ids`` that something refers to."""
    wanted = [*ids]
    used: set[uuid.UUID] = set()
    if not wanted:
        return used
    async with tenant_tx():
        for table, column in _users():
            used |= {row[column._meta.name] for row in await table.select(column).where(column.is_in(wanted))}
        used |= await logos_among(wanted)
    return used


async def remove_unused(ids: set[uuid.UUID]) -> int:
    """Remove rows that nothing refers to, now that they are locked, and afterwards the bytes that nothing names.

    Call it outside a unit of work. Returns how many rows went.
    """
    async with tenant_tx(write=True):
        locked = StoredFile.objects().where(StoredFile.id.is_in([*ids]))
        rows = {row.id: row for row in await locked.lock_rows("UPDATE", skip_locked=True)}
        free = {*rows} - await _used(rows)
        if not free:
            return 0
        await StoredFile.delete().where(StoredFile.id.is_in([*free]))
        freed = {(rows[each].sha256, rows[each].copy) for each in free}
        freed -= await _named(sha256 for sha256, _ in freed)
    for sha256, copy in freed:
        await storing(store().delete, key_of(sha256, copy))
    return len(free)


async def _named(digests: Iterable[str]) -> set[tuple[str, str]]:
    """Return the bytes with these digests that rows name."""
    wanted = sorted({*digests})
    if not wanted:
        return set()
    async with tenant_tx():
        rows = await StoredFile.select(StoredFile.sha256, StoredFile.copy).where(StoredFile.sha256.is_in(wanted))
    return {(row["sha256"], row["copy"]) for row in rows}


async def _prune_bytes(before: datetime) -> int:
    """Remove bytes that were written before that moment and that no row names: their process was killed in between."""
    pruned = 0
    pages = store().pages(current_tenant().slug)
    while (page := await storing(next, pages, None)) is not None:
        old = {named_by(key): key for key, written in page if written < before}
        for found in old.keys() - await _named(sha256 for sha256, _ in old):
            await storing(store().delete, old[found])
            pruned += 1
    return pruned
