"""Other people's accounts, for who may change them."""

from __future__ import annotations

import uuid

import strawberry

from leancity.core.identity import accounts
from leancity.graphql.api import Payload, mutation


@strawberry.type
class PersonAccountPayload(Payload):
    user_id: uuid.UUID | None = None


@strawberry.type
class AccountsMutation:
    @mutation(permission=accounts.CHANGE, description="An account without a password; its owner is mailed the link.")
    async def person_invite(
        self, login: str, name: str, email: str, unit_id: uuid.UUID | None = None
    ) -> PersonAccountPayload:
        return PersonAccountPayload(user_id=await accounts.invite_person(login, name, email, unit_id))

    @mutation(permission=accounts.CHANGE, description="Closes every session, token and link of the account at once.")
    async def person_deactivate(self, user_id: uuid.UUID) -> PersonAccountPayload:
        await accounts.deactivate_person(user_id)
        return PersonAccountPayload(user_id=user_id)

    @mutation(permission=accounts.CHANGE, description="Lets a person sign in again.")
    async def person_activate(self, user_id: uuid.UUID) -> PersonAccountPayload:
        await accounts.activate_person(user_id)
        return PersonAccountPayload(user_id=user_id)

    @mutation(
        permission=accounts.CHANGE,
        description="Takes a lost second factor off somebody's account; takes a session, not a token.",
    )
    async def person_totp_reset(self, user_id: uuid.UUID) -> PersonAccountPayload:
        await accounts.reset_totp(user_id)
        return PersonAccountPayload(user_id=user_id)
