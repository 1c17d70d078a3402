"""How much a city uses of what its plan allows, and refusing what would be more.

Who is about to use more holds the city's row in the directory until their transaction ends: of two at once the second
one counts what the first one has added. A city without a limit is neither counted nor locked. Residents don't count,
and nothing here stands in the way of a report without a photo.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.tenancy.context import Tenant, current_tenant
from leancity.core.tenancy.limits import Limits

_MB = 1024 * 1024
_PEOPLE = "select count(*) from user_account where tenant_id = $1 and kind = 'staff' and is_active"
_STORAGE = "select coalesce(sum(size), 0)::bigint from stored_file where tenant_id = $1"
_HELD = "select limits from tenant where id = $1 for no key update"


@dataclass(frozen=True, kw_only=True)
class Used:
    """``people``: active accounts of the staff. ``storage``: bytes of files, each as often as it is kept. ``modules``:
    those that the city has, with what they require.
    """

    people: int
    storage: int
    modules: int


async def used() -> Used:
    """Return what the city being served uses: two counts by index."""
    async with tenant_tx() as unit:
        people = await unit.connection.fetchval(_PEOPLE, unit.tenant_id)
        storage = await unit.connection.fetchval(_STORAGE, unit.tenant_id)
    return Used(people=people, storage=storage, modules=len(current_tenant().modules))


async def require_people(n: int = 1) -> None:
    """Refuse where ``n`` more active accounts of the staff would be too many. Joins the open unit, which must write."""
    if current_tenant().limits.people is None:
        return
    async with tenant_tx(write=True) as unit:
        limit = (await _held(unit)).people
        people: int = await unit.connection.fetchval(_PEOPLE, unit.tenant_id)
        if limit is not None and people + n > limit:
            raise refuse("limit_people", "people", limit=limit, used=people)


async def require_storage(size: int) -> None:
    """Refuse where ``size`` more bytes of files would be too many.

    In a unit that writes the answer holds until it ends; elsewhere it spares the bytes a way that leads nowhere.
    """
    if current_tenant().limits.storage is None:
        return
    async with tenant_tx(write=True) as unit:
        limit = (await _held(unit)).storage
        storage: int = await unit.connection.fetchval(_STORAGE, unit.tenant_id)
        if limit is not None and storage + size > limit:
            raise refuse("limit_storage", "file", limit=limit // _MB, used=storage // _MB)


async def _held(unit: Unit) -> Limits:
    """Return the city's limits, held until the unit ends."""
    return msgspec.json.decode(await unit.connection.fetchval(_HELD, unit.tenant_id), type=Limits)


def require_modules(tenant: Tenant, wanted: Collection[str]) -> None:
    """Refuse where the modules that a city would have are too many."""
    limit = tenant.limits.modules
    if limit is not None and len(wanted) > limit and len(wanted) > len(tenant.modules):
        raise refuse("limit_modules", "modules", limit=limit, wanted=len(wanted))
