"""Functions of the municipality: looked for, entered, described, moved along their stages."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from functools import partial
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.registry import functions, listing, operations, stages, systems, tree
from leancity.core.processes.registry.checking import CHANGE, READ
from leancity.core.processes.registry.operations import replace_operations
from leancity.core.processes.registry.powers import PowerKind
from leancity.core.processes.registry.stages import Stage
from leancity.core.processes.registry.tables import CityFunction as FunctionRow
from leancity.core.processes.registry.tables import FunctionOperation as OperationRow
from leancity.graphql.api import Connection, Context, Payload, connection_by_key, field, mutation
from leancity.graphql.kernel.it_systems import ItSystemUse
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of
from leancity.graphql.kernel.positions import StaffPosition, position_of
from leancity.graphql.kernel.powers import Fits, Power, power_of

strawberry.enum(Stage, name="FunctionStage")


@strawberry.type(description="An operation of a function. Minutes of one launch.")
class FunctionOperation:
    id: uuid.UUID
    place: int
    title: str
    minutes: float
    waiting_minutes: float | None
    movement_minutes: float | None
    value_class: str = strawberry.field(description="va, bnva (required by law), nva; empty where nobody has judged.")
    node_id: str = strawberry.field(description="Its node in the function's drawing.")
    position_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: OperationRow) -> Self:
        return cls(
            id=row.id,
            place=row.place,
            title=row.title,
            minutes=row.minutes,
            waiting_minutes=row.waiting_minutes,
            movement_minutes=row.movement_minutes,
            value_class=row.value_class,
            node_id=row.node_id,
            position_id=row.position_id,
        )

    @field(permission=READ)
    async def position(self, info: Info[Context, None]) -> StaffPosition | None:
        return await position_of(info, self.position_id)


@strawberry.type(description="A function of the municipality, as entered.")
class CityFunction:
    id: uuid.UUID
    key: str
    title: str
    description: str
    stage: Stage
    planned_for: date | None
    review_on: date | None
    lead_days: float | None = strawberry.field(description="In days of dayHours.")
    day_hours: float
    launches: float | None = strawberry.field(description="A month.")
    error_share: float | None = strawberry.field(description="0 to 1.")
    hourly_rate: int | None = strawberry.field(description="Minor units of money; null takes the positions'.")
    fits: Fits
    created_at: datetime
    changed_at: datetime
    version: int
    unit_id: strawberry.Private[uuid.UUID | None]
    position_id: strawberry.Private[uuid.UUID | None]
    owner_id: strawberry.Private[uuid.UUID | None]
    power_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: FunctionRow) -> Self:
        return cls(
            id=row.id,
            key=row.key,
            title=row.title,
            description=row.description,
            stage=Stage(row.stage),
            planned_for=row.planned_for,
            review_on=row.review_on,
            lead_days=row.lead_days,
            day_hours=row.day_hours,
            launches=row.launches,
            error_share=row.error_share,
            hourly_rate=row.hourly_rate,
            fits=Fits.of(row),
            created_at=row.created_at,
            changed_at=row.changed_at,
            version=row.version,
            unit_id=row.unit_id,
            position_id=row.position_id,
            owner_id=row.owner_id,
            power_id=row.power_id,
        )

    @field(permission=READ)
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)

    @field(permission=READ)
    async def position(self, info: Info[Context, None]) -> StaffPosition | None:
        return await position_of(info, self.position_id)

    @field(permission=READ)
    async def owner(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.owner_id)

    @field(permission=READ)
    async def power(self, info: Info[Context, None]) -> Power | None:
        return await power_of(info, self.power_id)

    @field(permission=READ, description="In their order.")
    async def operations(self, info: Info[Context, None]) -> list[FunctionOperation]:
        rows = await found_by_id(info, "function_operations", listing.operations_of, self.id)
        return [FunctionOperation.of(row) for row in rows or []]

    @field(permission=READ, description="The IT systems that it uses.")
    async def systems(self, info: Info[Context, None]) -> list[ItSystemUse]:
        rows = await found_by_id(info, "function_systems", listing.uses_of, self.id)
        return [ItSystemUse(purpose=row.purpose, system_id=row.system_id) for row in rows or []]


@strawberry.type(description="How many functions stand at a stage.")
class FunctionStageCount:
    stage: Stage
    functions: int


@strawberry.type(description="A unit in the tree of functions, with all below it.")
class FunctionBranch:
    unit_id: uuid.UUID
    title: str
    has_units: bool = strawberry.field(description="There are units below it: ask for them by its id.")
    functions: int = strawberry.field(description="Of the unit and of all below it.")
    own_functions: int
    stages: list[FunctionStageCount]


@strawberry.type(description="A stage of the city's plan.")
class FunctionPlanLine:
    stage: Stage
    functions: int
    reached: int = strawberry.field(description="At this stage or beyond.")
    target: int | None = strawberry.field(description="The city's own, from its settings; null for none.")


@strawberry.input(description="Which functions; a field left out asks for nothing.")
class FunctionFilterInput:
    stages: list[Stage] | None = None
    unit_id: uuid.UUID | None = strawberry.field(default=None, description="With all units below it.")
    owner_id: uuid.UUID | None = None
    power_kind: PowerKind | None = None
    power_id: uuid.UUID | None = None
    review_due: date | None = strawberry.field(default=None, description="To be reviewed on this day or before.")
    system_id: uuid.UUID | None = None
    cost_above: float | None = strawberry.field(default=None, description="Minor units of money a year.")
    text: str = strawberry.field(default="", description="A part of the title or of the key.")

    def wanted(self) -> listing.FunctionFilter:
        more = {name: value for name, value in vars(self).items() if name not in ("stages", "power_kind")}
        return listing.FunctionFilter(
            stages=tuple(stage.value for stage in self.stages or ()),
            power_kind=None if self.power_kind is None else self.power_kind.value,
            **more,
        )


@strawberry.type
class FunctionQuery:
    @field(permission=READ)
    async def city_function(self, info: Info[Context, None], id: uuid.UUID) -> CityFunction | None:
        return await function_of(info, id)

    @field(permission=READ, description="By key.")
    async def city_functions(
        self, filter: FunctionFilterInput | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[CityFunction]:
        wanted = (filter or FunctionFilterInput()).wanted()

        return await connection_by_key(
            "core.city_functions",
            first=first,
            after=after,
            fetch=partial(listing.list_functions, wanted),
            count=partial(listing.count_functions, wanted),
            node=CityFunction.of,
        )

    @field(permission=READ, description="The units right below a unit, or those at the top, by title.")
    async def function_tree(self, unit_id: uuid.UUID | None = None) -> list[FunctionBranch]:
        return [
            FunctionBranch(
                unit_id=each.unit_id,
                title=each.title,
                has_units=each.has_units,
                functions=each.functions,
                own_functions=each.own,
                stages=[FunctionStageCount(stage=Stage(name), functions=n) for name, n in each.stages.items()],
            )
            for each in await tree.branches(unit_id)
        ]

    @field(permission=READ, description="How far the city has come with its plan, stage by stage.")
    async def function_plan(self) -> list[FunctionPlanLine]:
        return [FunctionPlanLine(**vars(line)) for line in await tree.plan()]


async def function_of(info: Info[Context, None], function_id: uuid.UUID | None) -> CityFunction | None:
    """Return a function by id. Guard what leads here."""
    if function_id is None:
        return None
    row = await found_by_id(info, "city_function", listing.functions_by_id, function_id)
    return None if row is None else CityFunction.of(row)


@strawberry.input(description="All that is told of a function but its stage, its operations and its systems.")
class CityFunctionInput:
    key: str
    title: str
    description: str = ""
    unit_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    power_id: uuid.UUID | None = None
    planned_for: date | None = None
    review_on: date | None = None
    lead_days: float | None = None
    day_hours: float = 8.0
    launches: float | None = None
    error_share: float | None = None
    hourly_rate: int | None = None
    fit_strategy: int | None = None
    fit_smart_city: int | None = None
    fit_national: int | None = None
    fit_surveys: int | None = None

    def card(self) -> functions.FunctionCard:
        return functions.FunctionCard(**vars(self))


@strawberry.input(description="All that is told of an operation.")
class FunctionOperationInput:
    title: str
    minutes: float = 0.0
    waiting_minutes: float | None = None
    movement_minutes: float | None = None
    value_class: str = ""
    position_id: uuid.UUID | None = None
    node_id: str = ""

    def card(self) -> operations.OperationCard:
        return operations.OperationCard(**vars(self))


@strawberry.type
class CityFunctionPayload(Payload):
    function: CityFunction | None = None

    @classmethod
    def of(cls, row: FunctionRow) -> Self:
        return cls(function=CityFunction.of(row))


@strawberry.type
class FunctionMutation:
    @mutation(permission=CHANGE)
    async def function_create(self, input: CityFunctionInput) -> CityFunctionPayload:
        return CityFunctionPayload.of(await functions.create_function(input.card()))

    @mutation(permission=CHANGE, description="Replaces the whole card.")
    async def function_change(
        self, id: uuid.UUID, input: CityFunctionInput, expected_version: int | None = None
    ) -> CityFunctionPayload:
        return CityFunctionPayload.of(
            await functions.change_function(id, input.card(), expected_version=expected_version)
        )

    @mutation(permission=CHANGE, description="Forward a function needs what the stage asks for; back is free.")
    async def function_stage_move(
        self, id: uuid.UUID, stage: Stage, expected_version: int | None = None
    ) -> CityFunctionPayload:
        return CityFunctionPayload.of(await stages.move_stage(id, stage, expected_version=expected_version))

    @mutation(permission=CHANGE, description="Replaces the whole list.")
    async def function_operations_set(
        self, id: uuid.UUID, operations: list[FunctionOperationInput], expected_version: int | None = None
    ) -> CityFunctionPayload:
        cards = [each.card() for each in operations]
        return CityFunctionPayload.of(await replace_operations(id, cards, expected_version=expected_version))

    @mutation(permission=CHANGE, description="At a place, counted from 1; without one at the end.")
    async def function_operation_add(
        self,
        id: uuid.UUID,
        operation: FunctionOperationInput,
        place: int | None = None,
        expected_version: int | None = None,
    ) -> CityFunctionPayload:
        return CityFunctionPayload.of(
            await operations.add_operation(id, operation.card(), place=place, expected_version=expected_version)
        )

    @mutation(permission=CHANGE, description="Replaces the card; with a place it moves there.")
    async def function_operation_change(
        self,
        operation_id: uuid.UUID,
        operation: FunctionOperationInput,
        place: int | None = None,
        expected_version: int | None = None,
    ) -> CityFunctionPayload:
        card = operation.card()
        return CityFunctionPayload.of(
            await operations.change_operation(operation_id, card, place=place, expected_version=expected_version)
        )

    @mutation(permission=CHANGE)
    async def function_operation_remove(
        self, operation_id: uuid.UUID, expected_version: int | None = None
    ) -> CityFunctionPayload:
        return CityFunctionPayload.of(
            await operations.remove_operation(operation_id, expected_version=expected_version)
        )

    @mutation(permission=CHANGE, description="A function uses a system, and what for; or no longer.")
    async def function_system_set(
        self,
        id: uuid.UUID,
        system_id: uuid.UUID,
        purpose: str = "",
        is_used: bool = True,
        expected_version: int | None = None,
    ) -> CityFunctionPayload:
        return CityFunctionPayload.of(
            await systems.set_function_system(
                id, system_id, purpose=purpose, is_used=is_used, expected_version=expected_version
            )
        )
