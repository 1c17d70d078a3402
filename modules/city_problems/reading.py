"""Reading reports: the public list without personal data, the reporter for who may see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.audit.log import note_read
from leancity.core.cases.checks import one_of
from leancity.core.cases.reach import EVERYBODY, READ, reached
from leancity.core.cases.reads import read_published
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.masking import mask_email, mask_name, mask_phone
from leancity.core.identity.tables import UserAccount
from leancity.modules.city_problems.kinds import KEY, REPORT
from leancity.modules.city_problems.permissions import READ_REPORTER
from leancity.modules.city_problems.seen import SEEN, seeing
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

# $1 city, $2 to $8 who asks, $9 kind, $10 open only, $11 category id, then the keyset.
_FROM = """
from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and c.tenant_id = $1 and c.kind = $9
  and (not $10 or c.closed_at is null) and ($11::uuid is null or r.category_id = $11) and {seen}
""".replace("{seen}", SEEN)
_LIST = (
    "select c.id, c.number, c.title, r.public_text as text, c.status, c.outcome, c.opened_at, c.closed_at, c.due_at,"
    " c.version, r.category_id, r.lat, r.lon, r.public_address as address,"
    " r.is_shown" + _FROM
)
_FILTER = (
    " and ($12::text is null or c.status = $12) and ($13::text is null or c.outcome = $13)"
    " and ($14::timestamptz is null or c.opened_at >= $14)"
)
_PAGE = (
    _LIST + _FILTER + " and ($15::timestamptz is null or (c.opened_at, c.id) < ($15, $16::uuid))"
    " order by c.opened_at desc, c.id desc limit $17"
)
_ONE = _LIST + " and c.id = any($12)"
_COUNT = "select count(*)" + _FROM + _FILTER
_ORIGINALS = """
select r.case_id, c.text, r.address, r.may_share
from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and c.tenant_id = $1 and r.case_id = any($2)
"""


@dataclass(frozen=True, kw_only=True)
class PublicReport:
    """A report as everybody may see it; times are UTC, ``lat``/``lon`` None for an imported one without a point."""

    id: uuid.UUID
    number: str
    title: str
    text: str
    status: str
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    version: int
    category_id: uuid.UUID
    lat: float | None
    lon: float | None
    address: str
    is_shown: bool


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which reports of the list; None for any. ``status`` and ``outcome`` are keys of the kind, ``since`` of filing."""

    open_only: bool = False
    category_id: uuid.UUID | None = None
    status: str | None = None
    outcome: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Original:
    """What people wrote, as they wrote it, and whether it may go to whom the report is forwarded to."""

    text: str
    address: str
    may_share: bool


@dataclass(frozen=True)
class Reporter:
    """Who reported; texts are "" where they left none."""

    name: str
    phone: str
    email: str
    is_masked: bool


async def list_reports(wanted: Filter, *, after: tuple[datetime, uuid.UUID] | None, limit: int) -> list[PublicReport]:
    """Return reports, newest first, that follow the keyset ``after``."""
    moment, case_id = after or (None, None)
    return await _reports(_PAGE, await seeing(), *_values(wanted), moment, case_id, limit)


async def report_of(case_id: uuid.UUID) -> PublicReport | None:
    """Return one report to who may see the list."""
    return next(iter(await _reports(_ONE, await seeing(), False, None, [case_id])), None)


async def reports_by_id(ids: Sequence[uuid.UUID]) -> list[PublicReport]:
    """Return the reports among ``ids``, as far as everybody may see them. Asks nothing: guard what leads there."""
    return await _reports(_ONE, EVERYBODY, False, None, list(ids))


async def count_reports(wanted: Filter) -> int:
    """Return how many reports the list holds."""
    limits = await seeing()
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *limits, KEY, *_values(wanted)))


def _values(wanted: Filter) -> tuple[Any, ...]:
    """Return $10 to $14; refuse a status or an outcome that no report has."""
    if wanted.status is not None:
        one_of("status", wanted.status, [state.key for state in REPORT.states])
    if wanted.outcome is not None:
        one_of("outcome", wanted.outcome, [outcome.key for outcome in REPORT.outcomes])
    return wanted.open_only, wanted.category_id, wanted.status, wanted.outcome, wanted.since


async def categories(*, active_only: bool = True) -> list[CityProblemsCategory]:
    """Return the city's categories by key."""
    async with tenant_tx():
        query = CityProblemsCategory.objects().order_by(CityProblemsCategory.key)
        return await (query.where(CityProblemsCategory.is_active.eq(True)) if active_only else query)


async def categories_by_id(ids: Sequence[uuid.UUID]) -> list[CityProblemsCategory]:
    """Return the categories among ``ids``, retired ones too."""
    return await CityProblemsCategory.objects().where(CityProblemsCategory.id.is_in(list(ids)))


async def reporter_of(case_id: uuid.UUID) -> Reporter:
    """Return who reported, masked for who may see the case but not them. The reading of the rest is recorded first."""
    async with tenant_tx():
        case, _ = await find_case(case_id, permission=READ, field="id")
        row = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
        if row is None:
            raise refuse("not_found", "id")
        who = await contacts_of(case, row)
        if case_id not in await reached(READ_REPORTER, [case_id]):
            return Reporter(mask_name(who.name), mask_phone(who.phone), mask_email(who.email), is_masked=True)
        note_read("city_problems.reporter.read", "case", case_id)
    return who


async def contacts_of(case: CaseRecord, report: CityProblemsReport) -> Reporter:
    """Return who reported, of a resident who was signed in and left nothing what their account says.

    Asks for no permission and records nothing: guard what leads there. Joins the open unit of work.
    """
    name, phone, email = report.reporter_name, report.reporter_phone, report.reporter_email
    if not (name or phone or email) and (author := await _resident(case.author_id)) is not None:
        name, phone, email = author.name, author.phone, author.email
    return Reporter(name, phone, email, is_masked=False)


async def _resident(user_id: uuid.UUID | None) -> UserAccount | None:
    if user_id is None:
        return None
    mine = (UserAccount.id == user_id) & (UserAccount.kind == "resident")
    return await UserAccount.objects().where(mine).first()


async def originals_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Original]:
    """Return what was written in reports that whoever asks may read as staff. The reading is recorded first."""
    mine = await reached(READ, case_ids)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ORIGINALS, unit.tenant_id, [*mine])
    for row in rows:
        note_read("city_problems.original.read", "case", row["case_id"])
    return {row["case_id"]: Original(row["text"], row["address"], row["may_share"]) for row in rows}


async def photos_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[CaseFile]]:
    """Return the public photos of reports, oldest first, by case."""
    return await read_published(CaseFile, case_ids)


async def _reports(sql: str, limits: tuple[Any, ...], *values: Any) -> list[PublicReport]:
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(sql, unit.tenant_id, *limits, KEY, *values)
    return [PublicReport(**dict(row)) for row in rows]
