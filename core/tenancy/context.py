"""The city being served, and the one door into it.

Every door (request, job, webhook, bot update, command) enters here once and leaves with its work. There is no default
city: code that needs one and has none fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from leancity.core.errors import refuse
from leancity.core.tenancy.customs import NOTHING, Customs
from leancity.core.tenancy.limits import Limits, TenantKind


class NoTenantError(LookupError):
    """Tenant data was asked for outside a city. Always a bug of the caller."""


class TenantEnteredError(RuntimeError):
    """A city was entered from inside another one. Always a bug of the caller."""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A city as the directory knows it. ``modules`` is the gate: what is not in it does not exist for the city.

    ``kind`` tells a city from a region and from the operator's own place. ``revision`` grows with each change of what
    the city has customised, so that what was read of it may be kept. ``phase`` is importing or erasing, "" else.
    ``customs`` is what the city has customised at that revision.
    """

    id: int
    slug: str
    title: str
    zone: str
    locale: str
    is_suspended: bool
    modules: frozenset[str]
    kind: TenantKind = TenantKind.CITY
    revision: int = 0
    limits: Limits = field(default_factory=Limits)
    phase: str = ""
    customs: Customs = field(default=NOTHING, compare=False, repr=False)

    @property
    def is_erasing(self) -> bool:
        return self.phase == "erasing"

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


_current: ContextVar[Tenant | None] = ContextVar("leancity_tenant", default=None)


@contextmanager
def enter(tenant: Tenant) -> Iterator[Tenant]:
    """Serve ``tenant`` until the block ends; raise ``TenantEnteredError`` when another city is being served.

    A city that is being erased is entered by nobody, one that is being imported by who imports it: it is refused.
    """
    if _current.get() is not None:
        raise TenantEnteredError(f"already serving {_current.get()}")
    if tenant.is_erasing:
        raise refuse("city_erasing", "city", city=tenant.slug)
    if tenant.phase:
        raise refuse("city_importing", "city", city=tenant.slug)
    token = _current.set(tenant)
    try:
        yield tenant
    finally:
        _current.reset(token)


def current_tenant() -> Tenant:
    """Return the city being served; raise ``NoTenantError`` when there is none."""
    tenant = _current.get()
    if tenant is None:
        raise NoTenantError("no city is being served here: enter one by a door")
    return tenant


def current_tenant_id() -> int | None:
    """Return the city's id for a column default, None outside a city (piccolo then refuses the row)."""
    tenant = _current.get()
    return None if tenant is None else tenant.id


def current_modules() -> frozenset[str]:
    """Return the modules that exist here: none outside a city, so that the gate fails closed."""
    tenant = _current.get()
    return frozenset() if tenant is None else tenant.modules


def current_customs() -> Customs:
    """Return what the city being served has customised; nothing outside a city."""
    tenant = _current.get()
    return NOTHING if tenant is None else tenant.customs
