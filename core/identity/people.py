"""Reading units and people, for many at once: what is not the city's is simply not among the answers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, UserAccount


@dataclass(frozen=True, kw_only=True)
class Person:
    """A colleague, as far as colleagues see them."""

    id: uuid.UUID
    name: str
    unit_id: uuid.UUID | None


_PERSON = (UserAccount.id, UserAccount.name, UserAccount.unit_id)


async def list_units() -> list[OrgUnit]:
    """Return the city's units by title."""
    current_principal().require("core.unit.read")
    async with tenant_tx():
        rows = await OrgUnit.objects()
    return sorted(rows, key=lambda row: (_sorted_by(row.title), row.id))


async def units_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OrgUnit]:
    """Return those of the units that exist, by id. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await OrgUnit.objects().where(OrgUnit.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def people_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """Return those of the people that exist, also who left, by id. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await UserAccount.select(*_PERSON).where(UserAccount.id.is_in([*ids])) if ids else []
    return {row["id"]: Person(**row) for row in rows}


async def people_of_units(unit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Person]]:
    """Return who works in the units, by name, by unit."""
    current_principal().require("core.unit.read")
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    async with tenant_tx():
        working = UserAccount.unit_id.is_in([*unit_ids]) & UserAccount.is_active.eq(True)
        rows = await UserAccount.select(*_PERSON).where(working) if unit_ids else []
    for row in sorted(rows, key=lambda row: (_sorted_by(row["name"]), row["id"])):
        found[row["unit_id"]].append(Person(**row))
    return found


def _sorted_by(name: str) -> str:
    return name.lower().replace("ё", "е")
