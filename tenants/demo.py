"""Demo cities and demo data. The people in them are invented."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import structlog

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.roles import NewGrant, grant_role
from leancity.core.identity.service import add_missing_roles, create_user
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.identity.units import LegalForm, UnitCard, UnitKind, add_unit
from leancity.core.plugins.manager import Modules
from leancity.core.processes.packages.demo import begin_to_take, offer_practice
from leancity.core.processes.registry.demo import load_registry
from leancity.core.processes.shipped.adding import add_missing_processes
from leancity.core.tenancy.context import Tenant, current_tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import NewCity, create_city
from leancity.tenants.profiles.applying import apply_profile
from leancity.tenants.profiles.model import Profile
from leancity.tenants.profiles.reading import read_profile

_log = structlog.get_logger()

DEMO_PASSWORD = "leancity-demo"  # noqa: S105 - printed by `make run`, never made in production

UNITS = (
    UnitCard(key="administration", title="Администрация города", kind=UnitKind.BODY),
    UnitCard(key="roads", title="Департамент городского хозяйства"),
    UnitCard(key="improvement", title="Управление благоустройства"),
    UnitCard(key="dispatch", title="МКУ «Единая диспетчерская»", kind=UnitKind.LEGAL_ENTITY, legal_form=LegalForm.MKU),
)
TOP = "administration"


class DemoPerson(NamedTuple):
    """Somebody of the demo; roles of modules that the city has not are left out."""

    login: str
    name: str
    unit: str
    roles: tuple[str, ...]
    across_entities: bool = False


PEOPLE = (
    DemoPerson("administrator", "Мария Городская", TOP, ("core.administrator",)),
    DemoPerson(
        "dispatcher", "Анна Светлова", "dispatch", ("core.dispatcher", "city_problems.clerk"), across_entities=True
    ),
    DemoPerson(
        "executor",
        "Пётр Дорожный",
        "roads",
        ("core.executor", "city_problems.executor", "mayor_assignments.executor", "staff_attestation.employee"),
    ),
    DemoPerson(
        "gardener",
        "Ольга Садовая",
        "improvement",
        ("core.executor", "city_problems.executor", "mayor_assignments.executor", "staff_attestation.employee"),
    ),
    DemoPerson("mayor", "Сергей Северный", TOP, ("mayor_assignments.mayor", "staff_attestation.head")),
    DemoPerson(
        "controller",
        "Елена Отчётная",
        TOP,
        ("mayor_assignments.controller", "staff_attestation.hr", "staff_attestation.employee"),
    ),
)
RESIDENT = "resident@example.org"

PROFILES = ("yuzhno-sakhalinsk", "seversk")


async def make_demo_cities(modules: Modules) -> list[Tenant]:
    """Make the demo cities that are not there yet by their profiles, and give all of them their demo data."""
    tenants = []
    for profile in map(read_profile, PROFILES):
        tenant = await tenant_by_slug(profile.name) or await create_city(modules, _city_of(profile))
        await in_city(tenant, partial(_furnish, modules, profile))
        tenants.append(tenant)
    giver, taker, *_ = tenants
    try:
        await in_city(giver, _offer)
        await in_city(taker, partial(begin_to_take, giver.slug))
    except Refused as error:
        # An older demo city may have been changed by hand: that is no reason not to start.
        _log.warning("demo_practice_refused", codes=[problem.code for problem in error.problems])
    return tenants


async def _offer() -> None:
    """Let the first demo city offer a practice, which its administrator has agreed to."""
    async with tenant_tx():
        person = await UserAccount.select(UserAccount.id).where(UserAccount.login == PEOPLE[0].login).first()
        unit = await OrgUnit.select(OrgUnit.id).where(OrgUnit.key == UNITS[1].key).first()
    if person is not None and unit is not None:
        await offer_practice(person["id"], unit["id"], "core.executor")


async def _furnish(modules: Modules, profile: Profile) -> None:
    await apply_profile(profile)
    await load_demo(modules)


def _city_of(profile: Profile) -> NewCity:
    return NewCity(
        slug=profile.name,
        title=profile.title,
        zone=profile.zone,
        locale=profile.locale,
        hosts=(f"{profile.name}.localhost",),
        modules=profile.modules,
    )


async def load_demo(modules: Modules) -> None:
    """Give the city being served demo units, people and its modules' data; what is there already stays as it is."""
    tenant = current_tenant()
    await add_missing_roles(modules)  # of a newer installation than the one that made the city
    await add_missing_processes(modules)
    await _people(tenant)
    await load_registry()
    for owner, demo in modules.collect("register_demo"):
        if owner in tenant.modules:
            await demo.load()


async def _people(tenant: Tenant) -> None:
    async with tenant_tx():
        units = {row["key"]: row["id"] for row in await OrgUnit.select(OrgUnit.key, OrgUnit.id)}
        logins = {row["login"] for row in await UserAccount.select(UserAccount.login)}
    for card in UNITS:
        if card.key not in units:
            parent_id = None if card.key == TOP else units[TOP]
            units[card.key] = (await add_unit(replace(card, parent_id=parent_id))).id
    for person in PEOPLE:
        if person.login not in logins:
            email, unit_id = f"{person.login}@example.org", units[person.unit]
            user_id = await create_user(person.login, person.name, DEMO_PASSWORD, unit_id=unit_id, email=email)
            for role in person.roles:
                if role.partition(".")[0] in {"core", *tenant.modules}:
                    await grant_role(NewGrant(user_id=user_id, role=role, across_entities=person.across_entities))
    if RESIDENT not in logins:
        await create_user(RESIDENT, "Нина Береговая", DEMO_PASSWORD, email=RESIDENT, kind="resident")
