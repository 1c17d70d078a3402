"""What the module's part of the GraphQL schema speaks of: a report and its parts."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.geo.cells import name_of
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.graphql.api import Context, GeoPoint, Payload, field, loader
from leancity.modules.city_problems import reading, service
from leancity.modules.city_problems.kinds import REPORT
from leancity.modules.city_problems.reading import Cluster, PublicReport, Reporter
from leancity.modules.city_problems.tables import CityProblemsCategory

PUBLIC = "what the city does about its streets is everybody's business; nothing personal is in it"


@strawberry.type(description="A kind of problem.")
class CityProblemsCategoryType:
    id: uuid.UUID
    key: str
    title: str = strawberry.field(description="In the reader's language.")

    @classmethod
    def of(cls, row: CityProblemsCategory) -> Self:
        return cls(id=row.id, key=row.key, title=pick(json.loads(row.title), current_principal().locale))


@strawberry.type(description="Who reported. Every reading of what is not masked is recorded.")
class CityProblemsReporter:
    name: str
    phone: str
    email: str
    is_masked: bool = strawberry.field(description="The viewer may see the case but not who reported it.")

    @classmethod
    def of(cls, row: Reporter) -> Self:
        return cls(name=row.name, phone=row.phone, email=row.email, is_masked=row.is_masked)


@strawberry.type(description="A public photo of a report.")
class CityProblemsPhoto:
    url: str
    role: str = strawberry.field(description="attachment: of the problem, proof: of the repair.")

    @classmethod
    def of(cls, row: CaseFile) -> Self:
        return cls(url=f"/files/{row.file_id}", role=row.role)


@strawberry.type(description="A report of a resident.")
class CityProblemsReport:
    id: uuid.UUID
    number: str
    title: str
    text: str
    address: str
    status: str
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    version: int
    point: GeoPoint | None
    category_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: PublicReport) -> Self:
        return cls(
            id=row.id,
            number=row.number,
            title=row.title,
            text=row.text,
            address=row.address,
            status=row.status,
            outcome=row.outcome,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            due_at=row.due_at,
            version=row.version,
            point=None if row.lat is None or row.lon is None else GeoPoint(lat=row.lat, lon=row.lon),
            category_id=row.category_id,
        )

    @field(public=PUBLIC, description="The status in the reader's language.")
    def status_title(self) -> str:
        return pick(REPORT.state(self.status).title, current_principal().locale)

    @field(public=PUBLIC)
    async def category(self, info: Info[Context, None]) -> CityProblemsCategoryType:
        row = await loader(info, "city_problems.category", _categories).load(self.category_id)
        return CityProblemsCategoryType.of(row)

    @field(public=PUBLIC)
    async def photos(self, info: Info[Context, None]) -> list[CityProblemsPhoto]:
        rows = await loader(info, "city_problems.photos", _photos).load(self.id)
        return [CityProblemsPhoto.of(row) for row in rows]

    @field(permission="core.case.read")
    async def reporter(self) -> CityProblemsReporter:
        return CityProblemsReporter.of(await reading.reporter_of(self.id))


@strawberry.type(description="A hexagon of the map (H3) and how many reports lie in it.")
class CityProblemsCluster:
    cell: str = strawberry.field(description="The H3 index in hexadecimal.")
    reports: int
    centre: GeoPoint

    @classmethod
    def of(cls, row: Cluster) -> Self:
        return cls(cell=name_of(row.cell), reports=row.reports, centre=GeoPoint(lat=row.lat, lon=row.lon))


@strawberry.input(description="A photo that was uploaded to /files, with the claim that came back.")
class CityProblemsPhotoInput:
    id: uuid.UUID
    claim: str

    def photo(self) -> service.Photo:
        return service.Photo(id=self.id, claim=self.claim)


@strawberry.type
class CityProblemsReportPayload(Payload):
    case_id: strawberry.Private[uuid.UUID | None] = None

    @classmethod
    def of(cls, case: CaseRecord) -> Self:
        return cls(case_id=case.id)

    @field(public=PUBLIC)
    async def report(self) -> CityProblemsReport | None:
        if self.case_id is None:
            return None
        rows = await reading.reports_by_id([self.case_id])
        return CityProblemsReport.of(rows[0]) if rows else None


async def _categories(ids: list[uuid.UUID]) -> list[CityProblemsCategory | BaseException]:
    rows = {row.id: row for row in await reading.categories_by_id(ids)}
    return [rows.get(each) or LookupError(str(each)) for each in ids]


async def _photos(ids: list[uuid.UUID]) -> list[list[CaseFile]]:
    found = await reading.photos_of(ids)
    return [found.get(each, []) for each in ids]
