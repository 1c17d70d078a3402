"""What strangers do about accounts: links that were mailed to them, forgotten passwords, residents' registration."""

from __future__ import annotations

import strawberry

from leancity.core.identity import recovery, residents
from leancity.graphql.api import Payload, mutation
from leancity.graphql.kernel.account import AccountPayload

LINK = "the key of the mailed link is the permission"


@strawberry.type
class InvitationAcceptPayload(Payload):
    login: str | None = strawberry.field(default=None, description="To sign in with.")


@strawberry.type
class AccountLinkMutation:
    @mutation(public=LINK, description="Sets the first password of an invited account.")
    async def invitation_accept(self, key: str, password: str) -> InvitationAcceptPayload:
        return InvitationAcceptPayload(login=await recovery.accept_invitation(key, password))

    @mutation(
        public="who has forgotten a password is a stranger",
        description="Mails a link to the account of that login or e-mail, and answers the same when there is none.",
    )
    async def password_reset_request(self, login_or_email: str) -> AccountPayload:
        await recovery.request_password_reset(login_or_email)
        return AccountPayload()

    @mutation(public=LINK, description="Sets a new password and closes all sessions of the account.")
    async def password_reset(self, key: str, password: str) -> AccountPayload:
        await recovery.reset_password(key, password)
        return AccountPayload()

    @mutation(
        public="a resident without an account is a stranger",
        description="Opens a resident's account and mails a link to confirm it; the answer never tells of accounts.",
    )
    async def resident_register(self, email: str, name: str, password: str) -> AccountPayload:
        await residents.register_resident(email, name, password)
        return AccountPayload()

    @mutation(public=LINK, description="Confirms a registration, with its link and the password given then.")
    async def email_confirm(self, key: str, password: str) -> AccountPayload:
        await residents.confirm_email(key, password)
        return AccountPayload()
