"""The module's part of the GraphQL schema: types and resolvers that call the service."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.geo.cells import name_of
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.graphql.api import (
    Connection,
    Context,
    GeoPoint,
    GeoPointInput,
    Payload,
    connection,
    field,
    loader,
    mutation,
)
from leancity.modules.city_problems import reading, service
from leancity.modules.city_problems.kinds import REPORT
from leancity.modules.city_problems.permissions import DISPATCH, TRIAGE, WORK
from leancity.modules.city_problems.reading import Cluster, Frame, PublicReport, Reporter
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


@strawberry.type(description="Reports of problems in the city.")
class CityProblemsQuery:
    @field(public=PUBLIC)
    async def categories(self) -> list[CityProblemsCategoryType]:
        return [CityProblemsCategoryType.of(row) for row in await reading.categories()]

    @field(public=PUBLIC, description="Reports, newest first.")
    async def reports(
        self,
        first: int | None = None,
        after: str | None = None,
        open_only: bool = False,
        category_id: uuid.UUID | None = None,
    ) -> Connection[CityProblemsReport]:
        async def fetch(limit: int, keyset: tuple[datetime, uuid.UUID] | None) -> Sequence[PublicReport]:
            return await reading.list_reports(open_only=open_only, category_id=category_id, after=keyset, limit=limit)

        async def count() -> int:
            return await reading.count_reports(open_only=open_only, category_id=category_id)

        return await connection(
            "city_problems.reports",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.opened_at, row.id),
            node=CityProblemsReport.of,
        )

    @field(public=PUBLIC)
    async def report(self, id: uuid.UUID) -> CityProblemsReport | None:
        row = await reading.report_of(id)
        return None if row is None else CityProblemsReport.of(row)

    @field(public=PUBLIC, description="Hexagons of an H3 resolution (3 to 12) in a frame, the fullest first.")
    async def clusters(
        self,
        south_west: GeoPointInput,
        north_east: GeoPointInput,
        resolution: int,
        open_only: bool = True,
        category_id: uuid.UUID | None = None,
    ) -> list[CityProblemsCluster]:
        frame = Frame(south=south_west.lat, west=south_west.lon, north=north_east.lat, east=north_east.lon)
        rows = await reading.clusters(frame, resolution, open_only=open_only, category_id=category_id)
        return [CityProblemsCluster.of(row) for row in rows]


@strawberry.input(description="A photo that was uploaded to /files, with the claim that came back.")
class CityProblemsPhotoInput:
    id: uuid.UUID
    claim: str

    def photo(self) -> service.Photo:
        return service.Photo(id=self.id, claim=self.claim)


@strawberry.input
class CityProblemsReportInput:
    point: GeoPointInput
    category: str
    text: str
    address: str = ""
    photos: list[CityProblemsPhotoInput] = strawberry.field(default_factory=list)
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_email: str = ""


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


@strawberry.type
class CityProblemsMutation:
    @mutation(public="residents report without an account")
    async def city_problems_report(self, input: CityProblemsReportInput) -> CityProblemsReportPayload:
        new = service.NewReport(
            lat=input.point.lat,
            lon=input.point.lon,
            category=input.category,
            text=input.text,
            address=input.address,
            photos=[photo.photo() for photo in input.photos],
            reporter_name=input.reporter_name,
            reporter_phone=input.reporter_phone,
            reporter_email=input.reporter_email,
        )
        return CityProblemsReportPayload.of(await service.report(new))

    @mutation(permission=TRIAGE, description="Take a report in, correcting its category where one is given.")
    async def city_problems_sort(
        self, id: uuid.UUID, category: str | None = None, expected_version: int | None = None
    ) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.sort(id, category, expected_version=expected_version))

    @mutation(permission=TRIAGE, description="Close a report that is not ours or a duplicate.")
    async def city_problems_refuse(self, id: uuid.UUID, outcome: str, note: str) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.refuse_report(id, outcome, note))

    @mutation(permission=DISPATCH, description="Offer a report to a unit, the category's own when none is given.")
    async def city_problems_send(
        self, id: uuid.UUID, unit_id: uuid.UUID | None = None, note: str = ""
    ) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.send(id, unit_id, note))

    @mutation(permission=WORK, description="Accept a report offered to one's unit and begin work.")
    async def city_problems_take(self, id: uuid.UUID) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.take(id))

    @mutation(permission=WORK, description="Return a report offered to one's unit.")
    async def city_problems_send_back(self, id: uuid.UUID, reason: str) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.send_back(id, reason))

    @mutation(permission=WORK, description="Close a report in work, with photos that show what was done.")
    async def city_problems_close(
        self,
        id: uuid.UUID,
        outcome: str,
        note: str = "",
        proofs: list[CityProblemsPhotoInput] | None = None,
    ) -> CityProblemsReportPayload:
        photos = [proof.photo() for proof in proofs or []]
        return CityProblemsReportPayload.of(await service.close(id, outcome, note, photos))

    @mutation(permission=TRIAGE, description="Sort a closed report anew.")
    async def city_problems_reopen(self, id: uuid.UUID, note: str) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.reopen(id, note))


async def _categories(ids: list[uuid.UUID]) -> list[CityProblemsCategory | BaseException]:
    rows = {row.id: row for row in await reading.categories_by_id(ids)}
    return [rows.get(each) or LookupError(str(each)) for each in ids]


async def _photos(ids: list[uuid.UUID]) -> list[list[CaseFile]]:
    found = await reading.photos_of(ids)
    return [found.get(each, []) for each in ids]
