"""What can be done with a report. All rules of the module live here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leancity.core.cases.attachments import Attachment, attach_file
from leancity.core.cases.checks import LONG, one_text
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.handover import accept, hand_over, open_offer, return_
from leancity.core.cases.moves import move
from leancity.core.cases.numbers import draw_number
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.geo.cells import cell_of
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.masking import is_masked
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.kinds import FIXED, KEY, MODULE
from leancity.modules.city_problems.settings import CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

LONGEST_CONTACT = 200


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that the reporter uploaded, with the claim that came back from the upload."""

    id: uuid.UUID
    claim: str


@dataclass(frozen=True, kw_only=True)
class NewReport:
    """What a resident tells: a point (degrees of WGS 84), a category's key, words, photos, how to answer.

    ``answers`` are those to the category's extra questions, by their keys: the texts given, or the keys chosen.
    ``may_share``: their name and contacts may go to whom the report is forwarded to.
    """

    lat: float
    lon: float
    category: str
    text: str
    address: str = ""
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    may_share: bool = False
    photos: Sequence[Photo] = field(default=())
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_email: str = ""


async def settings() -> CityProblemsSettings:
    """Return the city's settings of the module."""
    return await settings_of(MODULE, CityProblemsSettings)


async def report(new: NewReport) -> CaseRecord:
    """File a resident's report and return its case; refuse what does not fit, naming each field."""
    if current_principal().is_stranger and (await settings()).who_may_report == "residents":
        raise refuse("city_problems.sign_in_first")
    category = await _category(new.category)
    _check(new, await settings())
    number = await draw_number(KEY, now())
    title = pick(json.loads(category.title), current_tenant().locale)
    async with tenant_tx(write=True):
        photos = [Attachment(file_id=photo.id, claim=photo.claim, visibility="public") for photo in new.photos]
        cell = cell_of(new.lat, new.lon)
        filing = Filing(title=title, text=new.text, files=photos, cell=cell, data={"category": category.key})
        case = await file_case(KEY, filing, number=number)
        await CityProblemsReport(
            case_id=case.id,
            category_id=category.id,
            lat=new.lat,
            lon=new.lon,
            cell=cell,
            address=new.address.strip(),
            public_text=new.text.strip(),
            public_address=new.address.strip(),
            reporter_name=new.reporter_name.strip(),
            reporter_phone=new.reporter_phone.strip(),
            reporter_email=new.reporter_email.strip(),
            may_share=new.may_share,
        ).save()
    return case


async def sort(case_id: uuid.UUID, category: str | None = None, *, expected_version: int | None = None) -> CaseRecord:
    """Take a report in, correcting its category where one is given."""
    async with tenant_tx(write=True):
        await _find(case_id)
        if category is not None:
            row = await _category(category)
            await CityProblemsReport.update({CityProblemsReport.category_id: row.id}).where(
                CityProblemsReport.case_id == case_id
            )
        return await move(case_id, "sort", expected_version=expected_version, data={"category": category})


async def refuse_report(case_id: uuid.UUID, outcome: str, note: str) -> CaseRecord:
    """Close a report that is not ours or a duplicate, saying why."""
    return await _move(case_id, "refuse", outcome=outcome, note=note)


async def send(case_id: uuid.UUID, unit_id: uuid.UUID | None = None, note: str = "") -> CaseRecord:
    """Offer a report to a unit (the category's own when none is given). It holds the report once it accepts."""
    async with tenant_tx(write=True):
        row = await _find(case_id)
        if unit_id is None:
            category = await CityProblemsCategory.objects().where(CityProblemsCategory.id == row.category_id).first()
            unit_id = category.unit_id if category else None
        if unit_id is None:
            raise refuse("required", "unit_id")
        case = await move(case_id, "send")
        await hand_over(case_id, unit_id, note)
        return case


async def take(case_id: uuid.UUID) -> CaseRecord:
    """Accept a report that was offered to one's unit and begin work."""
    async with tenant_tx(write=True):
        await accept((await open_offer(case_id)).id)
        return await _move(case_id, "start")


async def send_back(case_id: uuid.UUID, reason: str) -> CaseRecord:
    """Return a report that was offered to one's unit: it is sorted anew."""
    async with tenant_tx(write=True):
        offer, reason = await open_offer(case_id), one_text("reason", reason, limit=LONG, required=True)
        await _move(case_id, "send_back", note=reason)  # first: once returned, the case is out of the unit's reach
        return await return_(offer.id, reason)


async def close(case_id: uuid.UUID, outcome: str, note: str, proofs: Sequence[Photo] = ()) -> CaseRecord:
    """Close a report in work, with photos that show what was done."""
    async with tenant_tx(write=True):
        await _find(case_id)
        for proof in proofs:
            await attach_file(
                case_id, Attachment(file_id=proof.id, claim=proof.claim, role="proof", visibility="public")
            )
        return await _move(case_id, "close", outcome=outcome, note=note)


async def reopen(case_id: uuid.UUID, note: str) -> CaseRecord:
    """Sort a closed report anew."""
    return await _move(case_id, "reopen", note=note)


async def require_proof(case_id: uuid.UUID, kind: str, outcome: str) -> None:
    """Refuse to call a report fixed without a photo that shows it, where the city asks for one."""
    if kind != KEY or outcome != FIXED or not (await settings()).is_proof_required:
        return
    if not await CaseFile.exists().where((CaseFile.case_id == case_id) & (CaseFile.role == "proof")):
        raise refuse("city_problems.proof_required", "proofs")


async def _move(case_id: uuid.UUID, transition: str, *, outcome: str | None = None, note: str = "") -> CaseRecord:
    async with tenant_tx(write=True):
        await _find(case_id)
        return await move(case_id, transition, outcome=outcome, note=note)


async def _find(case_id: uuid.UUID) -> CityProblemsReport:
    """Return the report of a case; refuse a case of another module as if there were none."""
    row = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
    if row is None:
        raise refuse("not_found", "id")
    return row


async def _category(key: str) -> CityProblemsCategory:
    async with tenant_tx():
        query = CityProblemsCategory.objects().where(CityProblemsCategory.key == key)
        category = await query.where(CityProblemsCategory.is_active.eq(True)).first()
    if category is None:
        raise refuse("city_problems.category_unknown", "category", category=key)
    return category


def _check(new: NewReport, city: CityProblemsSettings) -> None:
    problems = []
    if not new.text.strip():
        problems.append(Problem(code="required", field="text"))
    if not (-90 <= new.lat <= 90 and -180 <= new.lon <= 180):
        problems.append(Problem(code="city_problems.point_invalid", field="point"))
    if len(new.photos) > city.most_photos:
        problems.append(
            Problem(code="city_problems.too_many_photos", field="photos", params={"limit": city.most_photos})
        )
    if city.is_contact_required and not (new.reporter_phone.strip() or new.reporter_email.strip()):
        problems.append(Problem(code="city_problems.contact_required", field="reporter_phone"))
    problems += [
        Problem(code="too_long", field=name, params={"limit": LONGEST_CONTACT})
        for name in ("address", "reporter_name", "reporter_phone", "reporter_email")
        if len(getattr(new, name)) > LONGEST_CONTACT
    ]
    problems += [
        Problem(code="masked_value", field=name)
        for name in ("reporter_name", "reporter_phone", "reporter_email")
        if is_masked(getattr(new, name))
    ]
    if problems:
        raise Refused(*problems)
