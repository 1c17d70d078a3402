"""Who works here and what they may do."""

from __future__ import annotations

from typing import ClassVar

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Integer, Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.geo.tables import Territory


class OrgUnit(TenantTable):
    """A unit of the city's organisation.

    ``kind`` is ``body`` (of the administration), ``department`` or ``legal_entity``: a subordinate МКУ, МУП, МБУ or ООО
    (``legal_form``) with its own INN, head and staff. A scope of permissions stops at an entity's border.
    """

    key = Text()
    title = Text()
    parent_id = TenantRef("org_unit", null=True)
    kind = Text(default="department")
    legal_form = Text(default="")
    inn = Text(default="")
    head_id = TenantRef("user_account", null=True, on_delete="set null")
    is_active = Boolean(default=True)

    unique_keys = (("key",),)


class UserAccount(TenantTable):
    """A person who signs in. ``login`` is lower case; a resident's is the e-mail address.

    An erased person's row stays as an empty shell, so that what refers to it still does.
    """

    login = Text()
    name = Text()
    kind = Text(default="staff")  # staff or resident
    email = Text(default="")
    phone = Text(default="")
    password_hash = Text(default="", secret=True)
    totp_secret = Text(default="", secret=True)  # sealed by core.identity.vault
    totp_confirmed_at = Timestamptz(null=True, default=None)
    totp_step = BigInt(default=0)  # of the last code taken: no code is taken twice
    locale = Text(default="")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    position = Text(default="")
    is_active = Boolean(default=True)
    created_at = Timestamptz(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)

    sealed = ("totp_secret",)
    unique_keys = (("login",),)
    index_keys = (("email",), ("kind", "is_active"), ("sorted_name", "id"))
    generated: ClassVar = {"sorted_name": ("text", "replace(lower(name), 'ё'::text, 'е'::text)")}


class RoleRow(TenantTable, tablename="role"):
    """A role as the city keeps it; it began as a copy of a module's.

    ``permissions`` are names, with ``@<scope>`` behind one that reaches not every row: see ``core.identity.scopes``.
    ``offered`` is what the module's own role has brought so far: what a later version adds to it is added here, what
    the city has removed stays removed.
    """

    key = Text()
    title = Text()
    permissions = Array(base_column=Text())
    offered = Array(base_column=Text(), default=list)

    unique_keys = (("key",),)


class RoleGrant(TenantTable):
    """A user's role, and from where it reaches how far.

    ``unit_id`` is where its scopes begin, the user's own unit when null; ``across_entities`` lets them cross the
    borders of legal entities; ``territory_id`` keeps them within a territory; ``expires_at`` ends it.
    """

    user_id = TenantRef(UserAccount, on_delete="cascade")
    role_id = TenantRef(RoleRow, on_delete="restrict")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="cascade")
    across_entities = Boolean(default=False)
    territory_id = TenantRef(Territory, null=True, on_delete="restrict")
    granted_by = UUID(null=True, default=None)
    granted_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)

    index_keys = (("user_id", "role_id"),)


class OperatorAccess(TenantTable):
    """An operator's access to the city: asked for with a reason, for a time, with one of the city's roles.

    ``state`` is asked, granted, refused or ended; only a granted one that has not expired opens anything.
    """

    operator = Text()
    reason = Text()
    role_id = TenantRef(RoleRow, on_delete="restrict")
    hours = Integer()
    state = Text(default="asked")
    asked_at = Timestamptz()
    decided_by = TenantRef(UserAccount, null=True, on_delete="set null")
    decided_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)

    index_keys = (("asked_at", "id"),)


class Credential(TenantTable):
    """An open session, an API token or an operator's key: the SHA-256 of its secret and whom it stands for.

    ``permissions`` narrows a token to these names, null to nothing less than the account has.
    """

    key = Varchar(length=64)
    kind = Text()  # session, token or operator
    title = Text(default="")  # of a token what it is for, of a session the browser
    user_id = TenantRef(UserAccount, null=True, on_delete="cascade")
    operator_access_id = TenantRef(OperatorAccess, null=True, on_delete="cascade")
    permissions = Array(base_column=Text(), null=True, default=None)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)

    unique_keys = (("key",),)


class SignInAttempts(TenantTable):
    """Failed attempts in a row. ``key`` is the fingerprint of an account's login or of an address, never itself."""

    key = Varchar(length=64)
    failures = Integer(default=0)
    since = Timestamptz()
    locked_until = Timestamptz(null=True, default=None)

    passing = True
    unique_keys = (("key",),)


class OneTimeKey(TenantTable):
    """A link sent by mail: the SHA-256 of its secret. ``purpose``: invitation, password_reset or confirmation."""

    key = Varchar(length=64)
    purpose = Text()
    user_id = TenantRef(UserAccount, on_delete="cascade")
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)

    unique_keys = (("key",),)


class SignInCode(TenantTable):
    """A code sent to an address or a number, by which its owner signs in without a password.

    ``key`` is the fingerprint of the address, ``address`` itself is kept for the one who sends the code. The code is
    never stored: it is made anew from the row's id. ``left`` counts the tries that are left.
    """

    key = Varchar(length=64)
    address = Text(secret=True)  # sealed by core.identity.vault
    locale = Text(default="")
    created_at = Timestamptz()
    expires_at = Timestamptz()
    left = Integer(default=5)

    sealed = ("address",)
    passing = True
    unique_keys = (("key",),)


class RecoveryCode(TenantTable):
    """One of the codes that let a person in who has lost their second factor: SHA-256, once each."""

    user_id = TenantRef(UserAccount, on_delete="cascade")
    key = Varchar(length=64)
    used_at = Timestamptz(null=True, default=None)

    unique_keys = (("user_id", "key"),)


class IdentityProvider(TenantTable):
    """Where people of the city may sign in instead: an OpenID Connect issuer. ``dialect`` is oidc or esia.

    ``options``: what a dialect needs beside (endpoints, certificate hash). ``creates`` is the kind of account made at
    a first sign-in, "" for none: then an account is linked by its owner.
    """

    key = Text()
    title = Text()
    dialect = Text(default="oidc")
    issuer = Text()
    client_id = Text()
    client_secret = Text(default="", secret=True)  # sealed by core.identity.vault
    scopes = Text(default="openid email profile")
    creates = Text(default="")
    is_active = Boolean(default=True)
    options = JSONB(default="{}")

    sealed = ("client_secret",)
    unique_keys = (("key",),)


class ExternalIdentity(TenantTable):
    """An account at a provider (its ``sub``) that signs in to an account here."""

    provider_id = TenantRef(IdentityProvider, on_delete="cascade")
    subject = Text()
    user_id = TenantRef(UserAccount, on_delete="cascade")
    linked_at = Timestamptz()

    unique_keys = (("provider_id", "subject"),)


class OidcFlow(TenantTable):
    """A sign-in that is under way at a provider. Taken once, within minutes, by the browser that began it."""

    key = Varchar(length=64)  # SHA-256 of the state
    browser = Varchar(length=64)  # SHA-256 of the cookie's secret
    provider_id = TenantRef(IdentityProvider, on_delete="cascade")
    user_id = TenantRef(UserAccount, null=True, on_delete="cascade")  # of who links, null at a sign-in
    nonce = Text()
    verifier = Text(secret=True)  # sealed by core.identity.vault
    next_path = Text(default="/")
    expires_at = Timestamptz()

    passing = True
    unique_keys = (("key",),)


class Erasure(TenantTable):
    """A person's request to be forgotten. ``person`` is who that is, sealed, emptied when all is done."""

    person_id = UUID(null=True, default=None)
    person = Text(default="", secret=True)
    reason = Text()
    asked_by = UUID(null=True, default=None)
    asked_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)

    sealed = ("person",)
    index_keys = (("asked_at", "id"),)


class ErasurePart(TenantTable):
    """What one part of the platform has erased for a request: rows changed, rows kept and why."""

    erasure_id = TenantRef(Erasure, on_delete="cascade")
    part = Text()
    erased = Integer(default=0)
    kept = Integer(default=0)
    note = Text(default="")
    done_at = Timestamptz()

    unique_keys = (("erasure_id", "part"),)
