"""Signing in by a code that was sent to an e-mail address or a phone."""

from __future__ import annotations

import strawberry

from leancity.core.http.cookies import SESSION_COOKIE, put_cookie, require_cookies
from leancity.core.identity import codes
from leancity.core.identity.rights import principal_of
from leancity.core.identity.sessions import SESSION_LASTS
from leancity.graphql.api import mutation
from leancity.graphql.kernel.account import AccountPayload, SignInPayload
from leancity.graphql.kernel.identity import Viewer


@strawberry.type
class SignInCodeMutation:
    @mutation(
        public="who signs in is a stranger until then",
        description="Sends a code to an e-mail address or a mobile phone, for residents; always answers the same.",
    )
    async def sign_in_code_request(self, address: str) -> AccountPayload:
        await codes.request_code(address)
        return AccountPayload()

    @mutation(
        public="the code that was sent is the permission",
        description="Sets the session's cookie. Who is new gets a resident's account, called as they say here.",
    )
    async def sign_in_by_code(self, address: str, code: str, name: str = "") -> SignInPayload:
        require_cookies()
        secret = await codes.sign_in_by_code(address, code, name)
        put_cookie(SESSION_COOKIE, secret, int(SESSION_LASTS.total_seconds()))
        principal = await principal_of(secret)
        return SignInPayload(viewer=None if principal is None else Viewer.of(principal))
