"""Other people's accounts: inviting, letting in and shutting out, by who holds ``core.person.change`` for them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.credentials import close_credentials
from leancity.core.identity.holders import refuse_last_holder
from leancity.core.identity.links import send_link
from leancity.core.identity.masking import is_masked
from leancity.core.identity.principal import current_principal
from leancity.core.identity.residents import PENDING, checked_email, checked_name
from leancity.core.identity.rights import grants_of
from leancity.core.identity.scopes import covers
from leancity.core.identity.sessions import login_as_typed
from leancity.core.identity.tables import Credential, OneTimeKey, OrgUnit, UserAccount
from leancity.core.identity.totp import remove_totp
from leancity.core.mail.post import require_mail
from leancity.core.moment import now
from leancity.core.tenancy.allowance import require_people

CHANGE = "core.person.change"
LONGEST_LOGIN = 100
STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """What an administrator changes of an account; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    position: str | None = None
    unit_id: uuid.UUID | None = None
    leaves_unit: bool = False


async def invite_person(
    login: str, name: str, email: str, unit_id: uuid.UUID | None, *, is_mailed: bool = True
) -> uuid.UUID:
    """Make an account of the staff without a password and return its id.

    Its owner is mailed the link to set one, unless (``is_mailed`` False) somebody else will hand it to them.
    """
    current_principal().require(CHANGE)
    if is_mailed:
        require_mail()
    login, name, email = login_as_typed(login), checked_name(name), checked_email(email)
    if not login:
        raise refuse("required", "login")
    if len(login) > LONGEST_LOGIN:
        raise refuse("too_long", "login", limit=LONGEST_LOGIN)
    if login.startswith(PENDING):
        raise refuse("login_taken", "login", login=login)
    async with tenant_tx(write=True):
        if unit_id is not None and not await OrgUnit.exists().where(OrgUnit.id == unit_id):
            raise refuse("not_found", "unit_id")
        _check_reach(unit_id)
        await require_people()
        user = UserAccount(login=login, name=name, email=email, unit_id=unit_id, created_at=now())
        try:
            await user.save()
        except UniqueViolationError as error:
            raise refuse("login_taken", "login", login=login) from error
        await record("core.person.invited", "user_account", user.id)
        if is_mailed:
            await send_link("invitation", user.id)
    return user.id


async def change_person(user_id: uuid.UUID, change: PersonChange) -> None:
    """Change an account; refuse a masked value, a unit out of reach, and the e-mail of who may do more than oneself."""
    values: dict[str, Any] = {}
    if change.name is not None:
        values["name"] = checked_name(change.name)
    if change.email is not None:
        values["email"] = checked_email(change.email)
    if change.phone is not None:
        values["phone"] = one_text("phone", change.phone, limit=SHORT)
        if is_masked(change.phone):
            raise refuse("masked_value", "phone")
    if change.position is not None:
        values["position"] = one_text("position", change.position, limit=SHORT)
    if change.unit_id is not None or change.leaves_unit:
        values["unit_id"] = None if change.leaves_unit else change.unit_id
    async with tenant_tx(write=True):
        row = await _person_to_change(user_id)
        if "unit_id" in values:
            if change.unit_id is not None and not await OrgUnit.exists().where(OrgUnit.id == change.unit_id):
                raise refuse("not_found", "unit_id")
            _check_reach(values["unit_id"])
        if "email" in values:
            await _require_not_above(user_id)
        for field, value in values.items():
            setattr(row, field, value)
        if values:
            await row.save([*values])
        await record("core.person.changed", "user_account", user_id, fields=sorted(values))


async def deactivate_person(user_id: uuid.UUID) -> None:
    """Shut a person out at once: every session, token and link of theirs opens nothing any more."""
    async with tenant_tx(write=True):
        await _person_to_change(user_id)
        await refuse_last_holder(user_id, "user_id")
        await UserAccount.update({UserAccount.is_active: False}).where(UserAccount.id == user_id)
        await close_credentials(Credential.user_id == user_id)
        await OneTimeKey.delete().where((OneTimeKey.user_id == user_id) & OneTimeKey.used_at.is_null())
        await record("core.person.deactivated", "user_account", user_id)


async def activate_person(user_id: uuid.UUID) -> None:
    """Let a person sign in again; what was closed stays closed."""
    async with tenant_tx(write=True):
        row = await _person_to_change(user_id)
        if row.kind == STAFF and not row.is_active:
            await require_people()
        await UserAccount.update({UserAccount.is_active: True}).where(UserAccount.id == user_id)
        await record("core.person.activated", "user_account", user_id)


async def reset_totp(user_id: uuid.UUID) -> None:
    """Take a second factor off an account whose owner has lost phone and recovery codes.

    By a person who is signed in, not by a token, and not of one's own: that takes the password and a code.
    """
    current_principal().require_session()
    async with tenant_tx(write=True):
        await _person_to_change(user_id)
        await _require_not_above(user_id)
        if not await remove_totp(user_id):
            raise refuse("totp_not_begun", "user_id")
        await close_credentials((Credential.user_id == user_id) & (Credential.kind == "session"))
        await record("core.totp.reset", "user_account", user_id)


async def _person_to_change(user_id: uuid.UUID) -> UserAccount:
    """Return, locked, somebody else's account that who asks may change; who is erased or unconfirmed is no person."""
    who = current_principal()
    who.require(CHANGE)
    row = await UserAccount.objects().where(UserAccount.id == user_id).lock_rows("UPDATE").first()
    if row is None or row.erased_at is not None or row.login.startswith(PENDING):
        raise refuse("not_found", "user_id")
    if user_id == who.user_id:
        raise refuse("account_own", "user_id")
    _check_reach(row.unit_id, user_id)
    return row


async def _require_not_above(user_id: uuid.UUID) -> None:
    """Refuse to touch what lets somebody in who may do more: it would be a way to become them.

    Who may hand out roles is above nobody's reach already.
    """
    who = current_principal()
    if who.can("core.role.change"):
        return
    if not covers(who.grants, await grants_of(user_id)):
        who.refuse(CHANGE, "user_account", user_id)


def _check_reach(unit_id: uuid.UUID | None, user_id: uuid.UUID | None = None) -> None:
    """Refuse people of units that the permission does not reach to. A territory holds places, not people."""
    who = current_principal()
    reaches = [reach for reach in who.reach_of(CHANGE) if reach.territory_id is None]
    if not any(reach.units is None or unit_id in reach.units for reach in reaches):
        who.refuse(CHANGE, "user_account", user_id)
