"""The module's part of the GraphQL schema: duplicates."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.graphql.api import Context, GeoPointInput, field, loader, mutation
from leancity.modules.city_problems import reading
from leancity.modules.city_problems.duplicates import joining
from leancity.modules.city_problems.duplicates.nearby import Near, Place, nearby
from leancity.modules.city_problems.schema_types import PUBLIC, CityProblemsReport, CityProblemsReportPayload

OWN = "a person says «me too» for themselves; who is not signed in is told to sign in"


@strawberry.type(description="A report that may tell of the same problem.")
class CityProblemsNear:
    report_id: strawberry.Private[uuid.UUID]
    distance: float = strawberry.field(description="Metres to it, or to the nearest report marked as its duplicate.")
    likeness: float = strawberry.field(description="0 to 1: how many of the words both have.")
    reason: str = strawberry.field(
        description="words: near, and told alike; repaired: near, and closed as fixed lately; place: near."
    )

    @classmethod
    def of(cls, row: Near) -> Self:
        return cls(report_id=row.id, distance=round(row.metres, 1), likeness=row.likeness, reason=row.reason)

    @field(public=PUBLIC)
    async def report(self, info: Info[Context, None]) -> CityProblemsReport:
        return await loader(info, "city_problems.near", _reports).load(self.report_id)


@strawberry.type
class DuplicatesQuery:
    @field(public=PUBLIC, description="At most five reports to show before a new one is sent, the likeliest first.")
    async def nearby(self, point: GeoPointInput, category: str, text: str = "") -> list[CityProblemsNear]:
        rows = await nearby(Place(lat=point.lat, lon=point.lon), category, text)
        return [CityProblemsNear.of(row) for row in rows]


@strawberry.type
class DuplicatesMutation:
    @mutation(public=OWN, description="Say «me too» of an open report, and follow it. Twice is once.")
    async def city_problems_join(self, id: uuid.UUID) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await joining.join(id))

    @mutation(public=OWN, description="Take «me too» back, and follow the report no longer.")
    async def city_problems_leave(self, id: uuid.UUID) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await joining.leave(id))


async def _reports(ids: list[uuid.UUID]) -> list[CityProblemsReport | BaseException]:
    rows = {row.id: CityProblemsReport.of(row) for row in await reading.reports_by_id(ids)}
    return [rows.get(each) or LookupError(str(each)) for each in ids]
