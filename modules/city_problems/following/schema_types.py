"""What the schema says of following a report, of watched places and of the answer of who reported."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry

from leancity.core.cases.followers import is_followed
from leancity.graphql.api import GeoPoint, Payload
from leancity.modules.city_problems import tables
from leancity.modules.city_problems.following import answering


@strawberry.type(
    description="What who reported says of the closing. Only they see more than whether they confirmed it."
)
class CityProblemsConfirmation:
    is_confirmed: bool = strawberry.field(description="They say that it is fixed.")
    until: datetime | None = strawberry.field(description="Until when they may answer.")
    mark: int | None = strawberry.field(description="From 1 to 5, where they gave one.")
    can_confirm: bool
    can_contest: bool

    @classmethod
    def of(cls, found: answering.Confirmation) -> Self:
        return cls(**vars(found))


@strawberry.type(description="What who reported said of a closing, for the staff.")
class CityProblemsMark:
    at: datetime
    mark: int | None = strawberry.field(description="From 1 to 5.")
    comment: str
    is_contested: bool = strawberry.field(description="They said that it is not done.")

    @classmethod
    def of(cls, row: tables.CityProblemsMark) -> Self:
        return cls(at=row.at, mark=row.mark, comment=row.comment, is_contested=row.is_contested)


@strawberry.type(description="A place that the viewer wants to hear of.")
class CityProblemsWatch:
    id: uuid.UUID
    title: str
    point: GeoPoint
    radius: int = strawberry.field(description="Metres.")
    category_id: uuid.UUID | None = strawberry.field(description="Null: of every category.")
    at: datetime

    @classmethod
    def of(cls, row: tables.CityProblemsWatch) -> Self:
        return cls(
            id=row.id,
            title=row.title,
            point=GeoPoint(lat=row.lat, lon=row.lon),
            radius=row.radius,
            category_id=row.category_id,
            at=row.at,
        )


@strawberry.type
class CityProblemsWatchPayload(Payload):
    watch: CityProblemsWatch | None = None


@strawberry.type(description="It was done, where there are no errors.")
class CityProblemsDonePayload(Payload):
    pass


async def followed(ids: list[uuid.UUID]) -> list[bool]:
    """Load of reports whether the viewer follows them."""
    mine = await is_followed(ids)
    return [each in mine for each in ids]


async def confirmations(ids: list[uuid.UUID]) -> list[CityProblemsConfirmation | None]:
    """Load what there is to say of the closing of reports; None for open ones."""
    found = await answering.confirmations_of(ids)
    return [CityProblemsConfirmation.of(found[each]) if each in found else None for each in ids]


async def marks(ids: list[uuid.UUID]) -> list[list[CityProblemsMark]]:
    """Load what was said of the closings of reports."""
    found = await answering.marks_of(ids)
    return [[CityProblemsMark.of(row) for row in found[each]] for each in ids]
