"""The city being served."""

from __future__ import annotations

from typing import Self

import strawberry

from leancity.core.customs.branding import city_title, current_branding
from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.context import current_tenant
from leancity.graphql.api import field


@strawberry.type(description="How the city shows itself; what is null it has not decided.")
class CityBranding:
    title: str | None = strawberry.field(description="The city's own name in the reader's language.")
    tagline: str | None
    colour: str | None = strawberry.field(description="Like #1a6fb5.")
    logo_url: str | None = strawberry.field(description="A path on this site that everybody may fetch.")
    contact_phone: str | None
    contact_email: str | None
    site: str | None

    @classmethod
    def current(cls) -> Self:
        found = current_branding()
        title = {"ru": found.title_ru, "en": found.title_en}.get(current_principal().locale)
        return cls(
            title=title,
            tagline=found.tagline,
            colour=found.colour,
            logo_url=None if found.logo_file_id is None else f"/files/{found.logo_file_id}",
            contact_phone=found.contact_phone,
            contact_email=found.contact_email,
            site=found.site,
        )


@strawberry.type(description="The city being served.")
class City:
    title: str = strawberry.field(description="As it calls itself in the reader's language, else as it was set up.")
    slug: str
    zone: str
    locale: str
    modules: list[str]
    branding: CityBranding


@strawberry.type
class CityQuery:
    @field(public="the city's name and services are on its front page")
    def city(self) -> City:
        tenant = current_tenant()
        return City(
            title=city_title(current_principal().locale),
            slug=tenant.slug,
            zone=tenant.zone,
            locale=tenant.locale,
            modules=sorted(tenant.modules),
            branding=CityBranding.current(),
        )
