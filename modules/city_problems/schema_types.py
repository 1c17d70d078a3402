"""What the module's part of the GraphQL schema speaks of: a report and its parts."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.errors import refuse
from leancity.core.geo.cells import name_of
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.graphql.api import Context, GeoPoint, Payload, field, loader
from leancity.modules.city_problems import reading, service
from leancity.modules.city_problems.categories import details_of
from leancity.modules.city_problems.duplicates import schema_types as duplicates
from leancity.modules.city_problems.following import schema_types as following
from leancity.modules.city_problems.forwarding import schema_types as forwarding
from leancity.modules.city_problems.kinds import REPORT
from leancity.modules.city_problems.on_map import Cluster, Point
from leancity.modules.city_problems.permissions import DISPATCH
from leancity.modules.city_problems.questions.asked import questions_of
from leancity.modules.city_problems.questions.schema_types import (
    CityProblemsAnswerType,
    CityProblemsQuestion,
    answers,
)
from leancity.modules.city_problems.reading import Original, PublicReport, Reporter
from leancity.modules.city_problems.routing import schema_types as routing
from leancity.modules.city_problems.tables import CityProblemsCategory

PUBLIC = "what the city does about its streets is everybody's business; nothing personal is in it"


@strawberry.type(description="A kind of problem.")
class CityProblemsCategoryType:
    id: uuid.UUID
    key: str
    title: str = strawberry.field(description="In the reader's language, as the texts below.")
    description: str
    group: str = strawberry.field(description="Under which it stands in a list; empty for none.")
    keywords: list[str]
    promised_days: int | None = strawberry.field(
        description="Working days promised for the whole; null where it leaves that to the city's target."
    )
    radius: int | None = strawberry.field(description="Metres within which duplicates are offered; null: the city's.")
    is_private: bool = strawberry.field(description="Its reports are never shown to everybody.")

    @classmethod
    def of(cls, row: CityProblemsCategory) -> Self:
        locale, details = current_principal().locale, details_of(row)
        return cls(
            id=row.id,
            key=row.key,
            title=pick(json.loads(row.title), locale),
            description=pick(details.description, locale),
            group=pick(details.group, locale),
            keywords=[*details.keywords],
            promised_days=details.days or None,
            radius=details.radius or None,
            is_private=details.is_private,
        )

    @field(public=PUBLIC, description="What it asks beyond place, words and photos, in order.")
    def questions(self) -> list[CityProblemsQuestion]:
        return [CityProblemsQuestion.of(question) for question in questions_of(self.key)]


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
    id: uuid.UUID = strawberry.field(description="The file's.")
    url: str
    role: str = strawberry.field(description="attachment: of the problem, proof: of the repair.")

    @classmethod
    def of(cls, row: CaseFile) -> Self:
        return cls(id=row.file_id, url=f"/files/{row.file_id}", role=row.role)


@strawberry.type(description="A report of a resident.")
class CityProblemsReport:
    id: uuid.UUID
    number: str
    title: str
    text: str = strawberry.field(description="As everybody may read it: without private data.")
    address: str = strawberry.field(description="As everybody may read it.")
    is_shown: bool = strawberry.field(description="Everybody sees it; otherwise only who filed it, and staff.")
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
            is_shown=row.is_shown,
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
        row = await loader(info, "city_problems.category", categories_of).load(self.category_id)
        return CityProblemsCategoryType.of(row)

    @field(public=PUBLIC)
    async def photos(self, info: Info[Context, None]) -> list[CityProblemsPhoto]:
        rows = await loader(info, "city_problems.photos", _photos).load(self.id)
        return [CityProblemsPhoto.of(row) for row in rows]

    @field(public="it is the viewer's own", description="The viewer hears what becomes of it.")
    async def is_followed_by_me(self, info: Info[Context, None]) -> bool:
        return await loader(info, "city_problems.followed", following.followed).load(self.id)

    @field(public=PUBLIC, description="What who reported says of the closing; null while it is open.")
    async def confirmation(self, info: Info[Context, None]) -> following.CityProblemsConfirmation | None:
        return await loader(info, "city_problems.confirmations", following.confirmations).load(self.id)

    @field(permission="core.case.read", description="What who reported said of each closing.")
    async def marks(self, info: Info[Context, None]) -> list[following.CityProblemsMark]:
        return await loader(info, "city_problems.marks", following.marks).load(self.id)

    @field(permission=DISPATCH, description="Where it would go, until it is sent; null for who may not send it.")
    async def suggestion(self, info: Info[Context, None]) -> routing.CityProblemsSuggestion | None:
        return await routing.suggestion_of(info, self.id)

    @field(public=PUBLIC, description="How many people said «me too».")
    async def supporters(self, info: Info[Context, None]) -> int:
        return await loader(info, "city_problems.supporters", duplicates.supporters).load(self.id)

    @field(public="it is the viewer's own", description="The viewer said «me too».")
    async def is_supported_by_me(self, info: Info[Context, None]) -> bool:
        return await loader(info, "city_problems.supported", duplicates.supported).load(self.id)

    @field(public=PUBLIC, description="The report that it repeats; null for one that is no duplicate.")
    async def duplicate_of(self, info: Info[Context, None]) -> CityProblemsReport | None:
        rows = await loader(info, "city_problems.originals", duplicates.originals).load(self.id)
        return next((CityProblemsReport.of(row) for row in rows), None)

    @field(public=PUBLIC, description="The reports that repeat it, the newest fifty of them.")
    async def duplicates(self, info: Info[Context, None]) -> list[CityProblemsReport]:
        rows = await loader(info, "city_problems.duplicates", duplicates.duplicates).load(self.id)
        return [CityProblemsReport.of(row) for row in rows]

    @field(public=PUBLIC, description="To the extra questions: the public ones, all of them for who reads the case.")
    async def answers(self, info: Info[Context, None]) -> list[CityProblemsAnswerType]:
        return await loader(info, "city_problems.answers", answers).load(self.id)

    @field(permission="core.case.read", description="As it was written. Every reading is recorded.")
    async def original_text(self, info: Info[Context, None]) -> str:
        return (await loader(info, "city_problems.written", _originals).load(self.id)).text

    @field(permission="core.case.read", description="As it was written. Every reading is recorded.")
    async def original_address(self, info: Info[Context, None]) -> str:
        return (await loader(info, "city_problems.written", _originals).load(self.id)).address

    @field(permission="core.case.read", description="Who reported lets their contacts go to whom it is forwarded to.")
    async def may_share(self, info: Info[Context, None]) -> bool:
        return (await loader(info, "city_problems.written", _originals).load(self.id)).may_share

    @field(public=PUBLIC, description="With which other body it is and what they say of it; null for none.")
    async def forwarded(self, info: Info[Context, None]) -> forwarding.CityProblemsForwarded | None:
        return await loader(info, "city_problems.forwarded", forwarding.forwarded).load(self.id)

    @field(permission="core.case.read", description="Every attempt to forward it, the newest first.")
    async def forwardings(self, info: Info[Context, None]) -> list[forwarding.CityProblemsForwardingType]:
        return await loader(info, "city_problems.forwardings", forwarding.forwardings).load(self.id)

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


@strawberry.type(description="A report as a point of the map.")
class CityProblemsPoint:
    id: uuid.UUID
    status: str
    point: GeoPoint
    category_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: Point) -> Self:
        return cls(id=row.id, status=row.status, point=GeoPoint(lat=row.lat, lon=row.lon), category_id=row.category_id)

    @field(public=PUBLIC)
    async def category(self, info: Info[Context, None]) -> CityProblemsCategoryType:
        row = await loader(info, "city_problems.category", categories_of).load(self.category_id)
        return CityProblemsCategoryType.of(row)


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


async def categories_of(ids: list[uuid.UUID]) -> list[CityProblemsCategory | BaseException]:
    """Load categories by id, retired ones too."""
    rows = {row.id: row for row in await reading.categories_by_id(ids)}
    return [rows.get(each) or LookupError(str(each)) for each in ids]


async def _photos(ids: list[uuid.UUID]) -> list[list[CaseFile]]:
    found = await reading.photos_of(ids)
    return [found.get(each, []) for each in ids]


async def _originals(ids: list[uuid.UUID]) -> list[Original | BaseException]:
    found = await reading.originals_of(ids)
    return [found.get(each) or refuse("not_found", "id") for each in ids]
