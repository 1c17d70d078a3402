"""Who works here and what they may do."""

from __future__ import annotations

from piccolo.columns import Array, Boolean, Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantRef, TenantTable


class OrgUnit(TenantTable):
    """A unit of the city's organisation: a body, a department, a subordinate legal entity."""

    key = Text()
    title = Text()
    parent_id = TenantRef("org_unit", null=True)

    unique_keys = (("key",),)


class UserAccount(TenantTable):
    """A person who signs in. ``login`` is lower case."""

    login = Text()
    name = Text()
    password_hash = Text(default="", secret=True)
    locale = Text(default="")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    is_active = Boolean(default=True)

    unique_keys = (("login",),)


class RoleRow(TenantTable, tablename="role"):
    """A role as the city keeps it; it began as a copy of a module's."""

    key = Text()
    title = Text()
    permissions = Array(base_column=Text())

    unique_keys = (("key",),)


class RoleGrant(TenantTable):
    """A user's role."""

    user_id = TenantRef(UserAccount, on_delete="cascade")
    role_id = TenantRef(RoleRow, on_delete="restrict")

    unique_keys = (("user_id", "role_id"),)


class Credential(TenantTable):
    """An open session or an API token: the SHA-256 of its secret and whom it stands for."""

    key = Varchar(length=64)
    kind = Text()  # session or token
    title = Text(default="")
    user_id = TenantRef(UserAccount, on_delete="cascade")
    created_at = Timestamptz()
    expires_at = Timestamptz()

    unique_keys = (("key",),)
