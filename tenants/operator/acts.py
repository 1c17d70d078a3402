"""How the operator's place works outside itself: in the directory, and in a city that it says it was in.

A request of it holds no connection of its own while it does: many of them at once would starve each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from leancity.core.audit.log import record
from leancity.core.db.unit import put_down, tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import UserAccount
from leancity.core.tenancy.elsewhere import in_city, in_no_city
from leancity.core.tenancy.lookup import tenant_by_slug

T = TypeVar("T")


async def acting_operator() -> str:
    """Return the login of who acts here; the platform's own name in a job or a command."""
    who = current_principal()
    if who.user_id is None:
        return who.name
    async with tenant_tx():
        row = await UserAccount.select(UserAccount.login).where(UserAccount.id == who.user_id).first()
    return str(row["login"]) if row else who.name


async def outside(work: Callable[[], Awaitable[T]]) -> T:
    """Do ``work`` on the directory, which may enter cities by itself."""
    async with put_down():
        return await in_no_city(work)


async def within(slug: str, work: Callable[[], Awaitable[T]], *, field: str = "slug") -> T:
    """Do ``work`` in a city as the platform; refuse an unknown one and one that is being erased."""
    async with put_down():
        tenant = await tenant_by_slug(slug)
        if tenant is None:
            raise refuse("city_unknown", field, city=slug)
        if tenant.is_erasing:
            raise refuse("city_erasing", field, city=slug)
        return await in_city(tenant, work)


async def tell_city(slug: str, action: str, **data: Any) -> None:
    """Say in the city's audit log what was done to it from here; ``data`` names the operator."""

    async def tell() -> None:
        async with tenant_tx(write=True):
            await record(action, "tenant", **data)

    await within(slug, tell)


async def note(action: str, slug: str, **data: Any) -> None:
    """Say in the audit log of the operator's place what was done to a city."""
    async with tenant_tx(write=True):
        await record(action, "tenant", city=slug, **data)
