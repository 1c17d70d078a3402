"""Erasing a city, step by step; killed at any moment and given again it goes on.

1. The city is closed for good (``core.tenancy.service.begin_erasing``), and what it has is counted and written down.
2. Every table is emptied, batch by batch, then the file store below the city's slug.
3. The city's own row goes, in one transaction with what was still written meanwhile: nobody can write past it.
4. Everything is looked for again, the certificate is made, kept and handed over, and the journal goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from leancity.core.db.emptying import Migrating, empty, emptying, forget_statistics, remove, rows_of
from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import begin_erasing
from leancity.core.tenancy.tables import TenantHost
from leancity.tenants.erasing import journal as journals
from leancity.tenants.erasing.certificate import Document, certify
from leancity.tenants.erasing.journal import Journal
from leancity.tenants.erasing.keeping import keep, note_begun
from leancity.tenants.erasing.stored import bytes_of, remove_bytes


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which city is to be erased, why (a contract, a date: no person), and the account of this machine that asks."""

    slug: str
    reason: str
    asked_by: str


class Progress(Protocol):
    """Hears how it goes, in rows and files."""

    def begin(self, total: int) -> None: ...
    def gone(self, amount: int) -> None: ...


async def erase_city(url: str, order: Order, progress: Progress, hand_over: Callable[[Document], None]) -> Document:
    """Erase a city and return its certificate, which ``hand_over`` has taken; what was begun before is finished.

    ``url`` is the migrate role's. Refuses a city that is unknown, open, being imported, or being erased by somebody
    else; a region that has cities; and to certify what is not so. The pool must be open.
    """
    tenant, journal = await tenant_by_slug(order.slug), await journals.written(order.slug)
    if journal is not None and (tenant is None or tenant.id != journal.tenant_id):
        # Killed after the city was gone, perhaps long ago: another one may be called so by now.
        async with emptying(url, journal.tenant_id) as connection:
            return await _finish(_held(connection, order.slug), journal, hand_over)
    if tenant is None:
        raise refuse("city_unknown", "city", city=order.slug)
    await begin_erasing(tenant)
    async with emptying(url, tenant.id) as connection:
        connection = _held(connection, order.slug)
        journal = journal or await _begin(connection, tenant, order)
        await _empty(connection, journal, progress)
        return await _finish(connection, journal, hand_over)


def _held(connection: Migrating | None, slug: str) -> Migrating:
    if connection is None:
        raise refuse("city_busy", "city", city=slug)
    return connection


async def _begin(connection: Migrating, tenant: Tenant, order: Order) -> Journal:
    hosts = await TenantHost.select(TenantHost.host).where(TenantHost.tenant_id == tenant.id)
    files, size = await bytes_of(tenant.slug)
    journal = Journal(
        tenant_id=tenant.id,
        slug=tenant.slug,
        title=tenant.title,
        kind=tenant.kind,
        locale=tenant.locale,
        hosts=[row["host"] for row in hosts],
        reason=order.reason,
        asked_by=order.asked_by,
        begun_at=now().isoformat(timespec="seconds"),
        found=await rows_of(connection, tenant.id),
        files=files,
        size=size,
    )
    await note_begun(order.slug, order.reason, order.asked_by)
    await journals.write(journal)
    return journal


async def _empty(connection: Migrating, journal: Journal, progress: Progress) -> None:
    """Remove rows, bytes and at last the city; the journal tells of it before the city is gone."""
    present = await rows_of(connection, journal.tenant_id)
    progress.begin(sum(present.values()) + (await bytes_of(journal.slug))[0])
    removed = Counter(await empty(connection, journal.tenant_id, progress.gone))
    await remove_bytes(journal.slug, progress.gone)
    journal.is_statistics_forgotten = await forget_statistics(connection)
    if journal.erased is None:
        # What runs that were killed have removed is missing from what this one has found.
        earlier = Counter(journal.found) - Counter(present)
        journal.erased = dict(earlier + removed)
    await journals.write(journal)
    await remove(connection, journal.tenant_id)


async def _finish(connection: Migrating, journal: Journal, hand_over: Callable[[Document], None]) -> Document:
    """Look for everything again, then certify that there is nothing."""
    files = 0
    if await tenant_by_slug(journal.slug) is None:  # else the bytes there are another city's
        await remove_bytes(journal.slug, _unheard)  # of an upload that was under way
        files, _ = await bytes_of(journal.slug)
    rows = await rows_of(connection, journal.tenant_id)
    if files or any(rows.values()):
        raise refuse("erasure_incomplete", "city", city=journal.slug, rows=sum(rows.values()), files=files)
    document = certify(journal, now(), len(rows))
    await keep(document)
    hand_over(document)
    await journals.forget(journal.slug)
    return document


def _unheard(amount: int) -> None:
    """Take no notice: this is no part of what was found."""
