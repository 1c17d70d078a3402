"""What of a report everybody sees: when it is first shown, and what a moderator changes of it.

What people wrote stays with the case for staff; ``public_text`` and ``public_address`` are what is shown of it.
"""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.cases.checks import LONG, Checks
from leancity.core.cases.followers import clear_followers
from leancity.core.cases.journal import add_event
from leancity.core.cases.records import change_case, lock_case
from leancity.core.cases.tables import CaseEvent, CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.tables import StoredFile
from leancity.core.privacy.signs import has_odd_signs
from leancity.core.settings.service import settings_of
from leancity.modules.city_problems.categories import details_of
from leancity.modules.city_problems.checks import LONGEST_CONTACT
from leancity.modules.city_problems.following.watches import add_watchers
from leancity.modules.city_problems.permissions import MODERATE
from leancity.modules.city_problems.settings import MODULE, CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

PUBLISHED, HIDDEN, MODERATED = "published", "hidden", "moderated"
_DECIDED = (PUBLISHED, HIDDEN)


async def settle(case: CaseRecord, report: CityProblemsReport, *, is_sorted: bool = False) -> None:
    """Show or hide a report as its category and the city's settings say. Joins the open, writing unit of work.

    Called when a report is filed, and (``is_sorted``) whenever a clerk has taken it in. A category that is never shown
    hides it; otherwise it is shown once: what was shown or hidden before stays as it is.
    """
    if details_of(await _category_of(report)).is_private:
        await hide(case, report)
        return
    city = await settings_of(MODULE, CityProblemsSettings)
    if (is_sorted or city.shown == "at_once") and not await _was(case.id, *_DECIDED):
        await show(case, report)


async def show(case: CaseRecord, report: CityProblemsReport) -> None:
    """Let everybody see a report. The first time is the event ``published``. Joins the open unit of work."""
    if report.is_shown:
        return
    await _set_shown(report, is_shown=True)
    await add_watchers(case, report)  # before the event, of which they are told
    if await _was(case.id, PUBLISHED):
        await add_event(case, MODERATED, fields=["is_shown"])
    else:
        await add_event(case, PUBLISHED)


async def hide(case: CaseRecord, report: CityProblemsReport) -> None:
    """Let only staff, and who filed it, see a report. Joins the open unit of work."""
    if report.is_shown:
        await _set_shown(report, is_shown=False)
        await clear_followers(case.id)
        await add_event(case, HIDDEN)


async def moderate(
    case_id: uuid.UUID,
    *,
    text: str | None = None,
    address: str | None = None,
    is_shown: bool | None = None,
    expected_version: int | None = None,
) -> CaseRecord:
    """Change what everybody sees of a report; None leaves it. A text may be empty: then nothing of it is shown.

    ``Refused``: nothing is to be changed; a category that is never shown; a version that is not the one seen.
    """
    words = _checked_words(text, address)
    if not words and is_shown is None:
        raise refuse("city_problems.nothing_to_moderate")
    async with tenant_tx(write=True):
        case, report = await _locked(case_id, expected_version)
        changed = [name for name, value in words.items() if getattr(report, name) != value]
        for name in changed:
            setattr(report, name, words[name])
        if is_shown and details_of(await _category_of(report)).is_private:
            raise refuse("city_problems.category_private", "is_shown")
        if changed or is_shown not in (None, report.is_shown):
            await change_case(case)
        if changed:
            await report.save([*changed])
            await add_event(case, MODERATED, fields=changed)
        if is_shown is not None:
            await (show if is_shown else hide)(case, report)
    return case


async def show_photo(case_id: uuid.UUID, file_id: uuid.UUID, *, is_public: bool) -> CaseRecord:
    """Show a photo of a report to everybody, or to staff only."""
    async with tenant_tx(write=True):
        case, _ = await _locked(case_id, None)
        hung = (CaseFile.case_id == case_id) & (CaseFile.file_id == file_id)
        row = await CaseFile.objects().where(hung).first()
        photo = (StoredFile.id == file_id) & StoredFile.media_type.like("image/%")
        if row is None or not await StoredFile.exists().where(photo):
            raise refuse("not_found", "file_id")
        visibility = "public" if is_public else "internal"
        if row.visibility != visibility:
            row.visibility = visibility
            await row.save([CaseFile.visibility])
            await change_case(case)
            await add_event(case, MODERATED, fields=["photo"], file_id=file_id, visibility=visibility)
    return case


def _checked_words(text: str | None, address: str | None) -> dict[str, str]:
    checks, words = Checks(), {}
    for field, value, limit in (("text", text, LONG), ("address", address, LONGEST_CONTACT)):
        if value is not None:
            words[f"public_{field}"] = checks.text(field, value, limit=limit)
            if has_odd_signs(value):
                checks.wrong("signs_odd", field)
    checks.done()
    return words


async def _locked(case_id: uuid.UUID, expected_version: int | None) -> tuple[CaseRecord, CityProblemsReport]:
    report = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
    if report is None:
        raise refuse("not_found", "id")
    case, _ = await lock_case(case_id, permission=MODERATE, expected_version=expected_version, closed=True)
    await report.refresh()
    return case, report


async def _category_of(report: CityProblemsReport) -> CityProblemsCategory:
    found = await CityProblemsCategory.objects().where(CityProblemsCategory.id == report.category_id).first()
    if found is None:
        raise LookupError("a report without its category")
    return found


async def _set_shown(report: CityProblemsReport, *, is_shown: bool) -> None:
    report.is_shown = is_shown
    await report.save([CityProblemsReport.is_shown])


async def _was(case_id: uuid.UUID, *events: str) -> bool:
    query: Any = (CaseEvent.case_id == case_id) & CaseEvent.kind.is_in([*events])
    return bool(await CaseEvent.exists().where(query))
