"""Forgotten passwords and accepted invitations: what a link that was mailed lets its reader do."""

from __future__ import annotations

from datetime import timedelta

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.http.client import current_client, network_of
from leancity.core.identity.attempts import Limit, Locked, count_request
from leancity.core.identity.links import Purpose, owner_of, send_link, use_link
from leancity.core.identity.passwords import check_password, put_password
from leancity.core.identity.secrets import hash_password
from leancity.core.identity.sessions import login_as_typed
from leancity.core.identity.tables import UserAccount
from leancity.core.mail.post import require_mail

PER_ACCOUNT = Limit(tries=3, within=timedelta(hours=1))
PER_ADDRESS = Limit(tries=20, within=timedelta(hours=1))  # many people share one: an office, a provider's customers
MOST_NAMESAKES = 5


async def count_mail(what: str, typed: str) -> bool:
    """Count a stranger's wish that somebody be sent a mail, and tell whether it may be.

    An address that wishes too often is told so; that somebody gets too many stays untold, for it would tell of them.
    """
    address = current_client().address
    try:
        if address:
            await count_request(f"{what} from", network_of(address), PER_ADDRESS)
    except Locked as locked:
        raise refuse("too_many_requests", minutes=locked.minutes) from None
    try:
        await count_request(f"{what} of", typed, PER_ACCOUNT)
    except Locked:
        return False
    return True


async def request_password_reset(login_or_email: str) -> None:
    """Mail a link to whoever has this login or e-mail address, and answer the same when nobody does."""
    require_mail()
    typed = login_as_typed(login_or_email)
    if not typed:
        raise refuse("required", "login_or_email")
    if not await count_mail("password reset", typed):
        return
    async with tenant_tx(write=True):
        theirs = (UserAccount.login == typed) | (UserAccount.email == typed)
        active = UserAccount.is_active.eq(True) & (UserAccount.email != "")
        for user in await UserAccount.objects().where(theirs & active).limit(MOST_NAMESAKES):
            await send_link("password_reset", user.id)


async def reset_password(key: str, password: str) -> None:
    """Set a new password by a link; all sessions of the account are closed, its second factor stays."""
    await _set_by_link("password_reset", key, password)


async def accept_invitation(key: str, password: str) -> str:
    """Set the first password of an account by its invitation and return the login."""
    return await _set_by_link("invitation", key, password)


async def _set_by_link(purpose: Purpose, key: str, password: str) -> str:
    user_id = await owner_of(purpose, key)
    async with tenant_tx():
        user = await UserAccount.objects().where(UserAccount.id == user_id).first()
    if user is None or not user.is_active:
        raise refuse("link_invalid", "key")
    check_password(password, user.login, user.name, user.email)
    password_hash = await hash_password(password)
    async with tenant_tx(write=True):
        await use_link(purpose, key)
        if not await put_password(user_id, password_hash, instead_of=user.password_hash):
            raise refuse("link_invalid", "key")
        await record(f"core.{purpose}.used", "user_account", user_id)
    return user.login
