"""What is to be known of a city before it is taken on, and what is wrong with it so far."""

from __future__ import annotations

from typing import Any

import msgspec

from leancity.core.cases.checks import SHORT
from leancity.core.errors import Problem, Refused
from leancity.core.identity.accounts import LONGEST_LOGIN
from leancity.core.identity.residents import checked_email, checked_name
from leancity.core.identity.sessions import login_as_typed
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import NewCity, problems_of
from leancity.tenants.profiles.model import Profile
from leancity.tenants.profiles.reading import read_profile


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody has said of a city so far; a draft may hold anything.

    ``title``, ``zone``, ``locale``, ``modules`` are the profile's where they are empty. ``admin_*`` is who looks after
    the city at first and is invited. ``with_demo`` gives it invented people and cases.
    """

    slug: str = ""
    title: str = ""
    zone: str = ""
    locale: str = ""
    kind: TenantKind = TenantKind.CITY
    hosts: list[str] = []
    region: str = ""
    profile: str = ""
    modules: list[str] = []
    plan: str = ""
    admin_login: str = "admin"
    admin_name: str = ""
    admin_email: str = ""
    with_demo: bool = False

    def filled(self) -> Card:
        """Return the card with what its profile says where it says nothing itself."""
        try:
            profile: Profile | None = read_profile(self.profile) if self.profile else None
        except Refused:
            profile = None  # `problems` tells
        return msgspec.structs.replace(
            self,
            title=self.title.strip() or (profile.title if profile else ""),
            zone=self.zone or (profile.zone if profile else ""),
            locale=self.locale or (profile.locale if profile else "ru"),
            modules=self.modules or ([*profile.modules] if profile else []),
            hosts=[host.strip().lower() for host in self.hosts if host.strip()],
        )

    def new_city(self) -> NewCity:
        """Return the directory's part of it."""
        return NewCity(
            slug=self.slug,
            title=self.title,
            zone=self.zone,
            locale=self.locale,
            hosts=tuple(self.hosts),
            modules=tuple(self.modules),
            kind=self.kind,
        )


async def problems(card: Card, modules: Modules, *, is_invited: bool = True) -> list[Problem]:
    """Return what stands in the way of taking this city on, each problem with its field of the card.

    ``is_invited``: its administrator sets a password by a link.
    """
    filled = card.filled()
    found = await problems_of(modules, filled.new_city())
    if not filled.hosts:
        found.append(Problem(code="required", field="hosts"))
    if len(filled.title) > SHORT:
        found.append(Problem(code="too_long", field="title", params={"limit": SHORT}))
    if card.profile:
        found += _refused(lambda: read_profile(card.profile))
    if card.region:
        region = await tenant_by_slug(card.region)
        if region is None:
            found.append(Problem(code="city_unknown", field="region", params={"city": card.region}))
        elif region.kind is not TenantKind.REGION:
            found.append(Problem(code="region_expected", field="region", params={"region": card.region}))
    if is_invited:
        found += _admin_problems(card)
    return found


def _admin_problems(card: Card) -> list[Problem]:
    found = [
        *_refused(lambda: checked_name(card.admin_name, "admin_name")),
        *_refused(lambda: checked_email(card.admin_email, "admin_email")),
    ]
    login = login_as_typed(card.admin_login)
    if not login:
        found.append(Problem(code="required", field="admin_login"))
    elif len(login) > LONGEST_LOGIN:
        found.append(Problem(code="too_long", field="admin_login", params={"limit": LONGEST_LOGIN}))
    return found


def _refused(check: Any) -> list[Problem]:
    try:
        check()
    except Refused as refusal:
        return [*refusal.problems]
    return []
