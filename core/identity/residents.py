"""Residents' own accounts: opened by e-mail, in use once its owner has confirmed it."""

from __future__ import annotations

import re
from datetime import timedelta

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.attempts import count_attempt
from leancity.core.identity.links import owner_of, send_link, use_link
from leancity.core.identity.masking import is_masked
from leancity.core.identity.passwords import check_password
from leancity.core.identity.principal import current_principal
from leancity.core.identity.recovery import count_mail
from leancity.core.identity.secrets import hash_password, verify_password
from leancity.core.identity.settings import CoreSettings
from leancity.core.identity.tables import UserAccount
from leancity.core.ids import new_id
from leancity.core.mail.post import post, require_mail
from leancity.core.moment import now
from leancity.core.settings.service import settings_of

LONGEST_NAME = 200
LONGEST_EMAIL = 254
UNCONFIRMED_STAYS = timedelta(days=7)
PENDING = "pending:"
"""Begins the login of an account that nobody has confirmed: the address is not taken by who only claims to read it."""

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


def checked_email(email: str, field: str = "email") -> str:
    """Return an e-mail address as it is stored; refuse what is none."""
    email = email.strip().lower()
    if not email:
        raise refuse("required", field)
    if is_masked(email):
        raise refuse("masked_value", field)
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise refuse("email_invalid", field)
    return email


def checked_name(name: str, field: str = "name") -> str:
    """Return a person's name as it is stored."""
    name = " ".join(keepable(name).split())
    if not name:
        raise refuse("required", field)
    if len(name) > LONGEST_NAME:
        raise refuse("too_long", field, limit=LONGEST_NAME)
    if is_masked(name):
        raise refuse("masked_value", field)
    return name


async def register_resident(email: str, name: str, password: str) -> None:
    """Open a resident's account, which counts for nothing until ``confirm_email``.

    Whoever has an account under the address is told so by mail; the answer here is the same, and so is the work.
    """
    if not (await settings_of("core", CoreSettings)).residents_may_register:
        raise refuse("registration_closed")
    require_mail()
    email, name = checked_email(email), checked_name(name)
    check_password(password, email, name)
    may_send = await count_mail("registration", email)
    password_hash = await hash_password(password)
    if not may_send:
        return
    async with tenant_tx(write=True):
        pending = UserAccount.login.like(f"{PENDING}%") & UserAccount.is_active.eq(False)
        await UserAccount.delete().where(pending & (UserAccount.created_at < now() - UNCONFIRMED_STAYS))
        theirs = (UserAccount.login == email) | (UserAccount.email == email)
        known = await UserAccount.objects().where(theirs & UserAccount.login.not_like(f"{PENDING}%")).first()
        if known is not None:
            if known.is_active and known.email:
                await post("account_known", known.id)
            return
        user = UserAccount(
            login=f"{PENDING}{new_id()}",
            name=name,
            kind="resident",
            email=email,
            password_hash=password_hash,
            locale=current_principal().locale,
            is_active=False,
            created_at=now(),
        )
        await user.save()
        await record("core.resident.registered", "user_account", user.id)
        await send_link("confirmation", user.id)


async def confirm_email(key: str, password: str) -> None:
    """Open a resident's account for use: the link shows that they read the address, the password that they opened it.

    Without the password a stranger could register somebody's address with a password of the stranger's own, and the
    owner's click would hand the account over. Each registration has its own link and its own password.
    """
    user_id = await owner_of("confirmation", key)
    async with tenant_tx():
        user = await UserAccount.objects().where(UserAccount.id == user_id).first()
    if user is None:
        raise refuse("link_invalid", "key")
    attempt = await count_attempt(user.login)
    if not await verify_password(user.password_hash, password):
        raise refuse("password_wrong", "password")
    try:
        async with tenant_tx(write=True):
            await use_link("confirmation", key)
            confirmed = {UserAccount.login: user.email, UserAccount.is_active: True}
            await UserAccount.update(confirmed).where(UserAccount.id == user_id)
            await record("core.email.confirmed", "user_account", user_id)
            await attempt.clear()
    except UniqueViolationError as error:  # another registration of the address was confirmed first
        raise refuse("link_invalid", "key") from error
