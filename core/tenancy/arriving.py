"""A city that arrives from another installation: named in the directory from the start, closed until all is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from asyncpg import UniqueViolationError

from leancity.core.db.engine import pool
from leancity.core.db.unit import Unit
from leancity.core.errors import Refused, refuse
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import Tenant, current_tenant
from leancity.core.tenancy.limits import Limits
from leancity.core.tenancy.lookup import maker_of, tenant_by_slug
from leancity.core.tenancy.service import NewCity, problems_of

IMPORTING = "importing"

_BEGIN = """
with city as (
    insert into tenant (slug, title, zone, locale, is_suspended, kind, phase, revision, plan, limits, created_at,
                        made_by)
    values ($1, $2, $3, $4, true, $5, 'importing', $6, $7, $8, $9, $10) returning id
)
insert into tenant_host (host, tenant_id) select host, city.id from city, unnest($11::text[]) host
"""
_STILL = "select true from tenant where id = $1 and phase = 'importing' for no key update"
_FINISH = """
update tenant set phase = '', made_by = null,
    region_id = (select r.id from tenant r where r.slug = $2 and r.kind = 'region')
where id = $1 and phase = 'importing'
"""
_GIVE_UP = "update tenant set phase = 'erasing' where id = $1 and phase = 'importing' returning true"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """``city.made_by`` tells what it comes from: the same again goes on with it."""

    city: NewCity
    revision: int
    plan: str
    limits: Limits
    created_at: datetime | None


async def begin_arrival(modules: Modules, arrival: Arrival) -> Tenant:
    """Make a suspended city that nobody enters but who has what is returned, or return the one that was begun.

    Refuses what does not fit, and a slug or host that is taken, naming each field.
    """
    new = arrival.city
    if (begun := await begun_arrival(new)) is not None:
        return begun
    if problems := await problems_of(modules, new):
        raise Refused(*problems)
    try:
        await pool().execute(
            _BEGIN,
            new.slug,
            new.title,
            new.zone,
            new.locale,
            new.kind,
            arrival.revision,
            arrival.plan,
            msgspec.json.encode(arrival.limits).decode(),
            arrival.created_at,
            new.made_by,
            [*new.hosts],
        )
    except UniqueViolationError as error:  # somebody else was faster
        raise Refused(*await problems_of(modules, new)) from error
    return await arriving_city(new.slug)


async def begun_arrival(new: NewCity) -> Tenant | None:
    """Return the city that is arriving from the same place, None where none is."""
    tenant = await tenant_by_slug(new.slug)
    if tenant is None or tenant.phase != IMPORTING or await maker_of(tenant.id) != new.made_by:
        return None
    return replace(tenant, phase="")


async def arriving_city(slug: str) -> Tenant:
    """Return a city that is arriving, from wherever; refuse another one."""
    tenant = await tenant_by_slug(slug)
    if tenant is None or tenant.phase != IMPORTING:
        raise refuse("city_not_importing", "slug", city=slug)
    return replace(tenant, phase="")


async def still_arriving(unit: Unit) -> None:
    """Hold the city in its phase until the unit commits; refuse where that is over."""
    if not await unit.connection.fetchval(_STILL, unit.tenant_id):
        raise refuse("city_not_importing", "slug", city=current_tenant().slug)


async def finish_arrival(unit: Unit, region: str | None) -> None:
    """Let the city be one like others with the commit of the unit: suspended still, of ``region`` if that is here."""
    await unit.connection.execute(_FINISH, unit.tenant_id, region)


async def give_up_arrival(tenant: Tenant) -> bool:
    """Turn an arriving city into one that is being erased, so that nobody goes on with it; False where it is none."""
    return bool(await pool().fetchval(_GIVE_UP, tenant.id))
