"""Who changes the city's roles or who holds them waits for whoever is at it: each sees what the other has done."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx

_ROLES = "select from role where tenant_id = $1 order by id for no key update"


async def lock_roles() -> None:
    """Lock the city's roles until the open, writing unit of work ends."""
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_ROLES, unit.tenant_id)
