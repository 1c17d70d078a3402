"""Who is asking; the organisation."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.identity import second_factor
from leancity.core.identity.principal import Principal, current_principal
from leancity.graphql.api import Context, field
from leancity.graphql.kernel.people import OrgUnit, unit_of


@strawberry.type(description="Who is asking.")
class Viewer:
    id: uuid.UUID | None = strawberry.field(description="Null for a stranger.")
    is_signed_in: bool
    name: str
    permissions: list[str] = strawberry.field(description="Those that count here, of modules the city has.")
    locale: str
    is_resident: bool = strawberry.field(description="An account of their own, not one of the city's staff.")
    must_enrol_totp: bool = strawberry.field(
        description="The city asks its staff for a second factor: without one there are no permissions (totpBegin)."
    )
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, principal: Principal) -> Self:
        return cls(
            id=principal.user_id,
            is_signed_in=not principal.is_stranger,
            name=principal.name,
            permissions=sorted(name for name in principal.permissions if principal.can(name)),
            locale=principal.locale,
            is_resident=principal.is_resident,
            must_enrol_totp=principal.must_enrol_totp,
            unit_id=principal.unit_id,
        )

    @field(public="it is the viewer's own")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)

    @field(public="it is the viewer's own", description="Whether signing in takes a second factor.")
    async def has_totp(self) -> bool:
        return await second_factor.is_on(self.id)


@strawberry.type
class IdentityQuery:
    @field(public="tells a stranger that they are one")
    def viewer(self) -> Viewer:
        return Viewer.of(current_principal())
