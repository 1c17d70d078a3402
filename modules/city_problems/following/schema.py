"""The module's part of the GraphQL schema: followers, watched places, and the answer of who reported."""

from __future__ import annotations

import uuid

import strawberry

from leancity.graphql.api import GeoPointInput, field, mutation
from leancity.modules.city_problems.following import answering, follows, watches
from leancity.modules.city_problems.following.schema_types import (
    CityProblemsDonePayload,
    CityProblemsWatch,
    CityProblemsWatchPayload,
)
from leancity.modules.city_problems.schema_types import CityProblemsPhotoInput, CityProblemsReportPayload

OWN = "it is the viewer's own: the service looks for nothing else"
FILED = "only who filed the report may answer: the service asks that"


@strawberry.type
class FollowingQuery:
    @field(public=OWN, description="The places that the viewer watches, the newest first.")
    async def my_watches(self) -> list[CityProblemsWatch]:
        return [CityProblemsWatch.of(row) for row in await watches.my_watches()]


@strawberry.input(description="A place to hear of.")
class CityProblemsWatchInput:
    title: str
    point: GeoPointInput
    radius: int = strawberry.field(description="Metres, from 50 to 5000.")
    category_id: uuid.UUID | None = strawberry.field(default=None, description="Null: of every category.")


@strawberry.type
class FollowingMutation:
    @mutation(public=OWN, description="Hear what becomes of a report that everybody sees. Needs an account.")
    async def city_problems_follow(self, id: uuid.UUID) -> CityProblemsReportPayload:
        await follows.follow(id)
        return CityProblemsReportPayload(case_id=id)

    @mutation(public=OWN)
    async def city_problems_unfollow(self, id: uuid.UUID) -> CityProblemsDonePayload:
        await follows.unfollow(id)  # whether or not the report may still be seen, so it is not answered with
        return CityProblemsDonePayload()

    @mutation(public=OWN, description="Follow every new report around a point. Needs an account; 20 places at most.")
    async def city_problems_watch(self, input: CityProblemsWatchInput) -> CityProblemsWatchPayload:
        new = watches.NewWatch(
            title=input.title,
            lat=input.point.lat,
            lon=input.point.lon,
            radius=input.radius,
            category_id=input.category_id,
        )
        return CityProblemsWatchPayload(watch=CityProblemsWatch.of(await watches.watch(new)))

    @mutation(public=OWN)
    async def city_problems_unwatch(self, id: uuid.UUID) -> CityProblemsDonePayload:
        await watches.unwatch(id)
        return CityProblemsDonePayload()

    @mutation(
        public=FILED, description="Say that one's report was fixed, with a mark from 1 to 5 and words for the city."
    )
    async def city_problems_confirm(
        self, id: uuid.UUID, mark: int | None = None, comment: str = ""
    ) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await answering.confirm(id, mark, comment))

    @mutation(
        public=FILED, description="Say that one's report is not done: it is taken up anew. The photos are public."
    )
    async def city_problems_contest(
        self,
        id: uuid.UUID,
        note: str,
        photos: list[CityProblemsPhotoInput] | None = None,
        mark: int | None = None,
    ) -> CityProblemsReportPayload:
        given = [photo.photo() for photo in photos or []]
        return CityProblemsReportPayload.of(await answering.contest(id, note, given, mark))
