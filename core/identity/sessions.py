"""Signing in and out, and API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.credentials import close_credentials, open_credential
from leancity.core.identity.principal import current_principal
from leancity.core.identity.secrets import verify_password
from leancity.core.identity.tables import Credential, UserAccount
from leancity.core.moment import now

SESSION_LASTS = timedelta(hours=12)


async def sign_in(login: str, password: str) -> str:
    """Open a session and return its secret; refuse without telling whether the login exists."""
    user = await _account(login)
    stored = user.password_hash if user is not None and user.is_active else ""
    if not await verify_password(stored, password) or user is None:
        raise refuse("sign_in_failed", "password")
    return await open_credential("session", user_id=user.id, expires_at=now() + SESSION_LASTS)


async def create_token(login: str, title: str, expires_at: datetime) -> str:
    """Make an API token of an account and return its secret, which is shown this once."""
    user = await _account(login)
    if user is None:
        raise refuse("not_found", "user")
    return await open_credential("token", user_id=user.id, expires_at=expires_at, title=title)


async def sign_out() -> None:
    """Close the session of whoever asks. A stranger has none, and a token is not a session: it stays."""
    who = current_principal()
    if who.session_id is not None:
        await close_credentials(Credential.id == who.session_id)


async def _account(login: str) -> UserAccount | None:
    """Return the account of a login as people type it."""
    typed = login.replace("\0", "").strip().lower()  # JSON can carry NUL, PostgreSQL can't
    async with tenant_tx():
        return await UserAccount.objects().where(UserAccount.login == typed).first()
