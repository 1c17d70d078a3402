"""The city being served."""

from __future__ import annotations

import strawberry

from leancity.core.tenancy.context import current_tenant
from leancity.graphql.api import field


@strawberry.type(description="The city being served.")
class City:
    title: str
    slug: str
    zone: str
    locale: str
    modules: list[str]


@strawberry.type
class CityQuery:
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
