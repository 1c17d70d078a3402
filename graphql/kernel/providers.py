"""Where one can sign in instead, and what of it is linked to one's own account."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry

from leancity.core.identity.oidc import accounts, providers
from leancity.core.identity.tables import IdentityProvider
from leancity.graphql.api import Payload, field, mutation


@strawberry.type(description="Where people of the city may sign in instead.")
class SignInProvider:
    key: str
    title: str
    start_path: str = strawberry.field(
        description="Where the browser goes: ?next=/path goes on from there, &link=1 links to the viewer's account."
    )

    @classmethod
    def of(cls, row: IdentityProvider) -> Self:
        return cls(key=row.key, title=row.title, start_path=f"/auth/{row.key}/start")


@strawberry.type(description="An account elsewhere that signs in to the viewer's.")
class ExternalIdentity:
    id: uuid.UUID
    provider_key: str
    provider_title: str
    linked_at: datetime

    @classmethod
    def of(cls, linked: accounts.Linked) -> Self:
        return cls(
            id=linked.id,
            provider_key=linked.provider_key,
            provider_title=linked.provider_title,
            linked_at=linked.linked_at,
        )


@strawberry.type
class ProviderQuery:
    @field(public="a stranger chooses where to sign in")
    async def sign_in_providers(self) -> list[SignInProvider]:
        return [SignInProvider.of(row) for row in await providers.all_providers() if row.is_active]

    @field(public="one's own only; a stranger is told to sign in", description="The viewer's own.")
    async def external_identities(self) -> list[ExternalIdentity] | None:
        return [ExternalIdentity.of(linked) for linked in await accounts.my_identities()]


@strawberry.type
class ExternalIdentityUnlinkPayload(Payload):
    id: uuid.UUID | None = None


@strawberry.type
class ProviderMutation:
    @mutation(public="one's own only; a stranger is told to sign in", description="Take a link of one's own away.")
    async def external_identity_unlink(self, id: uuid.UUID) -> ExternalIdentityUnlinkPayload:
        await accounts.unlink(id)
        return ExternalIdentityUnlinkPayload(id=id)
