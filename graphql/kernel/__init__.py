"""What the kernel itself adds to every city's schema. Its root fields stay flat on Query and Mutation."""

from __future__ import annotations

import strawberry

from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.context import current_tenant
from leancity.graphql.api import field


@strawberry.type(description="Who is asking.")
class Viewer:
    signed_in: bool
    name: str
    permissions: list[str] = strawberry.field(description="Those that count here, of modules the city has.")
    locale: str


@strawberry.type(description="The city being served.")
class City:
    title: str
    slug: str
    zone: str
    locale: str
    modules: list[str]


@strawberry.type
class KernelQuery:
    @field(public="tells a stranger that they are one")
    def viewer(self) -> Viewer:
        principal = current_principal()
        return Viewer(
            signed_in=principal.user_id is not None,
            name=principal.name,
            permissions=sorted(name for name in principal.permissions if principal.can(name)),
            locale=principal.locale,
        )

    @field(public="the city's name and services are on its front page")
    def city(self) -> City:
        tenant = current_tenant()
        return City(
            title=tenant.title,
            slug=tenant.slug,
            zone=tenant.zone,
            locale=tenant.locale,
            modules=sorted(tenant.modules),
        )


QUERIES: tuple[type, ...] = (KernelQuery,)
MUTATIONS: tuple[type, ...] = ()
