"""The module's part of the GraphQL schema: its roots, which call the service. Each part brings its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import strawberry

from leancity.graphql.api import Connection, GeoPointInput, connection, field, mutation
from leancity.modules.city_problems import on_map, publishing, reading, service
from leancity.modules.city_problems.duplicates.schema import DuplicatesMutation, DuplicatesQuery
from leancity.modules.city_problems.following.schema import FollowingMutation, FollowingQuery
from leancity.modules.city_problems.forwarding.schema import ForwardingMutation, ForwardingQuery
from leancity.modules.city_problems.permissions import DISPATCH, MODERATE, TRIAGE, WORK
from leancity.modules.city_problems.polls.schema import PollsMutation, PollsQuery
from leancity.modules.city_problems.questions.schema_types import CityProblemsAnswerInput, by_question
from leancity.modules.city_problems.reading import Filter, PublicReport
from leancity.modules.city_problems.routing.correcting import Place
from leancity.modules.city_problems.routing.schema import RoutingMutation, RoutingQuery
from leancity.modules.city_problems.schema_types import (
    PUBLIC,
    CityProblemsCategoryType,
    CityProblemsCluster,
    CityProblemsPhotoInput,
    CityProblemsPoint,
    CityProblemsReport,
    CityProblemsReportPayload,
)
from leancity.modules.city_problems.statistics.schema import StatisticsQuery


@strawberry.type(description="Reports of problems in the city.")
class CityProblemsQuery(DuplicatesQuery, FollowingQuery, ForwardingQuery, PollsQuery, RoutingQuery, StatisticsQuery):
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
        status: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
    ) -> Connection[CityProblemsReport]:
        wanted = Filter(open_only=open_only, category_id=category_id, status=status, outcome=outcome, since=since)

        async def fetch(limit: int, keyset: tuple[datetime, uuid.UUID] | None) -> Sequence[PublicReport]:
            return await reading.list_reports(wanted, after=keyset, limit=limit)

        async def count() -> int:
            return await reading.count_reports(wanted)

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
        frame = on_map.Frame(south=south_west.lat, west=south_west.lon, north=north_east.lat, east=north_east.lon)
        rows = await on_map.clusters(frame, resolution, open_only=open_only, category_id=category_id)
        return [CityProblemsCluster.of(row) for row in rows]

    @field(public=PUBLIC, description="Reports in a frame as points, the newest first: at most ``first``, up to 500.")
    async def points(
        self,
        south_west: GeoPointInput,
        north_east: GeoPointInput,
        open_only: bool = True,
        category_id: uuid.UUID | None = None,
        first: int = 100,
    ) -> list[CityProblemsPoint]:
        frame = on_map.Frame(south=south_west.lat, west=south_west.lon, north=north_east.lat, east=north_east.lon)
        rows = await on_map.points(frame, open_only=open_only, category_id=category_id, first=first)
        return [CityProblemsPoint.of(row) for row in rows]


@strawberry.input
class CityProblemsReportInput:
    point: GeoPointInput | None = strawberry.field(default=None, description="This, an address, or both.")
    category: str
    text: str
    address: str = ""
    answers: list[CityProblemsAnswerInput] = strawberry.field(
        default_factory=list, description="To the questions of the category."
    )
    may_share: bool = strawberry.field(
        default=False, description="Name and contacts may go to whom the report is forwarded to."
    )
    photos: list[CityProblemsPhotoInput] = strawberry.field(default_factory=list)
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_email: str = ""


@strawberry.type
class CityProblemsMutation(DuplicatesMutation, FollowingMutation, ForwardingMutation, PollsMutation, RoutingMutation):
    @mutation(public="residents report without an account")
    async def city_problems_report(self, input: CityProblemsReportInput) -> CityProblemsReportPayload:
        new = service.NewReport(
            lat=input.point.lat if input.point else None,
            lon=input.point.lon if input.point else None,
            category=input.category,
            text=input.text,
            address=input.address,
            answers=by_question(input.answers),
            may_share=input.may_share,
            photos=[photo.photo() for photo in input.photos],
            reporter_name=input.reporter_name,
            reporter_phone=input.reporter_phone,
            reporter_email=input.reporter_email,
        )
        return CityProblemsReportPayload.of(await service.report(new))

    @mutation(permission=MODERATE, description="Change what everybody sees of a report; null leaves it as it is.")
    async def city_problems_moderate(
        self,
        id: uuid.UUID,
        text: str | None = None,
        address: str | None = None,
        is_shown: bool | None = None,
        expected_version: int | None = None,
    ) -> CityProblemsReportPayload:
        case = await publishing.moderate(
            id, text=text, address=address, is_shown=is_shown, expected_version=expected_version
        )
        return CityProblemsReportPayload.of(case)

    @mutation(permission=MODERATE, description="Show one photo of a report to everybody, or to staff only.")
    async def city_problems_photo_visibility(
        self, id: uuid.UUID, file_id: uuid.UUID, is_public: bool
    ) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await publishing.show_photo(id, file_id, is_public=is_public))

    @mutation(permission=TRIAGE, description="Take a report in, correcting category and place where they are given.")
    async def city_problems_sort(
        self,
        id: uuid.UUID,
        category: str | None = None,
        point: GeoPointInput | None = None,
        address: str | None = None,
        expected_version: int | None = None,
    ) -> CityProblemsReportPayload:
        place = Place(point=None if point is None else (point.lat, point.lon), address=address)
        case = await service.sort(id, category, place=place, expected_version=expected_version)
        return CityProblemsReportPayload.of(case)

    @mutation(permission=TRIAGE, description="Close a report that is not ours, or a duplicate and of which.")
    async def city_problems_refuse(
        self, id: uuid.UUID, outcome: str, note: str, duplicate_of: uuid.UUID | None = None
    ) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await service.refuse_report(id, outcome, note, duplicate_of))

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
