"""The city as it is: what a workbook is compared with, before it is written and while it is."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.roles import known_permissions
from leancity.core.identity.scopes import parse
from leancity.tenants.organisation.words import folded

STAFF: Final = "staff"
_UNITS = "select id, key, title, parent_id, kind, legal_form, inn, head_id from org_unit where tenant_id = $1"
_ACCOUNTS = """
select id, login, name, kind, email, phone, unit_id, position, is_active from user_account
where tenant_id = $1 and erased_at is null and (kind = 'staff' or login = any($2::text[]) or email = any($3::text[]))
"""
_ROLES = "select id, key, title, permissions from role where tenant_id = $1 order by key"
_GRANTS = "select user_id, role_id from role_grant where tenant_id = $1"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role of the city and the permissions it holds."""

    id: uuid.UUID
    key: str
    permissions: frozenset[str]


@dataclass(kw_only=True)
class Present:
    """Units by key; accounts by login, and those of the staff by e-mail; roles by key and title, as compared."""

    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_email: dict[str, dict[str, Any]] = field(default_factory=dict)
    resident_emails: set[str] = field(default_factory=set)
    roles: dict[str, Role] = field(default_factory=dict)
    held: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    conflicts: dict[str, frozenset[str]] = field(default_factory=dict)
    people: int = 0

    def role(self, words: str) -> Role | None:
        """Return the role of a key or a title."""
        return self.roles.get(folded(words))

    def permissions_of(self, user_id: uuid.UUID | None) -> set[str]:
        """Return the permissions of the roles that somebody holds."""
        held = self.held.get(user_id, set()) if user_id else set()
        return {name for role in self.roles.values() if role.id in held for name in role.permissions}


async def the_present(logins: list[str], emails: list[str]) -> Present:
    """Read the city being served: all units, roles and staff, and who else has one of the logins and addresses."""
    found = Present()
    async with tenant_tx() as unit:
        connection, city = unit.connection, unit.tenant_id
        found.units = {row["key"]: dict(row) for row in await connection.fetch(_UNITS, city)}
        for account in map(dict, await connection.fetch(_ACCOUNTS, city, logins, emails)):
            found.accounts[account["login"]] = account
            if account["kind"] == STAFF:
                found.people += account["is_active"]
                if account["email"]:
                    found.by_email.setdefault(account["email"], account)
            else:
                found.resident_emails |= {account["email"], account["login"]}
        for row in await connection.fetch(_ROLES, city):
            permissions = frozenset(parse(entry)[0] for entry in row["permissions"])
            role = Role(id=row["id"], key=row["key"], permissions=permissions)
            found.roles.setdefault(folded(row["title"]), role)
            found.roles[folded(row["key"])] = role
        for row in await connection.fetch(_GRANTS, city):
            found.held[row["user_id"]].add(row["role_id"])
    known = known_permissions()
    for name, permission in known.items():
        for other in permission.conflicts_with:
            found.conflicts[name] = found.conflicts.get(name, frozenset()) | {other}
            found.conflicts[other] = found.conflicts.get(other, frozenset()) | {name}
    return found
