"""A city's roles as data: edited, granted and taken back, each with a preview of what it would mean for whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.customs.journal import BY_HAND, Cause, lock_city, note
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.geo.tables import Territory
from leancity.core.identity.locks import lock_roles
from leancity.core.identity.permissions import KERNEL_PERMISSIONS
from leancity.core.identity.principal import current_principal
from leancity.core.identity.scopes import Scope, entry_of, parse
from leancity.core.identity.tables import OrgUnit, RoleGrant, RoleRow, UserAccount
from leancity.core.moment import now
from leancity.core.plugins.contributions import Permission
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import installed_modules

CHANGE = "core.role.change"
ROLES = "core.roles"

_HELD = """
select g.user_id, u.name, r.key, r.permissions from role_grant g
join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
join user_account u on u.tenant_id = g.tenant_id and u.id = g.user_id
where g.tenant_id = $1 and u.is_active and (g.expires_at is null or g.expires_at > $2)
order by u.name, u.id, r.key
"""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one permission of a person: the widest scope before and after, None for not at all."""

    permission: str
    before: Scope | None
    after: Scope | None


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What a change means for one person; ``conflicts`` are pairs that nobody may hold together."""

    user_id: uuid.UUID
    changes: tuple[Change, ...]
    conflicts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a change would mean, for whom, and what forbids it: empty ``problems``, and it can be done."""

    consequences: tuple[Consequence, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class NewGrant:
    """A role for a person: see ``RoleGrant``."""

    user_id: uuid.UUID
    role: str
    unit_id: uuid.UUID | None = None
    across_entities: bool = False
    territory_id: uuid.UUID | None = None
    expires_at: datetime | None = None


def known_permissions() -> dict[str, Permission]:
    """Return the permissions that exist for the city being served, by name."""
    modules = {name: each for name, each in installed_modules().permissions.items() if is_open(name.partition(".")[0])}
    return {**KERNEL_PERMISSIONS, **modules}


async def list_roles() -> list[RoleRow]:
    """Return the city's roles by title."""
    current_principal().require(CHANGE)
    async with tenant_tx():
        return await RoleRow.objects().order_by(RoleRow.title, RoleRow.key)


async def preview_role(key: str, entries: Iterable[str]) -> Preview:
    """Return what it would mean to give the role these permissions (``name`` or ``name@scope``); none removes it."""
    current_principal().require(CHANGE)
    async with tenant_tx():
        return await _preview(await _held(), {key: _normal(entries)})


async def held_of() -> dict[str, dict[str, Any]]:
    """Return ``title`` and ``permissions`` of the city's roles, by key."""
    async with tenant_tx():
        rows = await RoleRow.objects().order_by(RoleRow.key)
    return {row.key: _shown(row) for row in rows}


def _shown(row: RoleRow) -> dict[str, Any]:
    return {"title": row.title, "permissions": sorted(row.permissions)}


async def save_role(key: str, title: str, entries: Iterable[str], cause: Cause = BY_HAND) -> RoleRow:
    """Add a role or give one other permissions; refuse unknown ones, and what nobody may hold together.

    What a role holds of modules that the city has left stays in it.
    """
    current_principal().require(CHANGE)
    checks = Checks()
    key = checks.text("key", key, limit=SHORT, required=True)
    title = checks.text("title", title, limit=SHORT, required=True)
    wanted = _normal(entries)
    known = known_permissions()
    for entry in wanted:
        name, scope = parse(entry)
        if name not in known:
            checks.wrong("permission_unknown", "permissions", permission=entry)
        elif scope is not Scope.ALL and not known[name].by_row:
            checks.wrong("permission_citywide", "permissions", permission=name)
    checks.done()
    async with tenant_tx(write=True):
        await lock_city()
        await lock_roles()
        found = await RoleRow.objects().where(RoleRow.key == key).first()
        was, row = None if found is None else _shown(found), found or RoleRow(key=key)
        before = list(row.permissions or [])
        kept = [entry for entry in before if parse(entry)[0] not in known]
        _raise((await _preview(await _held(), {key: wanted})).problems)
        row.title, row.permissions = title, [*wanted, *kept]
        await row.save()
        if _shown(row) != was:
            await note(ROLES, key, was, _shown(row), cause)
        added, removed = sorted({*row.permissions} - {*before}), sorted({*before} - {*row.permissions})
        await record("core.role.saved", "role", row.id, role=key, added=added, removed=removed)
    return row


async def delete_role(key: str, cause: Cause = BY_HAND) -> None:
    """Remove a role that nobody has."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        await lock_city()
        await lock_roles()
        row = await _role(key, "key")
        if await RoleGrant.exists().where(RoleGrant.role_id == row.id):
            raise refuse("role_in_use", "key", role=key)
        was = _shown(row)
        await row.remove()
        await note(ROLES, key, was, None, cause)
        await record("core.role.deleted", "role", row.id, role=key)


async def preview_grant(user_id: uuid.UUID, role: str) -> Preview:
    """Return what it would mean to give a person a role."""
    current_principal().require(CHANGE)
    async with tenant_tx():
        row = await _role(role, "role")
        held = await _held()
        return await _preview(held, {}, extra={user_id: {role: list(row.permissions)}})


async def grant_role(new: NewGrant) -> RoleGrant:
    """Give a person a role; refuse what nobody may hold together, and a grant that is there already."""
    who = current_principal()
    who.require(CHANGE)
    async with tenant_tx(write=True):
        await lock_roles()
        role = await _role(new.role, "role")
        await _check_grant(new, role)
        _raise((await _preview(await _held(), {}, extra={new.user_id: {role.key: list(role.permissions)}})).problems)
        grant = RoleGrant(
            user_id=new.user_id,
            role_id=role.id,
            unit_id=new.unit_id,
            across_entities=new.across_entities,
            territory_id=new.territory_id,
            expires_at=new.expires_at,
            granted_by=who.user_id,
            granted_at=now(),
        )
        await grant.save()
        await record("core.role.granted", "user_account", new.user_id, role=role.key, grant_id=grant.id)
    return grant


async def revoke_grant(grant_id: uuid.UUID) -> uuid.UUID:
    """Take a role from a person and return the person's id."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        await lock_roles()
        grant = await RoleGrant.objects().where(RoleGrant.id == grant_id).first()
        if grant is None:
            raise refuse("not_found", "grant_id")
        user_id, admins = grant.user_id, await role_admins()
        await grant.remove()
        if admins and not await role_admins():
            raise refuse("role_admin_last", "grant_id")
        await record("core.role.revoked", "user_account", user_id, grant_id=grant_id)
    return uuid.UUID(str(user_id))


async def role_admins() -> set[uuid.UUID]:
    """Return who may edit the city's roles: a city that had somebody is not left without."""
    return {user_id for user_id, (_, roles) in (await _held()).items() if _widest(roles).get(CHANGE) is Scope.ALL}


async def _check_grant(new: NewGrant, role: RoleRow) -> None:
    for field, table, value in (
        ("user_id", UserAccount, new.user_id),
        ("unit_id", OrgUnit, new.unit_id),
        ("territory_id", Territory, new.territory_id),
    ):
        if value is not None and not await table.exists().where(table.id == value):
            raise refuse("not_found", field)
    if new.expires_at is not None and new.expires_at <= now():
        raise refuse("moment_past", "expires_at")
    same = (RoleGrant.user_id == new.user_id) & (RoleGrant.role_id == role.id)
    for row in await RoleGrant.objects().where(same):
        if (row.unit_id, row.territory_id) == (new.unit_id, new.territory_id):
            raise refuse("role_granted", "role", role=role.key)


async def _role(key: str, field: str) -> RoleRow:
    row = await RoleRow.objects().where(RoleRow.key == key).first()
    if row is None:
        raise refuse("role_unknown", field, role=key)
    return row


Held = Mapping[uuid.UUID, tuple[str, dict[str, list[str]]]]
"""Person to name and roles, each role's entries."""


async def _held() -> Held:
    found: dict[uuid.UUID, tuple[str, dict[str, list[str]]]] = {}
    async with tenant_tx() as unit:
        for row in await unit.connection.fetch(_HELD, unit.tenant_id, now()):
            found.setdefault(row["user_id"], (row["name"], {}))[1][row["key"]] = list(row["permissions"])
    return found


async def _preview(
    held: Held,
    edited: Mapping[str, list[str]],
    *,
    extra: Mapping[uuid.UUID, Mapping[str, list[str]]] | None = None,
) -> Preview:
    consequences, problems, admins = [], [], 0
    people = {user_id: roles for user_id, (_, roles) in held.items()}
    for user_id in {**people, **(extra or {})}:
        roles = people.get(user_id, {})
        after_roles = {key: edited.get(key, entries) for key, entries in roles.items()}
        after_roles |= (extra or {}).get(user_id, {})
        before, after = _widest(roles), _widest(after_roles)
        admins += after.get(CHANGE) is Scope.ALL
        changes = tuple(
            Change(permission=name, before=before.get(name), after=after.get(name))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        )
        new_conflicts = tuple(sorted(_conflicts(after) - _conflicts(before)))
        if changes:
            consequences.append(Consequence(user_id=user_id, changes=changes, conflicts=new_conflicts))
        problems += [
            Problem(code="duties_conflict", field="permissions", params={"one": one, "other": other})
            for one, other in new_conflicts
        ]
    if any(CHANGE in _widest(roles) for roles in people.values()) and not admins:
        problems.append(Problem(code="role_admin_last", field="permissions"))
    return Preview(consequences=tuple(consequences), problems=tuple(_once(problems)))


def _once(problems: list[Problem]) -> list[Problem]:
    """Return the problems, what many people share told once."""
    return [problem for place, problem in enumerate(problems) if problem not in problems[:place]]


def _widest(roles: Mapping[str, list[str]]) -> dict[str, Scope]:
    """Return each permission's widest scope over roles."""
    order = list(Scope)
    found: dict[str, Scope] = {}
    for name, scope in (parse(entry) for entries in roles.values() for entry in entries):
        found[name] = max(scope, found.get(name, Scope.OWN), key=order.index)
    return found


def _conflicts(held: Mapping[str, Scope]) -> set[tuple[str, str]]:
    """Return the pairs among permissions that nobody may hold together."""
    known = known_permissions()
    pairs: set[tuple[str, str]] = set()
    for name in held:
        for other in known[name].conflicts_with if name in known else ():
            if other in held:
                pairs.add((min(name, other), max(name, other)))
    return pairs


def _normal(entries: Iterable[str]) -> list[str]:
    """Return the entries, each permission once with its widest scope; refuse an unknown scope."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        try:
            name, _ = parse(entry)
        except ValueError as error:
            raise refuse("permission_unknown", "permissions", permission=entry) from error
        found[name].append(entry)
    widest = _widest({"": [entry for same in found.values() for entry in same]})
    return [entry_of(name, scope) for name, scope in sorted(widest.items())]


def _raise(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise Refused(*problems)
