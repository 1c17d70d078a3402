"""Demo cities and demo data. The people in them are invented."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.service import add_missing_roles, create_user
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.identity.units import create_unit
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import NewCity, create_city

DEMO_PASSWORD = "leancity-demo"  # noqa: S105 - printed by `make run`, never made in production

UNITS = (
    ("administration", "Администрация города", None),
    ("roads", "Департамент городского хозяйства", "administration"),
    ("improvement", "Управление благоустройства", "administration"),
    ("dispatch", "МКУ «Единая диспетчерская»", None),
)

# login, name, unit, roles beside the modules' own
PEOPLE = (
    ("administrator", "Мария Городская", "administration", ("core.administrator", "core.dispatcher")),
    ("dispatcher", "Анна Светлова", "dispatch", ("core.dispatcher",)),
    ("executor", "Пётр Дорожный", "roads", ("core.executor",)),
    ("gardener", "Ольга Садовая", "improvement", ("core.executor",)),
)
RESIDENT = "resident@example.org"

CITIES = (
    NewCity(
        slug="yuzhno-sakhalinsk",
        title="Южно-Сахалинск",
        zone="Asia/Sakhalin",
        locale="ru",
        hosts=("yuzhno-sakhalinsk.localhost",),
        modules=("city_problems",),
    ),
    NewCity(
        slug="seversk",
        title="Северск",
        zone="Asia/Tomsk",
        locale="ru",
        hosts=("seversk.localhost",),
        modules=(),
    ),
)


async def make_demo_cities(modules: Modules) -> list[Tenant]:
    """Make the demo cities that are not there yet and give all of them their demo data."""
    tenants = []
    for city in CITIES:
        tenant = await tenant_by_slug(city.slug) or await create_city(modules, city)
        await load_demo(modules, tenant)
        tenants.append(tenant)
    return tenants


async def load_demo(modules: Modules, tenant: Tenant) -> None:
    """Give a city demo units, people and its modules' demo data; what is there already stays as it is."""
    with enter(tenant), acting_as(system(tenant.locale)):
        await add_missing_roles(modules)  # of a newer installation than the one that made the city
        await _people(modules, tenant)
        for owner, demo in modules.collect("register_demo"):
            if owner in tenant.modules:
                await demo.load()


async def _people(modules: Modules, tenant: Tenant) -> None:
    async with tenant_tx():
        units = {row["key"]: row["id"] for row in await OrgUnit.select(OrgUnit.key, OrgUnit.id)}
        logins = {row["login"] for row in await UserAccount.select(UserAccount.login)}
    for key, title, parent in UNITS:
        if key not in units:
            units[key] = await create_unit(key, title, units.get(parent or ""))
    for login, name, unit, roles in PEOPLE:
        if login not in logins:
            more = [key for key in modules.roles if key.partition(".")[0] in tenant.modules]
            roles = (*roles, *more)
            await create_user(login, name, DEMO_PASSWORD, roles, units[unit], email=f"{login}@example.org")
    if RESIDENT not in logins:
        await create_user(RESIDENT, "Нина Береговая", DEMO_PASSWORD, email=RESIDENT, kind="resident")
