"""Cities: making one, and what it subscribes to. The only writer of the directory; the control plane calls it."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg
import structlog
from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.db.engine import pool
from leancity.core.db.unit import Connection, tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.service import add_missing_roles
from leancity.core.jobs.schedules import begin_schedules
from leancity.core.moment import now
from leancity.core.plugins.manager import Modules
from leancity.core.processes.shipped.adding import add_missing_processes, prepare_processes
from leancity.core.settings.region import forget_handed_down, hand_down_all
from leancity.core.tenancy.allowance import require_modules
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import served_tenants, tenant_by_id, tenant_by_slug, tenants_of_region
from leancity.core.tenancy.tables import Subscription, TenantHost, TenantRow

_CREATE = """
with city as (
    insert into tenant (slug, title, zone, locale, is_suspended, kind, created_at, made_by)
    values ($1, $2, $3, $4, false, $6, $7, $8) returning id
), hosts as (
    insert into tenant_host (host, tenant_id) select host, city.id from city, unnest($5::text[]) host
)
select id from city
"""
_LOCK = "select region_id from tenant where id = $1 for no key update"
_SUSPEND = """
update tenant set is_suspended = $2 where id = $1 and is_suspended <> $2 and phase <> 'erasing'
"""
# One statement with its conditions: nobody resumes a city, or gives a region a city, between the look and the change.
_BEGIN_ERASING = """
update tenant t set phase = 'erasing'
where t.id = $1 and t.is_suspended and t.phase in ('', 'erasing')
  and not exists (select from tenant c where c.region_id = t.id)
"""
_SET_REGION = "update tenant set region_id = $2 where id = $1"
RENEWED_AGAIN = 5  # seconds until the database is asked again
log = structlog.get_logger()

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class NewCity:
    """What a city needs to exist: ``zone`` an IANA name, ``hosts`` without ports, ``modules`` that serve its kind."""

    slug: str
    title: str
    zone: str
    locale: str
    hosts: tuple[str, ...]
    modules: tuple[str, ...]
    kind: TenantKind = TenantKind.CITY
    made_by: uuid.UUID | None = None


async def create_city(modules: Modules, new: NewCity) -> Tenant:
    """Make a city with its hosts, modules and roles; refuse what does not fit, naming each field.

    City and hosts are one statement: a refused one leaves nothing in the directory.
    """
    if problems := await problems_of(modules, new):
        raise Refused(*problems)
    try:
        tenant_id = await pool().fetchval(
            _CREATE, new.slug, new.title, new.zone, new.locale, [*new.hosts], new.kind, now(), new.made_by
        )
    except UniqueViolationError as error:
        if error.table_name == TenantRow._meta.tablename:  # somebody else was faster
            raise refuse("slug_taken", "slug", slug=new.slug) from error
        raise refuse("host_taken", "hosts", host=", ".join(await _taken(new.hosts))) from error
    return await _set_modules(modules, tenant_id, new.modules)


async def _taken(hosts: tuple[str, ...]) -> list[str]:
    """Return those of ``hosts`` at which a city answers already, or that stand among them twice."""
    if not hosts:
        return []
    rows = await TenantHost.select(TenantHost.host).where(TenantHost.host.is_in(list(hosts)))
    return sorted({*(row["host"] for row in rows), *(host for host in hosts if hosts.count(host) > 1)})


async def subscribe(modules: Modules, slug: str, names: Iterable[str]) -> Tenant:
    """Give a city more modules, with all that they require."""
    tenant = await find_city(slug)
    names = tuple(names)
    _check_modules(modules, names, tenant.kind)
    require_modules(tenant, modules.closure(tenant.modules | set(names)))
    return await _set_modules(modules, tenant.id, tenant.modules | set(names))


async def leave(modules: Modules, slug: str, names: Iterable[str]) -> Tenant:
    """Take modules from a city: every door of theirs closes with the next request, the data stays.

    Refuses while another module of the city requires one of them.
    """
    tenant = await find_city(slug)
    left = tenant.modules - set(names)
    if modules.closure(left) != left:
        needed = ", ".join(sorted(modules.closure(left) - left))
        raise refuse("module_required", "modules", modules=needed)
    return await _set_modules(modules, tenant.id, left)


async def keep_renewing(modules: Modules) -> None:
    """Bring every city's roles, and its modules' processes, what this version of the platform has added to them.

    A database that goes away is waited for; a city that was renewed already has nothing to do.
    """
    while True:
        try:
            for tenant in await served_tenants():
                with enter(tenant), acting_as(system(tenant.locale)):
                    await add_missing_roles(modules)
                    await add_missing_processes(modules)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("roles and processes are not renewed yet", error=str(error))
            await asyncio.sleep(RENEWED_AGAIN)
        else:
            return


async def set_suspended(slug: str, is_suspended: bool, *, reason: str = "", operator: str = "") -> bool:
    """Suspend a city or let it go on; return whether it was not so already. Its audit log says why and by whom.

    The operator's own place is never suspended: nobody could open it again from there.
    """
    city = await find_city(slug)
    if city.kind is TenantKind.OPERATOR:
        raise refuse("operators_own_place", "city", city=slug)
    with enter(city), acting_as(system(city.locale)):
        async with tenant_tx(write=True) as unit:
            if await unit.connection.execute(_SUSPEND, city.id, is_suspended) == "UPDATE 0":
                return False
            action = "core.city.suspended" if is_suspended else "core.city.resumed"
            await record(action, "tenant", reason=reason, operator=operator)
    return True


async def begin_erasing(tenant: Tenant) -> None:
    """Close a suspended city for good: from now on nobody enters it, and it can't be resumed. Twice is once.

    Refuses a city that is open or being imported, a region that has cities, and the operator's own place.
    """
    if tenant.kind is TenantKind.OPERATOR:
        raise refuse("operators_own_place", "city", city=tenant.slug)
    if not tenant.is_suspended:
        raise refuse("city_not_suspended", "city", city=tenant.slug)
    if tenant.phase not in ("", "erasing"):
        raise refuse("city_busy", "city", city=tenant.slug)
    cities = await tenants_of_region(tenant.id)
    if cities:
        raise refuse("region_has_cities", "city", city=tenant.slug, cities=", ".join(each.slug for each in cities))
    if await pool().execute(_BEGIN_ERASING, tenant.id) != "UPDATE 1":  # it, or a city of it, has changed meanwhile
        raise refuse("city_busy", "city", city=tenant.slug)


async def set_region(slug: str, region_slug: str | None) -> None:
    """Let a city get its defaults from a region, or (None) from none; what it has set itself stays.

    What the region has set comes by a job of the region; asking for the same region again asks for that job again.
    Only a tenant of that kind can be a region, and only a city has one.
    """
    city = await find_city(slug)
    region = None if region_slug is None else await find_city(region_slug, "region")
    with enter(city), acting_as(system(city.locale)):
        async with tenant_tx(write=True) as unit:
            before = await _checked_region(unit.connection, city, region)
            if before != (region.id if region else None):
                await unit.connection.execute(_SET_REGION, city.id, region.id if region else None)
                await forget_handed_down()
                await record("core.region.changed", "tenant", region=region_slug)
    if region is not None:
        with enter(region), acting_as(system(region.locale)):
            await hand_down_all()


async def _checked_region(connection: Connection, city: Tenant, region: Tenant | None) -> int | None:
    """Lock the city, refuse a region that does not fit, and return the id of the one that the city has."""
    if city.kind is not TenantKind.CITY:
        raise refuse("region_for_cities", "city", city=city.slug)
    if region is not None and region.kind is not TenantKind.REGION:
        raise refuse("region_expected", "region", region=region.slug)
    before: int | None = await connection.fetchval(_LOCK, city.id)
    return before


async def find_city(slug: str, field: str = "city") -> Tenant:
    """Return a city by its slug; refuse an unknown one, and one that is being erased or imported."""
    tenant = await tenant_by_slug(slug)
    if tenant is None:
        raise refuse("city_unknown", field, city=slug)
    if tenant.is_erasing:
        raise refuse("city_erasing", field, city=slug)
    if tenant.phase:
        raise refuse("city_importing", field, city=slug)
    return tenant


async def _set_modules(modules: Modules, tenant_id: int, names: Iterable[str]) -> Tenant:
    wanted = modules.closure(names)
    present = {row["module"] for row in await _subscriptions(tenant_id)}
    for module in sorted(wanted - present):
        await Subscription.insert(Subscription(tenant_id=tenant_id, module=module, since=now()))
    for module in sorted(present - wanted):
        await Subscription.delete().where((Subscription.tenant_id == tenant_id) & (Subscription.module == module))
    tenant = await tenant_by_id(tenant_id)
    if tenant is None:
        raise refuse("city_unknown", "city", city=tenant_id)
    await prepare_processes(modules, wanted - present, tenant.locale)
    with enter(tenant), acting_as(system(tenant.locale)):
        async with tenant_tx(write=True):
            await add_missing_roles(modules)
            await add_missing_processes(modules)
            await begin_schedules()
            if wanted != present:
                added, removed = sorted(wanted - present), sorted(present - wanted)
                await record("core.subscription.changed", "tenant", added=added, removed=removed)
    return tenant


async def _subscriptions(tenant_id: int) -> list[dict[str, str]]:
    return await Subscription.select(Subscription.module).where(Subscription.tenant_id == tenant_id)


async def problems_of(modules: Modules, new: NewCity) -> list[Problem]:
    """Return all that stands in the way of making a city, field by field; nothing is written."""
    problems = _misfits(modules, new)
    if _SLUG.fullmatch(new.slug) and await tenant_by_slug(new.slug) is not None:
        problems.append(Problem(code="slug_taken", field="slug", params={"slug": new.slug}))
    taken = await _taken(tuple(host for host in new.hosts if HOST.fullmatch(host)))
    return [*problems, *(Problem(code="host_taken", field="hosts", params={"host": host}) for host in taken)]


def _misfits(modules: Modules, new: NewCity) -> list[Problem]:
    """Return what is wrong with a new city by itself."""
    problems = []
    if not _SLUG.fullmatch(new.slug) or len(new.slug) > 63:
        problems.append(Problem(code="slug_invalid", field="slug"))
    if not new.title.strip():
        problems.append(Problem(code="required", field="title"))
    try:
        ZoneInfo(new.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(Problem(code="zone_unknown", field="zone", params={"zone": new.zone}))
    if new.locale not in LOCALES:
        problems.append(Problem(code="locale_unknown", field="locale", params={"locales": ", ".join(LOCALES)}))
    problems += [
        Problem(code="host_invalid", field="hosts", params={"host": host})
        for host in new.hosts
        if not HOST.fullmatch(host)
    ]
    return [*problems, *_unknown(modules, new.modules, new.kind)]


def _check_modules(modules: Modules, names: Iterable[str], kind: TenantKind) -> None:
    if problems := _unknown(modules, names, kind):
        raise Refused(*problems)


def _unknown(modules: Modules, names: Iterable[str], kind: TenantKind) -> list[Problem]:
    installed = modules.serving(kind)
    return [
        Problem(
            code="module_unknown", field="modules", params={"module": name, "installed": ", ".join(sorted(installed))}
        )
        for name in names
        if name not in installed
    ]
