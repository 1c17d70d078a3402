"""One's own second factor, behind one's password."""

from __future__ import annotations

import uuid

from leancity.core.audit import desk
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.attempts import count_attempt
from leancity.core.identity.passwords import confirm_password
from leancity.core.identity.principal import OWN_ACCOUNT, current_principal
from leancity.core.identity.tables import UserAccount
from leancity.core.identity.totp import Enrolment, begin_totp, confirm_totp, remove_totp, take_code


async def begin(password: str) -> Enrolment:
    """Begin to enrol an authenticator app."""
    return await begin_totp(await confirm_password(password))


async def confirm(code: str) -> list[str]:
    """Switch it on with the app's first code and return the recovery codes."""
    user_id = current_principal().require_session()
    attempt = await count_attempt(f"totp {user_id}")  # who guesses here must not lock the owner's sign-in
    codes = await confirm_totp(user_id, code)
    await attempt.take_back()
    return codes


async def disable(password: str, code: str) -> None:
    """Switch it off, which takes the password and a code: who has only one of them must not get rid of the other."""
    user = await confirm_password(password)
    attempt = await count_attempt(user.login)
    try:
        async with tenant_tx(write=True):
            row = await UserAccount.objects().where(UserAccount.id == user.id).lock_rows("UPDATE").first()
            if row is None or row.totp_confirmed_at is None:
                raise refuse("totp_not_begun")
            if not await take_code(row, code):
                raise refuse("totp_wrong", "code")
            await remove_totp(user.id)
            await attempt.take_back()
    except Refused:
        desk.refused(current_principal().kind, user.id, OWN_ACCOUNT, "user_account", user.id)
        raise


async def is_on(user_id: uuid.UUID | None) -> bool:
    """Tell whether an account has a second factor. Asks for no permission: guard what leads here."""
    if user_id is None:
        return False
    async with tenant_tx():
        return await UserAccount.exists().where(
            (UserAccount.id == user_id) & UserAccount.totp_confirmed_at.is_not_null()
        )
