"""The module's part of the GraphQL schema: statistics."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.graphql.api import Context, field, loader
from leancity.modules.city_problems.schema_types import PUBLIC, CityProblemsCategoryType, categories_of
from leancity.modules.city_problems.statistics import figures


@strawberry.type(description="Reports filed, closed and answered in the period; open and overdue ones as they are now.")
class CityProblemsFigures:
    reported: int
    open_now: int
    overdue_now: int = strawberry.field(description="Of those open: a promise has run out.")
    closed: int
    fixed: int
    not_fixed: int
    not_ours: int
    forwarded: int
    duplicates: int
    timed: int = strawberry.field(description="Closed ones, no duplicates, that something was promised of.")
    is_too_few: bool = strawberry.field(description="Fewer than five are timed: their times are not told.")
    kept_share: float | None = strawberry.field(description="Of those timed, 0 to 1: closed within what was promised.")
    work_hours_median: float | None = strawberry.field(description="Null also where days of the calendar are promised.")
    work_hours_p90: float | None = strawberry.field(description="Nine of ten take no longer.")
    days_median: float | None = strawberry.field(description="Days of 24 hours, day and night.")
    days_p90: float | None
    contested: int = strawberry.field(description="Closings of which who reported said that it is not done.")
    contested_share: float | None = strawberry.field(description="Of all closings, 0 to 1.")
    marks: int
    mean_mark: float | None = strawberry.field(description="1 to 5; null where fewer than five gave one.")
    supporters: int = strawberry.field(description="People who said «me too» of the reports filed in the period.")

    @classmethod
    def of(cls, row: figures.Figures, **more: Any) -> Self:
        told = {name: value for name, value in vars(row).items() if name != "category_id"}
        return cls(**told, **more)


@strawberry.type(description="The same of one category.")
class CityProblemsCategoryFigures(CityProblemsFigures):
    category_id: strawberry.Private[uuid.UUID]

    @field(public=PUBLIC)
    async def category(self, info: Info[Context, None]) -> CityProblemsCategoryType:
        row = await loader(info, "city_problems.category", categories_of).load(self.category_id)
        return CityProblemsCategoryType.of(row)


@strawberry.type(description="What the reports of a period add up to, without a person in it.")
class CityProblemsStatistics:
    since: date
    until: date
    total: CityProblemsFigures
    categories: list[CityProblemsCategoryFigures] = strawberry.field(description="Those that have anything to tell.")

    @classmethod
    def of(cls, found: figures.Statistics) -> Self:
        return cls(
            since=found.since,
            until=found.until,
            total=CityProblemsFigures.of(found.total),
            categories=[CityProblemsCategoryFigures.of(row, category_id=row.category_id) for row in found.categories],
        )


@strawberry.type
class StatisticsQuery:
    @field(public=PUBLIC, description="Of the city's days from since to until, both included; 366 at most.")
    async def statistics(self, since: date, until: date) -> CityProblemsStatistics:
        return CityProblemsStatistics.of(await figures.statistics(since, until))
