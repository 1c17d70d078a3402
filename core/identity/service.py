"""Accounts and roles of a city. Signing in is in ``sessions``."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.permissions import KERNEL_ROLES
from leancity.core.identity.secrets import hash_password
from leancity.core.identity.tables import OrgUnit, RoleGrant, RoleRow, UserAccount
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import current_tenant

SHORTEST_PASSWORD = 8


async def create_unit(key: str, title: str, parent_id: uuid.UUID | None = None) -> uuid.UUID:
    """Add a unit of the organisation and return its id; refuse a key that is taken."""
    async with tenant_tx(write=True):
        if await OrgUnit.exists().where(OrgUnit.key == key):
            raise refuse("key_taken", "key", key=key)
        unit = OrgUnit(key=key, title=title, parent_id=parent_id)
        await unit.save()
        await record("core.unit.created", "org_unit", unit.id)
        return unit.id


def checked_account(login: str, password: str) -> str:
    """Return the login as it is stored; refuse an empty one and a password under 8 characters."""
    login = login.strip().lower()
    if not login:
        raise refuse("required", "login")
    if len(password) < SHORTEST_PASSWORD:
        raise refuse("password_too_short", "password", limit=SHORTEST_PASSWORD)
    return login


async def create_user(
    login: str,
    name: str,
    password: str,
    roles: Iterable[str] = (),
    unit_id: uuid.UUID | None = None,
    locale: str = "",
) -> uuid.UUID:
    """Add an account with ``roles`` (their keys) and return its id.

    Refuses a login that is taken, a password under 8 characters, an unknown role.
    """
    login = checked_account(login, password)
    password_hash = await hash_password(password)
    async with tenant_tx(write=True):
        user = UserAccount(login=login, name=name, password_hash=password_hash, unit_id=unit_id, locale=locale)
        try:
            await user.save()
        except UniqueViolationError as error:
            raise refuse("login_taken", "login", login=login) from error
        for key in roles:
            role = await RoleRow.select(RoleRow.id).where(RoleRow.key == key).first()
            if role is None:
                raise refuse("role_unknown", "roles", role=key)
            await RoleGrant(user_id=user.id, role_id=role["id"]).save()
        await record("core.user.created", "user_account", user.id, roles=list(roles))
        return user.id


async def add_missing_roles(modules: Modules) -> None:
    """Give the city the kernel's roles and its modules' that it does not have yet; its own changes to others stay."""
    tenant = current_tenant()
    declared = [*KERNEL_ROLES, *modules.roles.values()]
    async with tenant_tx(write=True):
        present = {row["key"] for row in await RoleRow.select(RoleRow.key)}
        for role in declared:
            owner = role.key.partition(".")[0]
            if role.key in present or (owner != "core" and owner not in tenant.modules):
                continue
            title = pick(role.title, tenant.locale)
            await RoleRow(key=role.key, title=title, permissions=list(role.permissions)).save()
