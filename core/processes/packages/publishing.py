"""Offering a process to all other cities, and taking the offer back."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.ids import new_id
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.packages.file import Package
from leancity.core.processes.packages.model import Content
from leancity.core.processes.packages.packing import PackCard, packed
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import lock_process, require_publisher
from leancity.core.processes.versions.stages import PUBLISH
from leancity.core.processes.versions.tables import ProcessVersion
from leancity.core.tenancy import catalogue

TRIES = 5
"""A number that somebody else has just taken is drawn anew, as often as this."""


async def publish_package(process_id: uuid.UUID, card: PackCard) -> uuid.UUID:
    """Offer the version of a process that is in production, and return the package's id; see ``packing.packed``."""
    for _ in range(TRIES):
        package = await packed(process_id, card)
        package_id = await _offered(process_id, package)
        if package_id is not None:
            return package_id
    raise refuse("process_changed", "process_id")


async def withdraw_package(package_id: uuid.UUID) -> None:
    """Offer a package no more; refuse one that is another city's, or not offered. Who took it keeps it."""
    current_principal().require(PUBLISH)
    async with tenant_tx(write=True) as unit:
        found = await catalogue.one(unit, package_id)
        if found is None or not await catalogue.withdraw(unit, package_id, now()):
            raise refuse("not_found", "id")
        await record("core.process_package.withdrawn", "process_package", package_id, key=found.key, no=found.no)


async def own_package(package_id: uuid.UUID) -> catalogue.Offered:
    """Return a package of this city, offered or not. Whoever calls has just offered it, or taken it back."""
    async with tenant_tx() as unit:
        found = await catalogue.one(unit, package_id)
    if found is None or not found.is_mine:
        raise refuse("not_found", "id")
    return found


def summary_of(content: Content) -> dict[str, Any]:
    """Return what the catalogue's list shows of a package."""
    return {
        "description": content.description,
        "tags": content.tags,
        "case_kind": content.process.case_kind,
        "modules": content.process.modules,
        "city": content.provenance.city,
        "city_title": content.provenance.title,
        "effect": None if content.effect is None else msgspec.to_builtins(content.effect),
    }


async def _offered(process_id: uuid.UUID, package: Package) -> uuid.UUID | None:
    content, package_id = package.content, new_id()
    async with tenant_tx(write=True) as unit:
        process = await lock_process(process_id)
        require_publisher(process)
        in_production = ProcessVersion.select(ProcessVersion.no).where(ProcessVersion.id == process.production_id)
        row = await in_production.first()
        if row is None or row["no"] != content.provenance.version_no:
            raise refuse("process_changed", "process_id")
        is_offered = await catalogue.offer(
            unit,
            package_id,
            key=content.key,
            no=content.no,
            title=content.process.title,
            summary=summary_of(content),
            content=package.text,
            checksum=package.checksum,
            at=now(),
        )
        if not is_offered:
            return None
        facts = {"process": process_id, "key": content.key, "no": content.no, "checksum": package.checksum}
        await record("core.process_package.published", "process_package", package_id, **facts)
        await announce(TOPIC, process_id, process.version)
    return package_id
