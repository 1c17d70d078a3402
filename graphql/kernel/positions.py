"""Positions of the staff list, their duties, and the matrix of duties against powers."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.registry import listing, matrix, powers
from leancity.core.processes.registry.checking import CHANGE, READ
from leancity.core.processes.registry.powers import PowerKind
from leancity.core.processes.registry.tables import PositionDuty as DutyRow
from leancity.core.processes.registry.tables import StaffPosition as PositionRow
from leancity.graphql.api import Connection, Context, Payload, connection_by_key, field, mutation
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, unit_of
from leancity.graphql.kernel.powers import Power, power_of


@strawberry.type(description="A position of the staff list.")
class StaffPosition:
    id: uuid.UUID
    key: str
    title: str
    seats: float = strawberry.field(description="How many people it is for.")
    hourly_rate: int | None = strawberry.field(description="Minor units of money.")
    is_active: bool
    unit_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: PositionRow) -> Self:
        return cls(
            id=row.id,
            key=row.key,
            title=row.title,
            seats=row.seats,
            hourly_rate=row.hourly_rate,
            is_active=row.is_active,
            unit_id=row.unit_id,
        )

    @field(permission=READ)
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)


@strawberry.type(description="A duty of a position: a filled cell of the matrix.")
class PositionDuty:
    id: uuid.UUID
    key: str
    title: str
    position_id: strawberry.Private[uuid.UUID]
    power_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: matrix.Duty | DutyRow) -> Self:
        return cls(id=row.id, key=row.key, title=row.title, position_id=row.position_id, power_id=row.power_id)

    @field(permission=READ)
    async def position(self, info: Info[Context, None]) -> StaffPosition | None:
        return await position_of(info, self.position_id)

    @field(permission=READ, description="Null: it serves no power.")
    async def power(self, info: Info[Context, None]) -> Power | None:
        return await power_of(info, self.power_id)


@strawberry.type(description="What the matrix of duties against powers shows.")
class DutyMatrix:
    duties: int
    without_power: list[PositionDuty]
    duplicates: list[list[PositionDuty]] = strawberry.field(
        description="Duties of several positions that serve one power under names alike."
    )
    idle_ids: strawberry.Private[tuple[uuid.UUID, ...]]

    @field(permission=READ, description="Powers that no active position of the city has a duty for.")
    async def without_performer(self, info: Info[Context, None]) -> list[Power]:
        found = [await power_of(info, id_) for id_ in self.idle_ids]
        return [power for power in found if power is not None]


async def position_of(info: Info[Context, None], position_id: uuid.UUID | None) -> StaffPosition | None:
    """Return a position by id. Guard what leads here."""
    if position_id is None:
        return None
    row = await found_by_id(info, "staff_position", listing.positions_by_id, position_id)
    return None if row is None else StaffPosition.of(row)


@strawberry.input(description="Which duties; a field left out asks for nothing.")
class DutyFilterInput:
    unit_id: uuid.UUID | None = strawberry.field(default=None, description="With all units below it.")
    power_kind: PowerKind | None = None
    power_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    text: str = strawberry.field(default="", description="A part of the title.")
    without_power: bool = False

    def wanted(self) -> matrix.MatrixFilter:
        kind = None if self.power_kind is None else self.power_kind.value
        return matrix.MatrixFilter(**{**vars(self), "power_kind": kind})


@strawberry.type
class PositionQuery:
    @field(permission=READ, description="By key; text is a part of the title.")
    async def positions(
        self, unit_id: uuid.UUID | None = None, text: str = "", first: int | None = None, after: str | None = None
    ) -> Connection[StaffPosition]:
        return await connection_by_key(
            "core.positions",
            first=first,
            after=after,
            fetch=partial(listing.list_positions, unit_id, text),
            count=partial(listing.count_positions, unit_id, text),
            node=StaffPosition.of,
        )

    @field(permission=READ, description="By key.")
    async def position_duties(
        self, filter: DutyFilterInput | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[PositionDuty]:
        wanted = (filter or DutyFilterInput()).wanted()

        return await connection_by_key(
            "core.position_duties",
            first=first,
            after=after,
            fetch=partial(matrix.list_duties, wanted),
            count=partial(matrix.count_duties, wanted),
            node=PositionDuty.of,
        )

    @field(permission=READ, description="Gaps and duplicates among the duties asked for.")
    async def duty_matrix(self, filter: DutyFilterInput | None = None) -> DutyMatrix:
        found = await matrix.matrix((filter or DutyFilterInput()).wanted())
        return DutyMatrix(
            duties=found.duties,
            without_power=[PositionDuty.of(duty) for duty in found.without_power],
            duplicates=[[PositionDuty.of(duty) for duty in group] for group in found.duplicates],
            idle_ids=found.idle,
        )


@strawberry.input(description="All that is told of a position.")
class PositionInput:
    key: str
    title: str
    unit_id: uuid.UUID
    seats: float = 1.0
    hourly_rate: int | None = None
    is_active: bool = True


@strawberry.input(description="All that is told of a duty.")
class DutyInput:
    key: str
    title: str
    position_id: uuid.UUID
    power_id: uuid.UUID | None = None


@strawberry.type
class PositionPayload(Payload):
    position: StaffPosition | None = None


@strawberry.type
class DutyPayload(Payload):
    duty: PositionDuty | None = None


@strawberry.type
class PositionMutation:
    @mutation(permission=CHANGE, description="Adds a position or changes the one with this key.")
    async def position_save(self, input: PositionInput) -> PositionPayload:
        row = await powers.save_position(powers.PositionCard(**vars(input)))
        return PositionPayload(position=StaffPosition.of(row))

    @mutation(permission=CHANGE, description="Adds a duty or changes the one with this key.")
    async def duty_save(self, input: DutyInput) -> DutyPayload:
        return DutyPayload(duty=PositionDuty.of(await powers.save_duty(powers.DutyCard(**vars(input)))))

    @mutation(permission=CHANGE)
    async def duty_remove(self, id: uuid.UUID) -> DutyPayload:
        await powers.remove_duty(id)
        return DutyPayload()
