"""Service requests as a document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from leancity.core.cases.tables import CaseFile
from leancity.core.i18n.catalogue import pick, text
from leancity.core.identity.principal import current_principal
from leancity.core.privacy.hiding import hide_private
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems import reading
from leancity.modules.city_problems.open311.document import Document, Value
from leancity.modules.city_problems.open311.more import More, more_of
from leancity.modules.city_problems.open311.place import origin
from leancity.modules.city_problems.open311.requests import Found
from leancity.modules.city_problems.open311.states import detailed_status, standing

ROOT = "service_requests"
LONGEST = 4000
"""Characters of a description."""


async def requests_document(found: Sequence[Found], *, is_extended: bool) -> Document:
    """Return reports as the standard has them, ``is_extended`` with what clients use beyond it."""
    ids = [each.id for each in found]
    photos = await reading.photos_of(ids)
    more = await more_of(found) if is_extended else {}
    return Document(root=ROOT, content=[_request(each, photos.get(each.id, []), more.get(each.id)) for each in found])


def address_of(photo: CaseFile) -> str:
    """Return where a photo is fetched."""
    return f"{origin()}/files/{photo.file_id}"


def promise(due_at: datetime | None, locale: str) -> str:
    """Return in words until when a report is to be dealt with, "" where nothing was promised."""
    if due_at is None:
        return ""
    moment = due_at.astimezone(current_tenant().zone_info).strftime("%d.%m.%Y %H:%M")
    return text("city_problems.open311_promised", locale, {"moment": moment})


def _request(found: Found, photos: Sequence[CaseFile], more: More | None) -> Value:
    locale, zone = current_principal().locale, current_tenant().zone_info
    is_open = found.closed_at is None
    updated_at = (found.updated_at or found.opened_at) if found.closed_at is None else found.closed_at
    shown = {
        "service_request_id": found.number,
        "status": "open" if is_open else "closed",
        "status_notes": _notes(found, locale),
        "service_name": pick(json.loads(found.category), locale),
        "service_code": found.code,
        "description": _shortened(found.text),
        "agency_responsible": found.unit,
        "service_notice": promise(found.due_at, locale) if is_open else None,
        "requested_datetime": found.opened_at.astimezone(zone),
        "updated_datetime": updated_at.astimezone(zone),
        "expected_datetime": None if found.due_at is None else found.due_at.astimezone(zone),
        "address": found.address,
        "address_id": None,
        "zipcode": None,
        "lat": found.lat,
        "long": found.lon,
        "media_url": address_of(photos[0]) if photos else None,
    }
    return shown if more is None else shown | _extensions(found, photos, more)


def _extensions(found: Found, photos: Sequence[CaseFile], more: More) -> Value:
    zone = current_tenant().zone_info
    shown = [
        {"media_url": address_of(each), "title": each.role, "created_at": each.at.astimezone(zone)} for each in photos
    ]
    return {
        "detailed_status": detailed_status(found.status, found.outcome),
        "attributes": more.attributes,
        "extended_attributes": {"photos": shown},
        "notes": more.notes,
    }


def _notes(found: Found, locale: str) -> str:
    told = standing(found.status, found.outcome, locale)
    if found.closed_at is None or not found.note:
        return told
    return f"{told}. {hide_private(found.note, locale).text}"


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
