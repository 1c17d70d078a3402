"""Reading reports: the public list and map without personal data, the reporter for who may see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.audit.log import note_read
from leancity.core.cases.reach import EVERYBODY, READ, WITHIN, bounds, reached
from leancity.core.cases.reads import read_published
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseFile
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.geo.cells import FINEST, PARENT_SQL, centre_of
from leancity.core.identity.masking import mask_email, mask_name, mask_phone
from leancity.core.settings.service import settings_of
from leancity.modules.city_problems.kinds import KEY, MODULE
from leancity.modules.city_problems.permissions import READ_REPORTER
from leancity.modules.city_problems.settings import CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

COARSEST = 3
MOST_CLUSTERS = 2000

# $1 city, $2 to $8 how far whoever asks may see, $9 kind, $10 open only, $11 category id, then the keyset or the frame.
_FROM = """
from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and c.tenant_id = $1 and c.kind = $9
  and (not $10 or c.closed_at is null) and ($11::uuid is null or r.category_id = $11) and {within}
""".replace("{within}", WITHIN.replace("case_record.", "c."))
_LIST = (
    "select c.id, c.number, c.title, r.public_text as text, c.status, c.outcome, c.opened_at, c.closed_at, c.due_at,"
    " c.version, r.category_id, r.lat, r.lon, r.public_address as address" + _FROM
)
_PAGE = (
    _LIST + " and ($12::timestamptz is null or (c.opened_at, c.id) < ($12, $13::uuid))"
    " order by c.opened_at desc, c.id desc limit $14"
)
_ONE = _LIST + " and c.id = any($12)"
_COUNT = "select count(*)" + _FROM
_CLUSTERS = (
    "select "
    + PARENT_SQL.format(cell="r.cell", resolution="$12::int")
    + " as cell, count(*) as reports"
    + _FROM
    + " and r.cell is not null and r.lat between $13 and $14 and r.lon between $15 and $16"
    " group by 1 order by 2 desc, 1 limit $17"
)


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


@dataclass(frozen=True)
class Reporter:
    """Who reported; texts are "" where they left none."""

    name: str
    phone: str
    email: str
    is_masked: bool


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A hexagon of the map and how many reports lie in it."""

    cell: int
    reports: int
    lat: float
    lon: float


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The part of the map that is looked at, in degrees of WGS 84."""

    south: float
    west: float
    north: float
    east: float


async def list_reports(
    *, open_only: bool, category_id: uuid.UUID | None, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[PublicReport]:
    """Return reports, newest first, that follow the keyset ``after``."""
    moment, case_id = after or (None, None)
    return await _reports(_PAGE, await _audience(), open_only, category_id, moment, case_id, limit)


async def report_of(case_id: uuid.UUID) -> PublicReport | None:
    """Return one report to who may see the list."""
    return next(iter(await _reports(_ONE, await _audience(), False, None, [case_id])), None)


async def reports_by_id(ids: Sequence[uuid.UUID]) -> list[PublicReport]:
    """Return the reports among ``ids``, as far as everybody may see them. Asks nothing: guard what leads there."""
    return await _reports(_ONE, EVERYBODY, False, None, list(ids))


async def count_reports(*, open_only: bool, category_id: uuid.UUID | None) -> int:
    """Return how many reports the list holds."""
    limits = await _audience()
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *limits, KEY, open_only, category_id))


async def clusters(frame: Frame, resolution: int, *, open_only: bool, category_id: uuid.UUID | None) -> list[Cluster]:
    """Return the hexagons of an H3 ``resolution`` (3 to 12) in the frame that hold reports, the fullest first."""
    if not COARSEST <= resolution <= FINEST:
        raise refuse("city_problems.resolution_invalid", "resolution", low=COARSEST, high=FINEST)
    limits = await _audience()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _CLUSTERS,
            unit.tenant_id,
            *limits,
            KEY,
            open_only,
            category_id,
            resolution,
            frame.south,
            frame.north,
            frame.west,
            frame.east,
            MOST_CLUSTERS,
        )
    found = []
    for row in rows:
        lat, lon = centre_of(row["cell"])
        found.append(Cluster(cell=row["cell"], reports=row["reports"], lat=lat, lon=lon))
    return found


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
        await find_case(case_id, permission=READ, field="id")
        row = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
        if row is None:
            raise refuse("not_found", "id")
        name, phone, email = row.reporter_name, row.reporter_phone, row.reporter_email
        if case_id not in await reached(READ_REPORTER, [case_id]):
            return Reporter(mask_name(name), mask_phone(phone), mask_email(email), is_masked=True)
        note_read("city_problems.reporter.read", "case", case_id)
    return Reporter(name, phone, email, is_masked=False)


async def photos_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[CaseFile]]:
    """Return the public photos of reports, oldest first, by case."""
    return await read_published(CaseFile, case_ids)


async def _audience() -> tuple[Any, ...]:
    """Return how far whoever asks may see the list and the map: staff only where the city keeps them to itself."""
    if (await settings_of(MODULE, CityProblemsSettings)).is_list_public:
        return EVERYBODY
    return bounds(READ)


async def _reports(sql: str, limits: tuple[Any, ...], *values: Any) -> list[PublicReport]:
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(sql, unit.tenant_id, *limits, KEY, *values)
    return [PublicReport(**dict(row)) for row in rows]
