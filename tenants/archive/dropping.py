"""Taking back a city that was begun to be imported: its rows, its files, its name."""

from __future__ import annotations

from leancity.core.config import load, require
from leancity.core.db import emptying
from leancity.core.errors import refuse
from leancity.core.tenancy.arriving import arriving_city, give_up_arrival
from leancity.core.tenancy.context import Tenant, current_tenant_id, enter
from leancity.tenants.archive.files import remove_files


async def drop_import(slug: str) -> None:
    """Take back a city whose import has begun and is not to go on; refuse any other. Call it outside any city."""
    tenant = await arriving_city(slug)
    with enter(tenant):
        await drop(tenant)


async def drop(tenant: Tenant) -> None:
    """Take back the arriving city being served, whatever is there of it.

    The application may not remove what is append-only, so this connects as the migrate role. A run that is killed in
    here leaves a city that is being erased: erasing it goes on.
    """
    if current_tenant_id() != tenant.id:
        raise RuntimeError("the files of another city would be removed")
    config = load()
    require(config, "database_migrate_url")
    if not await give_up_arrival(tenant):
        return
    async with emptying.emptying(config.database_migrate_url, tenant.id) as connection:
        if connection is None:
            raise refuse("city_erasing", "slug", city=tenant.slug)
        await remove_files()
        await emptying.empty(connection, tenant.id, lambda gone: None)
        await emptying.remove(connection, tenant.id)
