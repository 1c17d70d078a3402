"""What a password must be, and whose it is."""

from __future__ import annotations

import uuid

from leancity.core.audit import desk
from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.attempts import count_attempt
from leancity.core.identity.credentials import close_credentials
from leancity.core.identity.principal import OWN_ACCOUNT, current_principal
from leancity.core.identity.secrets import hash_password, verify_password
from leancity.core.identity.sessions import open_session
from leancity.core.identity.tables import Credential, OneTimeKey, UserAccount

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1000


def check_password(password: str, *names: str, field: str = "password") -> None:
    """Refuse a password that is too short or too long, or one of the person's ``names``: login, name, e-mail."""
    if len(password) < SHORTEST_PASSWORD:
        raise refuse("password_too_short", field, limit=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise refuse("too_long", field, limit=LONGEST_PASSWORD)
    guessed = {part.casefold() for name in names for part in (name, name.partition("@")[0])}
    if password.strip().casefold() in guessed:
        raise refuse("password_is_name", field)


async def confirm_password(password: str, field: str = "password") -> UserAccount:
    """Return the account whose session this is, if that is its password; else refuse, naming ``field``.

    Guesses count as those of a sign-in: who finds an open browser must not be able to try for ever.
    """
    user_id = current_principal().require_session()
    async with tenant_tx():
        user = await UserAccount.objects().where(UserAccount.id == user_id).first()
    if user is None:
        raise refuse("password_wrong", field)
    if not user.password_hash:  # signed in by a code or elsewhere: a forgotten password's link sets the first one
        raise refuse("password_unset", field)
    attempt = await count_attempt(user.login)
    if not await verify_password(user.password_hash, password):
        desk.refused(current_principal().kind, user_id, OWN_ACCOUNT, "user_account", user_id)
        raise refuse("password_wrong", field)
    await attempt.take_back()
    return user


async def change_password(current: str, new: str) -> str:
    """Change one's own password and return a new secret of the session; all others of the account are closed."""
    user = await confirm_password(current, "current")
    check_password(new, user.login, user.name, user.email, field="new")
    password_hash = await hash_password(new)
    async with tenant_tx(write=True):
        here = await Credential.objects().where(Credential.id == current_principal().session_id).first()
        if here is None or not await put_password(user.id, password_hash, instead_of=user.password_hash):
            raise refuse("password_wrong", "current")
        return await open_session(user.id, expires_at=here.expires_at)


async def put_password(user_id: uuid.UUID, password_hash: str, *, instead_of: str | None = None) -> bool:
    """Set a password, close the account's sessions and void the links it was sent. Tokens stay: they are not it.

    False: it is no longer ``instead_of``, somebody was faster. Joins the open unit of work.
    """
    async with tenant_tx(write=True):
        user = await UserAccount.objects().where(UserAccount.id == user_id).lock_rows("UPDATE").first()
        if user is None or (instead_of is not None and user.password_hash != instead_of):
            return False
        await UserAccount.update({UserAccount.password_hash: password_hash}).where(UserAccount.id == user_id)
        await close_credentials((Credential.user_id == user_id) & (Credential.kind == "session"))
        await OneTimeKey.delete().where((OneTimeKey.user_id == user_id) & OneTimeKey.used_at.is_null())
        await record("core.password.changed", "user_account", user_id)
        return True
