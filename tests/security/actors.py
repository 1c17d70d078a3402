"""Who asks: the columns of the matrix."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from leancity.core.audit import desk
from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.access import access_key, ask_access, decide_access, end_access
from leancity.core.identity.credentials import open_credential
from leancity.core.identity.links import link_of
from leancity.core.identity.permissions import KERNEL_PERMISSIONS
from leancity.core.identity.principal import Principal, acting_as, stranger, system
from leancity.core.identity.residents import confirm_email, register_resident
from leancity.core.identity.rights import principal_of
from leancity.core.identity.tables import OneTimeKey, UserAccount
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import current_tenant_id, enter
from leancity.core.testing.city import USER_PASSWORD, City

Row = TypeVar("Row", bound=TenantTable)

PRINCIPALS = (
    "anonymous",
    "resident",  # filed the case
    "neighbour",  # another resident
    "clerk",  # of the unit that holds the case: every permission, @unit
    "parks_clerk",  # of another unit, with the same
    "mup_clerk",  # of a legal entity below the case's unit: every permission, @subtree
    "admin",  # with the role core.administrator
    "foreign_admin",  # another city's, at our host
    "operator",  # with the key of an access that has ended
    "operator_in",  # with that of one that was granted, with the role core.operator
    "token",  # the clerk's, narrowed to core.case.read
    "chief",  # with every permission everywhere
    "chief_token",  # the same by a token
)
"""Those with an account are signed in, but for the tokens."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """``principal`` is None for who is nobody at our door, ``secret`` for who brings nothing."""

    name: str
    secret: str | None
    principal: Principal | None

    @property
    def user_id(self) -> uuid.UUID:
        """Return the account's id, one that nobody has for who has none."""
        found = self.principal and self.principal.user_id
        return found or uuid.UUID(int=0)

    @property
    def has_account(self) -> bool:
        return self.principal is not None and self.principal.user_id is not None

    @property
    def has_session(self) -> bool:
        return self.principal is not None and self.principal.session_id is not None


@asynccontextmanager
async def within_city(city: City, principal: Principal | None = None) -> AsyncIterator[None]:
    """Serve a city as the platform itself or as ``principal``, also where it is being served already."""
    entering = nullcontext() if current_tenant_id() == city.tenant.id else enter(city.tenant)
    with entering, acting_as(principal or system(city.tenant.locale)):
        async with desk.passage():
            yield


def all_permissions() -> list[str]:
    """Return every permission there is."""
    return sorted({*KERNEL_PERMISSIONS, *installed_modules().permissions})


async def one(table: type[Row], condition: Any) -> Row:
    """Return the row that fits a condition, which there must be."""
    async with tenant_tx():
        found = await table.objects().where(condition).first()
    if found is None:
        raise LookupError(f"{table.__name__}: {condition}")
    return found


async def make_actors(city: City, another: City, units: dict[str, uuid.UUID]) -> dict[str, Actor]:
    """Make one of each."""
    every = all_permissions()
    found = [
        Actor(name="anonymous", secret=None, principal=stranger(city.tenant.locale)),
        await signed_in(city, "resident", await make_resident(city)),
        await signed_in(city, "neighbour", await make_resident(city)),
    ]
    for name, unit, permissions in (
        ("clerk", "roads", [f"{each}@unit" for each in every]),
        ("parks_clerk", "parks", [f"{each}@unit" for each in every]),
        ("mup_clerk", "mup", [f"{each}@subtree" for each in every]),
        ("chief", "roads", every),
    ):
        user = await city.user(*permissions, unit_id=units[unit])
        found.append(await signed_in(city, name, user.id))
    found.append(await signed_in(city, "admin", (await city.user(roles=["core.administrator"])).id))
    foreign = await another.user(roles=["core.administrator"])
    found.append(Actor(name="foreign_admin", secret=foreign.token, principal=None))
    found += [await _operator(city, "operator", is_in=False), await _operator(city, "operator_in", is_in=True)]
    found += [
        await _token(city, "token", found, "clerk", ["core.case.read"]),
        await _token(city, "chief_token", found, "chief", None),
    ]
    by_name = {each.name: each for each in found}
    return {name: by_name[name] for name in PRINCIPALS}


async def _token(city: City, name: str, actors: list[Actor], owner: str, permissions: list[str] | None) -> Actor:
    user_id = next(each.user_id for each in actors if each.name == owner)
    async with within_city(city):
        expires_at = now() + timedelta(hours=1)
        secret = await open_credential("token", user_id=user_id, expires_at=expires_at, permissions=permissions)
        return Actor(name=name, secret=secret, principal=await principal_of(secret))


async def signed_in(city: City, name: str, user_id: uuid.UUID) -> Actor:
    """Open a session of an account."""
    async with within_city(city):
        secret = await open_credential("session", user_id=user_id, expires_at=now() + timedelta(hours=1))
        return Actor(name=name, secret=secret, principal=await principal_of(secret))


async def make_resident(city: City) -> uuid.UUID:
    """Make a resident's account as residents do: by registering and confirming the address."""
    email = f"{uuid.uuid4().hex}@example.org"
    async with within_city(city):
        key = await registered(email)
        await confirm_email(key, USER_PASSWORD)
        return uuid.UUID(str((await one(UserAccount, UserAccount.email == email)).id))


async def registered(email: str) -> str:
    """Register a resident and return the key of the mailed link."""
    await register_resident(email, "Анна Петрова", USER_PASSWORD)
    return await key_of((await one(UserAccount, UserAccount.email == email)).id)


async def key_of(user_id: uuid.UUID) -> str:
    """Return the key of the one link that was mailed to an account."""
    link = await link_of((await one(OneTimeKey, OneTimeKey.user_id == user_id)).id)
    if link is None:
        raise AssertionError("a link was mailed")
    return link.path.partition("#")[2]


async def _operator(city: City, name: str, *, is_in: bool) -> Actor:
    async with within_city(city):
        access = await ask_access(name, "a broken import", 2)
        await decide_access(access.id, is_granted=True)
        secret, _ = await access_key(access.id)
        if not is_in:
            await end_access(access.id)
        return Actor(name=name, secret=secret, principal=await principal_of(secret))
