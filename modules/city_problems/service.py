"""What can be done with a report. All rules of the module live here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from leancity.core.cases.attachments import Attachment
from leancity.core.cases.checks import LONG, SHORT, keepable, one_text
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.handover import ASSIGN, require_receiver
from leancity.core.cases.moves import move
from leancity.core.cases.numbers import draw_number
from leancity.core.cases.reach import require_reach
from leancity.core.cases.records import lock_case
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.geo.cells import cell_of
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit
from leancity.core.moment import now
from leancity.core.privacy.hiding import hide_private
from leancity.core.processes.running.begin import begin_on, to_begin
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems import publishing
from leancity.modules.city_problems.categories import promise_of
from leancity.modules.city_problems.checks import checked_report
from leancity.modules.city_problems.duplicates.marking import require_original
from leancity.modules.city_problems.kinds import DUPLICATE, FIXED, KEY, MODULE, SORTED
from leancity.modules.city_problems.open311.media import ask_for_photos
from leancity.modules.city_problems.proofs import hang_proofs, tell_of_waiting
from leancity.modules.city_problems.questions.answers import keep_answers
from leancity.modules.city_problems.routing.choosing import choice_of
from leancity.modules.city_problems.routing.correcting import SAME_PLACE, Place, correct, corrections
from leancity.modules.city_problems.routing.deciding import route
from leancity.modules.city_problems.settings import CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that the reporter uploaded, with the claim that came back from the upload."""

    id: uuid.UUID
    claim: str


@dataclass(frozen=True, kw_only=True)
class NewReport:
    """What a resident tells: a place, a category's key, words, photos, how to answer.

    The place is a point (degrees of WGS 84), an address, or both. Who is signed in need leave no contacts.
    ``answers`` are those to the category's extra questions, by their keys: the texts given, or the keys chosen.
    ``may_share``: their name and contacts may go to whom the report is forwarded to. ``photo_urls``: addresses of
    further photos, which are fetched once the report is filed.
    """

    category: str
    text: str
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    may_share: bool = False
    photos: Sequence[Photo] = field(default=())
    photo_urls: Sequence[str] = ()
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_email: str = ""


async def settings() -> CityProblemsSettings:
    """Return the city's settings of the module."""
    return await settings_of(MODULE, CityProblemsSettings)


async def report(new: NewReport) -> CaseRecord:
    """File a resident's report and return its case; refuse what does not fit, naming each field."""
    city = await settings()
    if current_principal().is_stranger and city.who_may_report == "residents":
        raise refuse("city_problems.sign_in_first")
    category = await _category(new.category)
    answers = checked_report(new, category.key, city)
    number = await draw_number(KEY, now())
    ready = await to_begin(KEY, category.unit_id)
    title = pick(json.loads(category.title), current_tenant().locale)
    async with tenant_tx(write=True):
        photos = [Attachment(file_id=photo.id, claim=photo.claim, visibility="public") for photo in new.photos]
        cell = None if new.lat is None or new.lon is None else cell_of(new.lat, new.lon)
        filing = Filing(title=title, text=new.text, files=photos, cell=cell, data={"category": category.key})
        case = await _filed(filing, number)
        row = CityProblemsReport(
            case_id=case.id,
            category_id=category.id,
            lat=new.lat,
            lon=new.lon,
            cell=cell,
            address=new.address.strip(),
            public_text=hide_private(case.text).text,
            public_address=hide_private(new.address.strip()).text,
            is_shown=False,
            reporter_name=new.reporter_name.strip(),
            reporter_phone=new.reporter_phone.strip(),
            reporter_email=new.reporter_email.strip(),
            may_share=new.may_share,
        )
        await row.save()
        await keep_answers(case.id, answers)
        await ask_for_photos(case.id, new.photo_urls)
        await route(case, row, case.text, case.opened_at, promise_of(category))
        await begin_on(ready, case)
        await publishing.settle(case, row)
    return case


async def _filed(filing: Filing, number: str) -> CaseRecord:
    try:
        return await file_case(KEY, filing, number=number)
    except Refused as refused:
        # A file is named by its place in the input; one that is not the reporter's is told as if it were not there.
        named = (replace(each, field="photos") if each.field == "file_id" else each for each in refused.problems)
        raise Refused(*named) from refused


async def sort(
    case_id: uuid.UUID,
    category: str | None = None,
    *,
    place: Place = SAME_PLACE,
    expected_version: int | None = None,
    by_rule: bool = False,
) -> CaseRecord:
    """Take a report in, correcting its category and its place where they are given.

    ``by_rule``: a rule of routing does it, which sends the report on. The rule of one that was corrected does so too,
    however late the city's drawing lets it come to be sorted.
    """
    async with tenant_tx(write=True):
        found = await _find(case_id)
        row = await _category(category) if category is not None else None
        await lock_case(case_id, permission=None, closed=True)
        await found.refresh()  # as it is now that nobody else changes it
        changed = corrections(found, row, place)
        given = {"goes_on": by_rule or bool(changed)}
        facts = {"category": category}
        case = await move(case_id, "sort", expected_version=expected_version, data=facts, given=given)
        await correct(case, found, row, changed)
        if case.status == SORTED:  # a city may have drawn something in between
            # Where reports are shown once a person has seen them, a rule that sorts by itself is none.
            await publishing.settle(case, found, is_sorted=not current_principal().is_system)
        return case


async def refuse_report(
    case_id: uuid.UUID, outcome: str, note: str, duplicate_of: uuid.UUID | None = None
) -> CaseRecord:
    """Close a report that is not ours, or a duplicate of the report with the case ``duplicate_of``, saying why."""
    async with tenant_tx(write=True):
        if outcome != DUPLICATE:
            if duplicate_of is not None:
                raise refuse("city_problems.only_of_a_duplicate", "duplicate_of")
            return await _move(case_id, "refuse", outcome=outcome, note=note)
        named = await require_original(case_id, duplicate_of)
        return await _move(case_id, "refuse", outcome=outcome, note=note, given={"duplicate_of": named})


async def send(case_id: uuid.UUID, unit_id: uuid.UUID | None = None, note: str = "") -> CaseRecord:
    """Offer a report to a unit, which holds it once it accepts; without one to its rule's, else to its category's."""
    async with tenant_tx(write=True):
        await _find(case_id)
        if unit_id is None:
            chosen = await choice_of(case_id)
            if chosen is None or chosen.unit is None:
                raise refuse("required", "unit_id")
            unit_id, note = chosen.unit.id, note or chosen.note
        note = one_text("note", note, limit=LONG)
        if not await OrgUnit.exists().where(OrgUnit.id == unit_id):
            raise refuse("not_found", "receiver_id")
        case = await move(case_id, "send", given={"unit": unit_id, "handover_note": note})
        await require_reach(ASSIGN, case)  # the hand-over goes with the move, whoever will make it
        return case


async def take(case_id: uuid.UUID) -> CaseRecord:
    """Accept a report that was offered to one's unit and begin work."""
    async with tenant_tx(write=True):
        await require_receiver(case_id)
        return await _move(case_id, "start")  # with it the unit accepts the report


async def send_back(case_id: uuid.UUID, reason: str) -> CaseRecord:
    """Return a report that was offered to one's unit: it is sorted anew."""
    async with tenant_tx(write=True):
        reason = one_text("reason", reason, limit=LONG, required=True)
        await require_receiver(case_id)
        return await _move(case_id, "send_back", note=reason)


async def close(case_id: uuid.UUID, outcome: str, note: str, proofs: Sequence[Photo] = ()) -> CaseRecord:
    """Close a report in work, with photos that show what was done: everybody sees them once it is closed."""
    async with tenant_tx(write=True):
        await _find(case_id)
        files = [Attachment(file_id=proof.id, claim=proof.claim, role="proof") for proof in proofs]
        hung = await hang_proofs(case_id, files)
        given = {"proofs": [row.file_id for row in hung]}
        case = await _move(case_id, "close", outcome=outcome, note=note, given=given)
        await tell_of_waiting(case, hung)
        return case


async def reopen(case_id: uuid.UUID, note: str) -> CaseRecord:
    """Sort a closed report anew; one that was marked as a duplicate is none any more."""
    async with tenant_tx(write=True):
        await _find(case_id)
        before, _ = await lock_case(case_id, permission=None, closed=True)
        given = {"outcome_before": before.outcome, "closed_at_before": before.closed_at}
        return await _move(case_id, "reopen", note=note, given=given)


async def require_proof(case_id: uuid.UUID, kind: str, outcome: str) -> None:
    """Refuse to call a report fixed without a photo that shows it, where the city asks for one."""
    if kind != KEY or outcome != FIXED or not (await settings()).is_proof_required:
        return
    if not await CaseFile.exists().where((CaseFile.case_id == case_id) & (CaseFile.role == "proof")):
        raise refuse("city_problems.proof_required", "proofs")


async def _move(
    case_id: uuid.UUID,
    transition: str,
    *,
    outcome: str | None = None,
    note: str = "",
    given: Mapping[str, Any] | None = None,
) -> CaseRecord:
    async with tenant_tx(write=True):
        await _find(case_id)
        return await move(case_id, transition, outcome=outcome, note=note, given=given)


async def _find(case_id: uuid.UUID) -> CityProblemsReport:
    """Return the report of a case; refuse a case of another module as if there were none."""
    row = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
    if row is None:
        raise refuse("not_found", "id")
    return row


async def _category(key: str) -> CityProblemsCategory:
    key = keepable(key)[:SHORT]
    async with tenant_tx():
        query = CityProblemsCategory.objects().where(CityProblemsCategory.key == key)
        category = await query.where(CityProblemsCategory.is_active.eq(True)).first()
    if category is None:
        raise refuse("city_problems.category_unknown", "category", category=key)
    return category
