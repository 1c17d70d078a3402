"""The steps that make a city stand. Each may be done again: what was cut off goes on where it stopped."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from leancity.core.config import load
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.accounts import invite_person
from leancity.core.identity.links import send_link
from leancity.core.identity.roles import NewGrant, grant_role
from leancity.core.identity.service import create_user
from leancity.core.identity.tables import RoleGrant, UserAccount
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.elsewhere import in_city, in_no_city
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import maker_of, tenant_by_slug
from leancity.core.tenancy.service import create_city, set_region, subscribe
from leancity.tenants.demo import load_demo
from leancity.tenants.onboarding.card import Card
from leancity.tenants.organisation.model import Organisation
from leancity.tenants.organisation.writing import write_organisation
from leancity.tenants.profiles.applying import apply_profile
from leancity.tenants.profiles.reading import read_profile

ADMINISTRATOR = ("core.administrator", "core.dispatcher")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A city to be taken on, its ``card`` filled from the profile.

    ``password`` makes the administrator's account at once; without it they are invited. ``maker`` is the
    onboarding: a city that it has half made it may complete.
    """

    card: Card
    organisation: Organisation | None = None
    password: str = ""
    maker: uuid.UUID


Step = Callable[[Modules, Wanted], Awaitable[None]]
OnStep = Callable[[str], Awaitable[None]]


async def take_on(modules: Modules, wanted: Wanted, done: Collection[str], on_step: OnStep) -> Tenant:
    """Do the steps that are not ``done``, telling ``on_step`` each one that is, and return the city.

    Raises ``Refused`` where something stands in the way; what was done stays, and the rest can be done later.
    """
    for name, step in STEPS.items():
        if name not in done:
            await step(modules, wanted)
            await on_step(name)
    return await _city(wanted)


async def _make(modules: Modules, wanted: Wanted) -> None:
    """Make it, or complete the one that was half made: its modules and roles come after the directory's row."""
    card = wanted.card
    there = await tenant_by_slug(card.slug)
    if there is None:
        await in_no_city(partial(create_city, modules, replace(card.new_city(), made_by=wanted.maker)))
    elif await maker_of(there.id) == wanted.maker:
        await in_no_city(partial(subscribe, modules, card.slug, card.modules))
    else:
        raise refuse("slug_taken", "slug", slug=card.slug)


async def _join_region(modules: Modules, wanted: Wanted) -> None:
    if wanted.card.region and wanted.card.kind is TenantKind.CITY:
        await in_no_city(partial(set_region, wanted.card.slug, wanted.card.region))


async def _apply_profile(modules: Modules, wanted: Wanted) -> None:
    if wanted.card.profile:
        await in_city(await _city(wanted), partial(apply_profile, read_profile(wanted.card.profile)))


async def _write_organisation(modules: Modules, wanted: Wanted) -> None:
    if wanted.organisation is not None:
        await in_city(await _city(wanted), partial(write_organisation, wanted.organisation))


async def _let_administrator_in(modules: Modules, wanted: Wanted) -> None:
    card, city = wanted.card, await _city(wanted)
    roles = [*ADMINISTRATOR, *(key for key in modules.roles if key.partition(".")[0] in city.modules)]

    async def made() -> None:
        async with tenant_tx(write=True):
            login = card.admin_login.strip().lower()
            row = await UserAccount.objects().where(UserAccount.login == login).first()
            if row is None and wanted.password:
                await create_user(login, card.admin_name or login, wanted.password, roles, email=card.admin_email)
                return
            user_id = row.id if row else await _invited(card)
            if await RoleGrant.exists().where(RoleGrant.user_id == user_id):
                return
            if row and not row.password_hash and load().smtp_url:  # the workbook has them already
                await send_link("invitation", user_id)
            for role in roles:
                await grant_role(NewGrant(user_id=user_id, role=role))

    await in_city(city, made)


async def _invited(card: Card) -> uuid.UUID:
    """Invite the administrator by mail; where none can be sent, the operator hands the link over (``invitation``)."""
    is_mailed = bool(load().smtp_url)
    return await invite_person(card.admin_login, card.admin_name, card.admin_email, None, is_mailed=is_mailed)


async def _load_demo(modules: Modules, wanted: Wanted) -> None:
    if wanted.card.with_demo:
        await in_city(await _city(wanted), partial(load_demo, modules))


async def _city(wanted: Wanted) -> Tenant:
    city = await tenant_by_slug(wanted.card.slug)
    if city is None:
        raise refuse("city_unknown", "slug", city=wanted.card.slug)
    return city


STEPS: dict[str, Step] = {
    "city": _make,
    "region": _join_region,
    "profile": _apply_profile,
    "organisation": _write_organisation,
    "administrator": _let_administrator_in,
    "demo": _load_demo,
}
"""In this order: the organisation joins the profile's bodies, the administrator comes before the demo's people."""
