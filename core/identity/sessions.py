"""Signing in and out; one's open sessions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from piccolo.columns.combination import And

from leancity.core.audit import desk
from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.http.client import current_client
from leancity.core.identity.attempts import count_attempt
from leancity.core.identity.credentials import close_credentials, open_credential
from leancity.core.identity.principal import current_principal
from leancity.core.identity.secrets import verify_password
from leancity.core.identity.tables import Credential, UserAccount
from leancity.core.identity.totp import take_code
from leancity.core.identity.use import IDLE_LASTS
from leancity.core.moment import now

SESSION_LASTS = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A session of one's own, as one tells it from the others."""

    id: uuid.UUID
    created_at: datetime
    used_at: datetime
    browser: str
    is_current: bool


async def sign_in(login: str, password: str, code: str = "") -> str:
    """Open a session and return its secret; refuse without telling whether the login exists.

    ``code`` is the second factor's, or a recovery code, where the account has one.
    """
    typed = login_as_typed(login)
    user = await _account(typed)
    try:
        return await _sign_in(typed, user, password, code)
    except Refused:
        who = current_principal()
        desk.refused(who.kind, who.user_id, "core.session.open", "user_account", user.id if user else None)
        raise


async def _sign_in(typed: str, user: UserAccount | None, password: str, code: str) -> str:
    attempt = await count_attempt(typed)
    stored = user.password_hash if user is not None and user.is_active else ""
    if not await verify_password(stored, password) or user is None:
        raise refuse("sign_in_failed", "password")
    if user.totp_confirmed_at is not None and not code.strip():
        await attempt.take_back()  # not cleared: else the right password would give new tries at the code
        raise refuse("totp_required", "code")
    async with tenant_tx(write=True):
        row = await UserAccount.objects().where(UserAccount.id == user.id).lock_rows("UPDATE").first()
        if row is None or not row.is_active or row.password_hash != stored:  # changed while we verified
            raise refuse("sign_in_failed", "password")
        if row.totp_confirmed_at is not None and not await take_code(row, code):
            raise refuse("totp_wrong", "code")
        secret = await open_session(user.id)
        await attempt.clear()
    return secret


async def open_session(user_id: uuid.UUID, expires_at: datetime | None = None) -> str:
    """Open a session of an account whose owner has proved it is them, and return its secret.

    It is never the session that the request came with, which ends: whoever may have planted it there is out. Joins the
    open unit of work.
    """
    async with tenant_tx(write=True):
        before = current_principal().session_id
        ended = (Credential.user_id == user_id) & (Credential.kind == "session") & (Credential.expires_at < now())
        await close_credentials(ended | (Credential.id == before) if before is not None else ended)
        return await open_credential(
            "session",
            user_id=user_id,
            expires_at=expires_at or now() + SESSION_LASTS,
            title=current_client().browser,
        )


async def sign_out() -> None:
    """Close the session of whoever asks. A stranger has none, and a token is not a session: it stays."""
    who = current_principal()
    if who.session_id is not None:
        await close_credentials(Credential.id == who.session_id)


async def my_sessions() -> list[OpenSession]:
    """Return one's open sessions, the last used first."""
    who = current_principal()
    mine = _sessions_of(who.require_session())
    async with tenant_tx():
        rows = await Credential.objects().where(mine & (Credential.expires_at > now()))
    found = [
        OpenSession(
            id=row.id,
            created_at=row.created_at,
            used_at=row.created_at if row.used_at is None else row.used_at,
            browser=row.title,
            is_current=row.id == who.session_id,
        )
        for row in rows
    ]
    open_ = [session for session in found if session.used_at > now() - IDLE_LASTS]
    return sorted(open_, key=lambda session: session.used_at, reverse=True)


async def close_session(session_id: uuid.UUID) -> None:
    """Close one of one's own sessions; refuse what is none."""
    mine = _sessions_of(current_principal().require_session())
    if not await close_credentials(mine & (Credential.id == session_id)):
        raise refuse("not_found", "id")


async def close_other_sessions() -> int:
    """Close all of one's sessions but this one and return how many there were."""
    who = current_principal()
    return await close_credentials(_sessions_of(who.require_session()) & (Credential.id != who.session_id))


def login_as_typed(login: str) -> str:
    """Return a login as it is stored."""
    return keepable(login).strip().lower()


def _sessions_of(user_id: uuid.UUID) -> And:
    return (Credential.user_id == user_id) & (Credential.kind == "session")


async def _account(typed: str) -> UserAccount | None:
    async with tenant_tx():
        return await UserAccount.objects().where(UserAccount.login == typed).first()
