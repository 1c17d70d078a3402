"""Accounts and roles of a city. Signing in is in ``sessions``."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Literal

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.locks import lock_roles
from leancity.core.identity.passwords import check_password
from leancity.core.identity.permissions import KERNEL_ROLES
from leancity.core.identity.secrets import hash_password
from leancity.core.identity.tables import RoleGrant, RoleRow, UserAccount
from leancity.core.moment import now
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.allowance import require_people
from leancity.core.tenancy.context import current_tenant


def checked_account(login: str, password: str) -> str:
    """Return the login as it is stored; refuse an empty one and a password that can't be one."""
    login = login.strip().lower()
    if not login:
        raise refuse("required", "login")
    check_password(password, login)
    return login


async def create_user(
    login: str,
    name: str,
    password: str,
    roles: Iterable[str] = (),
    unit_id: uuid.UUID | None = None,
    locale: str = "",
    email: str = "",
    kind: Literal["staff", "resident"] = "staff",
) -> uuid.UUID:
    """Add an account with ``roles`` (their keys) and return its id.

    Refuses a login that is taken, a password that can't be one, an unknown role.
    """
    login = checked_account(login, password)
    check_password(password, name, email)
    return await add_user(login, name, await hash_password(password), roles, unit_id, locale, email, kind)


async def add_user(
    login: str,
    name: str,
    password_hash: str,
    roles: Iterable[str] = (),
    unit_id: uuid.UUID | None = None,
    locale: str = "",
    email: str = "",
    kind: Literal["staff", "resident"] = "staff",
) -> uuid.UUID:
    """As ``create_user`` does, with the hash of a password that was checked already. Joins the open unit of work."""
    async with tenant_tx(write=True):
        if kind == "staff":
            await require_people()
        user = UserAccount(
            login=login,
            name=name,
            kind=kind,
            email=email,
            password_hash=password_hash,
            unit_id=unit_id,
            locale=locale,
            created_at=now(),
        )
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
    """Give the city the kernel's roles and its modules' that it does not have yet, and to those that it has what a
    later version has added to them. The city's own changes stay.
    """
    tenant = current_tenant()
    async with tenant_tx(write=True):
        await lock_roles()
        present = {row.key: row for row in await RoleRow.objects()}
        for role in (*KERNEL_ROLES, *modules.roles.values()):
            owner, declared = role.key.partition(".")[0], list(role.permissions)
            if owner != "core" and owner not in tenant.modules:
                continue
            row = present.get(role.key)
            if row is None:
                title = pick(role.title, tenant.locale)
                await RoleRow(key=role.key, title=title, permissions=declared, offered=declared).save()
            elif new := [entry for entry in declared if entry not in row.offered]:
                row.permissions = [*row.permissions, *(entry for entry in new if entry not in row.permissions)]
                row.offered = [*row.offered, *new]
                await row.save([RoleRow.permissions, RoleRow.offered])
                await record("core.role.renewed", "role", row.id, role=role.key, added=new)
