"""The answer of who reported: it is fixed, with a mark if they like; or it is not done, and is taken up anew.

Closing opens a window, up to the end of a day in the city's zone or as long as the city's drawing waits; within it who
filed the report answers once. The window is counted from the closing and from nothing else: a comment does not make it
longer.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from leancity.core.audit.log import record
from leancity.core.cases.attachments import Attachment, add_file
from leancity.core.cases.checks import Checks
from leancity.core.cases.journal import add_event
from leancity.core.cases.moves import move
from leancity.core.cases.reach import READ, reached
from leancity.core.cases.records import lock_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.processes.running.case_messages import tell_case
from leancity.core.processes.running.waiting import waits_until
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.kinds import FIXED, MODULE, NOT_FIXED, NOT_OURS
from leancity.modules.city_problems.service import Photo
from leancity.modules.city_problems.settings import CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsMark, CityProblemsReport

CONTESTED = (FIXED, NOT_FIXED, NOT_OURS)
"""Outcomes of which who reported may say that it is not done; what is a duplicate, or another body's, goes on there."""
LOWEST, BEST = 1, 5
LOW = 2
"""Up to this mark they are dissatisfied, and the unit that did it hears of it."""
LONGEST = 2000
CONTEST = "contest"
CONFIRMED = "Житель подтвердил результат"
"""The message by which the process hears that who reported is content."""

_CLOSED = """
select c.id, c.outcome, c.author_id, r.confirm_until, r.confirmed_at, m.mark, m.at as answered_at
from case_record c join city_problems_report r on r.tenant_id = c.tenant_id and r.case_id = c.id
left join lateral (
    select k.mark, k.at from city_problems_mark k
    where k.tenant_id = $1 and k.case_id = c.id and k.user_id = c.author_id and k.at >= c.closed_at
    order by k.at desc limit 1
) m on true
where c.tenant_id = $1 and r.tenant_id = $1 and c.id = any($2::uuid[]) and c.closed_at is not null
"""


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What who reported said of the closing. To others than them ``until`` and ``mark`` are None."""

    is_confirmed: bool = False
    until: datetime | None = None
    mark: int | None = None
    can_confirm: bool = False
    can_contest: bool = False


async def open_window(case: CaseRecord, report: CityProblemsReport) -> None:
    """Let who filed a report that has just been closed answer; a report without an account behind it nobody can.

    As long as the city's drawing waits for their answer; where it doesn't, as long as the settings say. Joins the open
    unit of work.
    """
    report.confirm_until = report.confirmed_at = None
    if case.outcome in CONTESTED and case.author_id is not None:
        days = (await settings_of(MODULE, CityProblemsSettings)).confirm_days
        report.confirm_until = await waits_until(case.id, CONTEST) or end_of_window(days)
    await report.save([CityProblemsReport.confirm_until, CityProblemsReport.confirmed_at])


async def confirm(case_id: uuid.UUID, mark: int | None = None, comment: str = "") -> CaseRecord:
    """Say that one's report was fixed, with a mark from 1 to 5 and words for the city if one likes."""
    checks = Checks()
    comment = _checked(checks, "comment", comment, mark)
    checks.done()
    async with tenant_tx(write=True):
        case = await _answerable(case_id)
        if case.outcome != FIXED:
            raise refuse("city_problems.nothing_to_confirm", "id")
        at = now()
        row = CityProblemsReport
        await row.update({row.confirmed_at: at}).where(row.case_id == case_id)
        await _keep_mark(case, mark, comment, at, is_contested=False)
        await tell_case(case_id, CONFIRMED)
        await add_event(case, "dissatisfied" if mark is not None and mark <= LOW else "confirmed", at=at, mark=mark)
    return case


async def contest(case_id: uuid.UUID, note: str, photos: Sequence[Photo] = (), mark: int | None = None) -> CaseRecord:
    """Say that one's report is not done, and why: it is taken up anew, under terms that begin anew."""
    city = await settings_of(MODULE, CityProblemsSettings)
    checks = Checks()
    note = _checked(checks, "note", note, mark, required=True)
    if len(photos) > city.most_photos:
        checks.wrong("city_problems.too_many_photos", "photos", limit=city.most_photos)
    checks.done()
    async with tenant_tx(write=True):
        await _answerable(case_id)
        row = CityProblemsReport
        await row.update({row.confirm_until: None, row.confirmed_at: None}).where(row.case_id == case_id)
        case = await move(case_id, CONTEST, note=note)
        for photo in photos:
            await add_file(case, Attachment(file_id=photo.id, claim=photo.claim, visibility="public"))
        await _keep_mark(case, mark, "", now(), is_contested=True)
    return case


async def confirmations_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Confirmation]:
    """Return what there is to say of the closing of reports, as whoever asks may see it; open ones have none."""
    who, at = current_principal().user_id, now()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_CLOSED, unit.tenant_id, [*case_ids])
    found = {}
    for row in rows:
        is_confirmed = row["confirmed_at"] is not None
        if who is None or row["author_id"] != who:
            found[row["id"]] = Confirmation(is_confirmed=is_confirmed)
            continue
        is_open = row["confirm_until"] is not None and at < row["confirm_until"] and row["answered_at"] is None
        found[row["id"]] = Confirmation(
            is_confirmed=is_confirmed,
            until=row["confirm_until"],
            mark=row["mark"],
            can_confirm=is_open and row["outcome"] == FIXED,
            can_contest=is_open and row["outcome"] in CONTESTED,
        )
    return found


async def marks_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[CityProblemsMark]]:
    """Return what was said of the closings of reports, oldest first, as far as whoever asks may see the cases."""
    found: dict[uuid.UUID, list[CityProblemsMark]] = {case_id: [] for case_id in case_ids}
    async with tenant_tx():
        seen = await reached(READ, case_ids)
        rows = CityProblemsMark.objects().where(CityProblemsMark.case_id.is_in([*seen]))
        for row in await rows.order_by(CityProblemsMark.at, CityProblemsMark.id) if seen else []:
            found[row.case_id].append(row)
    return found


async def _answerable(case_id: uuid.UUID) -> CaseRecord:
    """Lock and return a closed report of whoever asks whose window is open and which they have not answered yet."""
    who = current_principal().account()
    case, _ = await lock_case(case_id, permission=None, closed=True)
    row = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
    if row is None or case.author_id != who:
        raise refuse("not_found", "id")
    if case.closed_at is None:
        raise refuse("city_problems.not_closed", "id")
    answered = (CityProblemsMark.case_id == case_id) & (CityProblemsMark.at >= case.closed_at)
    if await CityProblemsMark.exists().where(answered & (CityProblemsMark.user_id == who)):
        raise refuse("city_problems.answered", "id")
    if row.confirm_until is None or row.confirm_until <= now():
        raise refuse("city_problems.window_closed", "id")
    return case


async def _keep_mark(case: CaseRecord, mark: int | None, comment: str, at: datetime, *, is_contested: bool) -> None:
    user_id = current_principal().user_id
    row = CityProblemsMark(
        case_id=case.id, user_id=user_id, mark=mark, comment=comment, is_contested=is_contested, at=at
    )
    await row.save()
    facts = {"mark": mark, "is_contested": is_contested}
    await record("city_problems.report.answered", "case", case.id, **facts)


def _checked(checks: Checks, field: str, words: str, mark: int | None, *, required: bool = False) -> str:
    if mark is not None and not LOWEST <= mark <= BEST:
        checks.wrong("city_problems.mark_invalid", "mark", low=LOWEST, high=BEST)
    return checks.text(field, words, limit=LONGEST, required=required)


def end_of_window(days: int) -> datetime:
    """Return the end of the day that comes in so many days, on the city's wall clock, in UTC."""
    zone = current_tenant().zone_info
    last = now().astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)
