"""Applying for a permit, and the bodies that a city asks. Every rule about what an application must say is here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, SHORT, Checks
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.numbers import draw_number
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit
from leancity.core.moment import now
from leancity.core.processes.running.begin import begin_on, to_begin
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant
from leancity_earthworks.kinds import KEY
from leancity_earthworks.permissions import CHANGE_BODIES
from leancity_earthworks.settings import EarthworksSettings
from leancity_earthworks.tables import EarthworksBody, EarthworksPermit

MODULE = "earthworks"


@dataclass(frozen=True, kw_only=True)
class NewApplication:
    """What an applicant tells: where (degrees of WGS 84), what for, on which days, by when the surface is as before."""

    lat: float
    lon: float
    address: str
    purpose: str
    digs_from: date
    digs_until: date
    restored_by: date
    applicant_name: str
    applicant_phone: str = ""


async def settings() -> EarthworksSettings:
    """Return the city's settings of the module."""
    return await settings_of(MODULE, EarthworksSettings)


def today() -> date:
    """Return the day it is in the city."""
    return now().astimezone(current_tenant().zone_info).date()


async def apply(new: NewApplication) -> CaseRecord:
    """File an application and return its case; refuse what does not fit, naming each field.

    The bodies are asked by ``approvals.request``, which hears of the case once it is committed.
    """
    checks = Checks()
    city = await settings()
    address = checks.text("address", new.address, limit=SHORT, required=True)
    purpose = checks.text("purpose", new.purpose, limit=LONG, required=True)
    name = checks.text("applicant_name", new.applicant_name, limit=SHORT, required=True)
    phone = checks.text("applicant_phone", new.applicant_phone, limit=SHORT, required=city.is_phone_required)
    _check_place_and_days(checks, new, city)
    checks.done()
    if not await active_bodies():
        raise refuse("earthworks.bodies_missing")
    number = await draw_number(KEY)
    prepared = await to_begin(KEY)
    async with tenant_tx(write=True):
        case = await file_case(KEY, Filing(title=address, text=purpose), number=number)
        await EarthworksPermit(
            case_id=case.id,
            address=address,
            lat=new.lat,
            lon=new.lon,
            digs_from=new.digs_from,
            digs_until=new.digs_until,
            restored_by=new.restored_by,
            applicant_name=name,
            applicant_phone=phone,
        ).save()
        await begin_on(prepared, case)
    return case


async def active_bodies() -> list[EarthworksBody]:
    """Return the bodies that have to agree today, by key."""
    async with tenant_tx():
        query = EarthworksBody.objects().where(EarthworksBody.is_active.eq(True))
        return await query.order_by(EarthworksBody.key)


async def set_body(
    key: str, title: Mapping[str, str], unit_id: uuid.UUID | None = None, *, is_active: bool = True
) -> EarthworksBody:
    """Add a body, or change the one with this key. A retired one is not asked any more; what it answered stays."""
    current_principal().require(CHANGE_BODIES)
    checks = Checks()
    key = checks.text("key", key, limit=SHORT, required=True)
    titles = {locale: checks.text("title", words, limit=SHORT, required=True) for locale, words in title.items()}
    checks.done()
    async with tenant_tx(write=True):
        if unit_id is not None and not await OrgUnit.exists().where(OrgUnit.id == unit_id):
            raise refuse("not_found", "unit_id")
        body = await EarthworksBody.objects().where(EarthworksBody.key == key).first() or EarthworksBody(key=key)
        body.title = json.dumps(titles, ensure_ascii=False)
        body.unit_id, body.is_active = unit_id, is_active
        await body.save()
        await record("earthworks.body.changed", "earthworks_body", body.id, key=key, is_active=is_active)
    return body


def _check_place_and_days(checks: Checks, new: NewApplication, city: EarthworksSettings) -> None:
    if not (-90 <= new.lat <= 90 and -180 <= new.lon <= 180):
        checks.wrong("earthworks.point_invalid", "point")
    if new.digs_from < today():
        checks.wrong("earthworks.begins_in_the_past", "digs_from")
    if new.digs_until < new.digs_from:
        checks.wrong("earthworks.ends_before_it_begins", "digs_until")
    elif (new.digs_until - new.digs_from).days >= city.longest_days:
        checks.wrong("earthworks.too_long", "digs_until", limit=city.longest_days)
    if new.restored_by < new.digs_until:
        checks.wrong("earthworks.restored_too_early", "restored_by")
