"""Finding adoptions, and locking them for a change."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from piccolo.columns.combination import WhereRaw

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions.stages import READ

_BEYOND = "(package_adoption.begun_at, package_adoption.id) < ({}, {})"
_HEAVY = ("content",)
_LIGHT = [column for column in PackageAdoption._meta.columns if column._meta.name not in _HEAVY]


class State(StrEnum):
    """Binding until every name is bound; then adopted; withdrawn when the city gave it up."""

    BINDING = "binding"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"


async def find_adoption(adoption_id: uuid.UUID) -> PackageAdoption:
    """Return an adoption in the open unit; refuse one that is not there."""
    row = await PackageAdoption.objects().where(PackageAdoption.id == adoption_id).first()
    if row is None:
        raise refuse("not_found", "id")
    return row


async def lock_adoption(
    adoption_id: uuid.UUID, expected_version: int | None = None, *, states: Collection[State] = (State.BINDING,)
) -> PackageAdoption:
    """Return an adoption, locked until the unit ends; refuse one in another state, or changed since it was seen."""
    row = await PackageAdoption.objects().where(PackageAdoption.id == adoption_id).lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "id")
    if expected_version is not None and row.version != expected_version:
        raise refuse("process_changed", "expected_version")
    if row.state not in states:
        raise refuse("package_adoption_over", "id", state=row.state)
    return row


async def changed(row: PackageAdoption) -> None:
    """Write a locked row with the next version, but for the package itself, which never changes."""
    row.version += 1
    await row.save([column for column in _LIGHT if column._meta.name not in ("id", "tenant_id")])


async def list_adoptions(*, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[PackageAdoption]:
    """Return at most ``limit`` adoptions without their packages, the newest first."""
    current_principal().require(READ)
    async with tenant_tx():
        query = PackageAdoption.select(*_LIGHT)
        if after is not None:
            query = query.where(WhereRaw(_BEYOND, *after))
        rows: list[dict[str, Any]] = await query.order_by(
            PackageAdoption.begun_at, PackageAdoption.id, ascending=False
        ).limit(limit)
    return [PackageAdoption(**row, content="") for row in rows]


async def count_adoptions() -> int:
    """Return how many adoptions there are."""
    current_principal().require(READ)
    async with tenant_tx():
        amount: int = await PackageAdoption.count()
    return amount


async def read_adoption(adoption_id: uuid.UUID) -> PackageAdoption | None:
    """Return an adoption with its package, None where there is none of that id."""
    current_principal().require(READ)
    async with tenant_tx():
        return await PackageAdoption.objects().where(PackageAdoption.id == adoption_id).first()
