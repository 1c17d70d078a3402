"""Finding a city in the directory: by host for a request, by id for a job, by slug for a command.

Read afresh each time: a subscription that ends or a city that is suspended closes its doors with the next request.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

import asyncpg
import msgspec

from leancity.core.customs.held import customs_of
from leancity.core.db.engine import pool
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.limits import Limits, TenantKind

_TENANT = """
select t.id, t.slug, t.title, t.zone, t.locale, t.is_suspended, t.kind, t.revision, t.limits, t.phase,
       array(select s.module from subscription s where s.tenant_id = t.id) as modules
from tenant t
"""
_BY_HOST = _TENANT + "join tenant_host h on h.tenant_id = t.id where h.host = $1"
_BY_ID = _TENANT + "where t.id = $1"
_BY_SLUG = _TENANT + "where t.slug = $1"
_SERVED = _TENANT + "where t.phase = '' order by t.slug"
_OF_REGION = _TENANT + "where t.region_id = $1 and t.phase = '' order by t.slug"
_MAKER = "select made_by from tenant where id = $1"
_REGION_OF = _TENANT + "join tenant c on c.region_id = t.id where c.id = $1"


async def tenant_by_host(host: str) -> Tenant | None:
    """Return the city that answers at ``host`` (a port is ignored)."""
    return await _tenant(await pool().fetchrow(_BY_HOST, host.partition(":")[0].lower().rstrip(".")))


async def tenant_by_id(tenant_id: int) -> Tenant | None:
    """Return the city a job belongs to."""
    return await _tenant(await pool().fetchrow(_BY_ID, tenant_id))


async def tenant_by_slug(slug: str) -> Tenant | None:
    """Return the city an operator named."""
    return await _tenant(await pool().fetchrow(_BY_SLUG, slug))


async def served_tenants() -> list[Tenant]:
    """Return every city that may be entered, by slug: one that is being erased or imported is not among them."""
    return await _tenants(await pool().fetch(_SERVED))


async def tenants_of_region(tenant_id: int) -> list[Tenant]:
    """Return the cities that a region gives their defaults, by slug."""
    return await _tenants(await pool().fetch(_OF_REGION, tenant_id))


async def region_of(tenant_id: int) -> Tenant | None:
    """Return the region that a city gets its defaults from."""
    return await _tenant(await pool().fetchrow(_REGION_OF, tenant_id))


async def maker_of(tenant_id: int) -> uuid.UUID | None:
    """Return the onboarding that made a city, None for one that was made otherwise."""
    found: uuid.UUID | None = await pool().fetchval(_MAKER, tenant_id)
    return found


async def _tenants(rows: Iterable[asyncpg.Record]) -> list[Tenant]:
    return [tenant for row in rows if (tenant := await _tenant(row))]


async def _tenant(row: asyncpg.Record | None) -> Tenant | None:
    if row is None:
        return None
    found = dict(row)
    found["modules"] = installed_modules().closure(row["modules"])
    found["kind"] = TenantKind(row["kind"])
    found["limits"] = msgspec.json.decode(row["limits"], type=Limits)
    tenant = Tenant(**found)
    return replace(tenant, customs=await customs_of(tenant)) if tenant.revision else tenant
