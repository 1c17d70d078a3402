"""What another body is told of a report: what everybody may read, and who reported only where they agreed."""

from __future__ import annotations

from leancity.core.audit.log import note_read
from leancity.core.cases.reads import read_published
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.modules.city_problems.forwarding.tables import CityProblemsForwarding
from leancity.modules.city_problems.reading import contacts_of
from leancity.modules.city_problems.tables import CityProblemsReport

LONGEST_TEXT = 4000  # characters of a description, by the standard

Fields = list[tuple[str, str]]


async def letter_of(forwarding: CityProblemsForwarding, origin: str) -> Fields:
    """Return the fields of the form, without the key, within the open unit of work; empty ones are left out.

    ``origin`` is the city's address on the web, where its photos are.
    """
    case = await CaseRecord.objects().get(CaseRecord.id == forwarding.case_id)
    report = await CityProblemsReport.objects().get(CityProblemsReport.case_id == forwarding.case_id)
    if case is None or report is None:
        raise LookupError("a forwarding without its report")
    photos = (await read_published(CaseFile, [case.id])).get(case.id, [])
    shared = report.may_share
    fields: Fields = [
        ("service_code", forwarding.service_code),
        ("lat", "" if report.lat is None else f"{report.lat:.7f}"),
        ("long", "" if report.lon is None else f"{report.lon:.7f}"),
        ("address_string", report.address if shared else report.public_address),
        ("description", (case.text if shared else report.public_text)[:LONGEST_TEXT]),
        *(("media_url", f"{origin}/files/{photo.file_id}") for photo in photos if photo.role == "attachment"),
    ]
    if shared:
        note_read("city_problems.reporter.sent", "case", case.id)
        who = await contacts_of(case, report)
        first, _, last = who.name.partition(" ")
        fields += [
            ("email", who.email),
            ("phone", who.phone),
            ("first_name", first),
            ("last_name", last),
        ]
    return [(name, value) for name, value in fields if value]
