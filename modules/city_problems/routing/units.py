"""The units that a rule may send to: those that work and have somebody to accept what comes."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx

_UNITS = """
select u.id, u.key, u.title, u.is_active and exists (
    select from user_account a
    where a.tenant_id = $1 and a.kind = 'staff' and a.is_active and a.unit_id = u.id
) as is_open
from org_unit u
where u.tenant_id = $1 and (u.key = any($2::text[]) or u.id = any($3::uuid[]))
"""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit of the city. ``is_open``: it works, and there is somebody in it."""

    id: uuid.UUID
    key: str
    title: str
    is_open: bool


async def find_units(keys: Collection[str] = (), ids: Collection[uuid.UUID] = ()) -> list[Unit]:
    """Return the units of these keys or ids; those that the city has not are left out."""
    if not keys and not ids:
        return []
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_UNITS, unit.tenant_id, [*keys], [*ids])
    return [Unit(id=row["id"], key=row["key"], title=row["title"], is_open=row["is_open"]) for row in rows]


async def find_unit(key: str) -> Unit | None:
    """Return the unit of a key."""
    return next(iter(await find_units([key])), None)
