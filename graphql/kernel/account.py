"""One's own account: signing in and out, sessions, the password, the second factor, tokens."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry

from leancity.core.http.cookies import SESSION_COOKIE, put_cookie, require_cookies
from leancity.core.identity import passwords, profile, second_factor, sessions, tables, tokens
from leancity.core.identity.rights import principal_of
from leancity.graphql.api import Payload, field, mutation
from leancity.graphql.kernel.identity import Viewer

OWN = "it is the viewer's own, and the service asks for a session"


@strawberry.type(description="A browser that is signed in to the account.")
class Session:
    id: uuid.UUID
    created_at: datetime
    used_at: datetime = strawberry.field(description="When it was last used, to five minutes.")
    browser: str
    is_current: bool

    @classmethod
    def of(cls, row: sessions.OpenSession) -> Self:
        return cls(
            id=row.id,
            created_at=row.created_at,
            used_at=row.used_at,
            browser=row.browser,
            is_current=row.is_current,
        )


@strawberry.type(description="An API token of the account; its secret was shown when it was made.")
class ApiToken:
    id: uuid.UUID
    title: str
    permissions: list[str] | None = strawberry.field(description="Null: all that the account has.")
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, row: tables.Credential) -> Self:
        return cls(
            id=row.id,
            title=row.title,
            permissions=row.permissions,
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
        )


@strawberry.type
class SignInPayload(Payload):
    viewer: Viewer | None = None


@strawberry.type
class AccountPayload(Payload):
    pass


@strawberry.type
class SessionsPayload(Payload):
    closed: int | None = strawberry.field(default=None, description="How many sessions were closed.")


@strawberry.type
class TotpBeginPayload(Payload):
    secret: str | None = strawberry.field(default=None, description="For an authenticator app, base32.")
    uri: str | None = strawberry.field(default=None, description="The same as an otpauth:// address, for a QR code.")


@strawberry.type
class TotpConfirmPayload(Payload):
    recovery_codes: list[str] | None = strawberry.field(
        default=None, description="Each signs in once instead of the app; shown this once."
    )


@strawberry.type
class TokenCreatePayload(Payload):
    token: str | None = strawberry.field(default=None, description="The secret, shown this once.")


@strawberry.type
class AccountQuery:
    @field(public=OWN, description="The browsers signed in to one's account, the last used first.")
    async def my_sessions(self) -> list[Session] | None:
        return [Session.of(row) for row in await sessions.my_sessions()]

    @field(public=OWN, description="One's API tokens, the newest first.")
    async def my_tokens(self) -> list[ApiToken] | None:
        return [ApiToken.of(row) for row in await tokens.my_tokens()]


@strawberry.type
class AccountMutation:
    @mutation(
        public="who signs in is a stranger until then",
        description="Sets the session's cookie. The code is asked for (totp_required) where the account has one.",
    )
    async def sign_in(self, login: str, password: str, code: str = "") -> SignInPayload:
        require_cookies()
        secret = await sessions.sign_in(login, password, code)
        put_cookie(SESSION_COOKIE, secret, int(sessions.SESSION_LASTS.total_seconds()))
        principal = await principal_of(secret)
        return SignInPayload(viewer=None if principal is None else Viewer.of(principal))

    @mutation(public="a stranger's stale cookie is cleared too", description="Closes the session, clears its cookie.")
    async def sign_out(self) -> AccountPayload:
        await sessions.sign_out()
        put_cookie(SESSION_COOKIE, "", 0)
        return AccountPayload()

    @mutation(public=OWN, description="What is left out stays; an empty locale is the city's.")
    async def profile_change(self, locale: str | None = None, phone: str | None = None) -> AccountPayload:
        await profile.change_profile(locale=locale, phone=phone)
        return AccountPayload()

    @mutation(public=OWN)
    async def session_close(self, id: uuid.UUID) -> SessionsPayload:
        await sessions.close_session(id)
        return SessionsPayload(closed=1)

    @mutation(public=OWN, description="Close all sessions of the account but this one.")
    async def sessions_close_others(self) -> SessionsPayload:
        return SessionsPayload(closed=await sessions.close_other_sessions())

    @mutation(public=OWN, description="Closes all other sessions and gives this one a new cookie. Tokens stay.")
    async def password_change(self, current: str, new: str) -> AccountPayload:
        require_cookies()
        secret = await passwords.change_password(current, new)
        put_cookie(SESSION_COOKIE, secret, int(sessions.SESSION_LASTS.total_seconds()))
        return AccountPayload()

    @mutation(public=OWN, description="A new secret of the second factor, in use after totpConfirm.")
    async def totp_begin(self, password: str) -> TotpBeginPayload:
        enrolment = await second_factor.begin(password)
        return TotpBeginPayload(secret=enrolment.secret, uri=enrolment.uri)

    @mutation(public=OWN, description="Switches the second factor on with the app's first code.")
    async def totp_confirm(self, code: str) -> TotpConfirmPayload:
        return TotpConfirmPayload(recovery_codes=await second_factor.confirm(code))

    @mutation(public=OWN, description="Switches the second factor off; the code may be a recovery code.")
    async def totp_disable(self, password: str, code: str) -> AccountPayload:
        await second_factor.disable(password, code)
        return AccountPayload()

    @mutation(public=OWN, description="An API token for some of one's permissions, null for all, and 1 to 366 days.")
    async def token_create(self, title: str, days: int, permissions: list[str] | None = None) -> TokenCreatePayload:
        return TokenCreatePayload(token=await tokens.create_token(title, permissions, days))

    @mutation(public=OWN)
    async def token_revoke(self, id: uuid.UUID) -> AccountPayload:
        await tokens.revoke_token(id)
        return AccountPayload()
