"""How a command enters a city: as the platform itself, which is recorded where the city sees it."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leancity.core.audit.desk import passage
from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_slug


@asynccontextmanager
async def serving(slug: str, command: str) -> AsyncIterator[Tenant]:
    """Act in a city for ``command``, recorded with the account of this machine; refuse an unknown city."""
    tenant = await tenant_by_slug(slug)
    if tenant is None:
        raise refuse("city_unknown", "city", city=slug)
    with enter(tenant), acting_as(system(tenant.locale)):
        async with passage():
            async with tenant_tx(write=True):
                await record("core.command.run", "tenant", command=command, operator=getpass.getuser())
            yield tenant
