"""The operator's own place: the one tenant of its kind, at which whoever runs the installation signs in."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from leancity.core.cli.serving import serving
from leancity.core.errors import refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.service import checked_account, create_user
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import NewCity, create_city

SLUG = "operator"
MODULE = "operator"
ROLES = ("core.administrator", "operator.administrator")


@dataclass(frozen=True, kw_only=True)
class NewPlace:
    """What it is made with: the host without a port, and the first account, which has every role."""

    host: str
    admin: str
    password: str
    title: str
    locale: str
    zone: str


async def make_place(modules: Modules, new: NewPlace) -> Tenant:
    """Make the operator's place with its first account; refuse where there is one."""
    if await tenant_by_slug(SLUG) is not None:
        raise refuse("operator.place_exists", city=SLUG)
    login = checked_account(new.admin, new.password)  # before there is a place: one without an account helps nobody
    city = NewCity(
        slug=SLUG,
        title=new.title,
        zone=new.zone,
        locale=new.locale,
        hosts=(new.host.strip().lower(),),
        modules=(MODULE,),
        kind=TenantKind.OPERATOR,
    )
    tenant = await create_city(modules, city)
    await in_city(tenant, partial(create_user, login, login, new.password, ROLES))
    return tenant


@asynccontextmanager
async def at_the_place(command: str) -> AsyncIterator[Tenant]:
    """Act at the operator's place for a command, which is recorded there; refuse where there is no such place."""
    if await tenant_by_slug(SLUG) is None:
        raise refuse("operator.place_missing")
    async with serving(SLUG, command) as tenant:
        who = replace(system(tenant.locale), name=getpass.getuser())  # whom a city's audit log names then
        with acting_as(who):
            yield tenant
