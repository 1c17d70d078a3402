"""Where the services are and how to get a key: what a client reads first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from leancity.core.config import load
from leancity.core.customs.branding import BRANDING, city_title, current_branding
from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems import categories
from leancity.modules.city_problems.open311.document import FORMATS, Document
from leancity.modules.city_problems.open311.place import ROOT, origin
from leancity.modules.city_problems.questions import collection as questions

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
BEGINNING = datetime(2026, 11, 23, tzinfo=UTC)
"""When this server was made: nothing is older for a city that has changed nothing."""

_LAST_CHANGE = "select max(at) from custom_change where tenant_id = $1 and collection = any($2::text[])"


async def discovery() -> Document:
    """Return the one endpoint there is; its changeset is the last change of the services and what they ask."""
    locale = current_principal().locale
    services = await _changed({categories.NAME, questions.NAME})
    return Document(
        root="discovery",
        content={
            "changeset": max(services, await _changed({BRANDING})),
            "contact": _contact(locale),
            "key_service": text("city_problems.open311_key_service", locale, {"contact": _contact(locale)}),
            "endpoints": [
                {
                    "specification": SPECIFICATION,
                    "url": f"{origin()}{ROOT}/v2",
                    "changeset": services,
                    "type": "test" if load().is_development else "production",
                    "formats": [each.media_type for each in FORMATS.values()],
                }
            ],
        },
    )


async def _changed(collections: Collection[str]) -> datetime:
    async with tenant_tx() as unit:
        found = await unit.connection.fetchval(_LAST_CHANGE, unit.tenant_id, [*collections])
    return (found or BEGINNING).astimezone(current_tenant().zone_info)


def _contact(locale: str) -> str:
    """Return whom to turn to: all that the city tells of itself, its name first, at least where it is found."""
    shown = current_branding()
    told = (city_title(locale), shown.contact_email, shown.contact_phone, shown.site or origin())
    return ", ".join(each for each in told if each)
