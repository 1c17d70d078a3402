"""Who is asking; signing in and out; the organisation."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.http.cookies import SESSION_COOKIE, put_cookie
from leancity.core.identity import people, sessions
from leancity.core.identity.principal import Principal, current_principal
from leancity.core.identity.rights import principal_of
from leancity.graphql.api import Context, Payload, field, mutation
from leancity.graphql.kernel.people import OrgUnit, unit_of


@strawberry.type(description="Who is asking.")
class Viewer:
    id: uuid.UUID | None = strawberry.field(description="Null for a stranger.")
    is_signed_in: bool
    name: str
    permissions: list[str] = strawberry.field(description="Those that count here, of modules the city has.")
    locale: str
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, principal: Principal) -> Self:
        return cls(
            id=principal.user_id,
            is_signed_in=not principal.is_stranger,
            name=principal.name,
            permissions=sorted(name for name in principal.permissions if principal.can(name)),
            locale=principal.locale,
            unit_id=principal.unit_id,
        )

    @field(public="it is the viewer's own")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)


@strawberry.type
class IdentityQuery:
    @field(public="tells a stranger that they are one")
    def viewer(self) -> Viewer:
        return Viewer.of(current_principal())

    @field(permission="core.unit.read", description="The units of the city's organisation, by title.")
    async def units(self) -> list[OrgUnit]:
        return [OrgUnit.of(row) for row in await people.list_units()]

    @field(permission="core.unit.read")
    async def unit(self, info: Info[Context, None], id: uuid.UUID) -> OrgUnit | None:
        return await unit_of(info, id)


@strawberry.type
class SignInPayload(Payload):
    viewer: Viewer | None = None


@strawberry.type
class SignOutPayload(Payload):
    pass


@strawberry.type
class IdentityMutation:
    @mutation(public="who signs in is a stranger until then", description="Sets the session's cookie.")
    async def sign_in(self, login: str, password: str) -> SignInPayload:
        secret = await sessions.sign_in(login, password)
        put_cookie(SESSION_COOKIE, secret, int(sessions.SESSION_LASTS.total_seconds()))
        principal = await principal_of(secret)
        return SignInPayload(viewer=None if principal is None else Viewer.of(principal))

    @mutation(public="a stranger's stale cookie is cleared too", description="Closes the session, clears its cookie.")
    async def sign_out(self) -> SignOutPayload:
        await sessions.sign_out()
        put_cookie(SESSION_COOKIE, "", 0)
        return SignOutPayload()
