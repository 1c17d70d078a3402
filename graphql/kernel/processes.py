"""The city's processes: found, entered, changed, with the lanes that people are bound to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.versions import library, processes, tables
from leancity.core.processes.versions.lanes import LaneCard, bind_lane
from leancity.core.processes.versions.stages import CHANGE, READ, Stage
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of
from leancity.graphql.kernel.process_versions import ProcessVersion

strawberry.enum(Stage, name="ProcessStage", description="How far a version has come; new cases take production.")


@strawberry.type(description="Who does what lies in a lane of a process. What is null or empty does not narrow it.")
class ProcessLane:
    lane: str = strawberry.field(description="Its name in the drawing.")
    role_key: str
    position_id: uuid.UUID | None
    is_author: bool = strawberry.field(description="Who began the case.")
    is_head: bool = strawberry.field(description="The head of the unit, of the case's unit where none is named.")
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.LaneBinding) -> Self:
        return cls(
            lane=row.lane,
            role_key=row.role_key,
            position_id=row.position_id,
            is_author=row.is_author,
            is_head=row.is_head,
            unit_id=row.unit_id,
        )

    @field(permission="core.unit.read")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)


@strawberry.type(description="A process of the city.")
class Process:
    id: uuid.UUID
    key: str
    title: str
    case_kind: str = strawberry.field(description="The kind of case that it moves.")
    function_id: uuid.UUID | None
    production_id: uuid.UUID | None = strawberry.field(description="The version that new cases take.")
    trial_id: uuid.UUID | None = strawberry.field(description="The version that new cases of the trial's units take.")
    before_id: uuid.UUID | None = strawberry.field(description="The version that it can be rolled back to.")
    created_at: datetime
    version: int
    owner_id: strawberry.Private[uuid.UUID | None]
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.Process) -> Self:
        return cls(
            id=row.id,
            key=row.key,
            title=row.title,
            case_kind=row.case_kind,
            function_id=row.function_id,
            production_id=row.production_id,
            trial_id=row.trial_id,
            before_id=row.before_id,
            created_at=row.created_at,
            version=row.version,
            owner_id=row.owner_id,
            unit_id=row.unit_id,
        )

    @field(permission="core.unit.read")
    async def owner(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.owner_id)

    @field(permission="core.unit.read")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)

    @field(permission=READ, description="The newest first.")
    async def versions(self, info: Info[Context, None]) -> list[ProcessVersion]:
        rows = await found_by_id(info, "process_versions", library.versions_of, self.id)
        return [ProcessVersion.of(row) for row in rows or []]

    @field(permission=READ, description="The lanes that somebody is bound to.")
    async def lanes(self, info: Info[Context, None]) -> list[ProcessLane]:
        rows = await found_by_id(info, "process_lanes", library.lanes_of, self.id)
        return [ProcessLane.of(row) for row in rows or []]


@strawberry.input(description="Which processes; what is left out asks for nothing.")
class ProcessFilter:
    unit_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    function_id: uuid.UUID | None = None
    stage: Stage | None = strawberry.field(default=None, description="One of its versions is there.")
    text: str = strawberry.field(default="", description="A part of the title or of the key.")
    review_until: date | None = strawberry.field(default=None, description="Its function is to be reviewed by then.")

    def wanted(self) -> library.ProcessFilter:
        return library.ProcessFilter(**vars(self))


@strawberry.input(description="All that is told of a process. The key never changes.")
class ProcessInput:
    key: str
    title: str
    function_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    case_kind: str = processes.OWN_KIND

    def card(self) -> processes.ProcessCard:
        return processes.ProcessCard(**vars(self))


@strawberry.input(description="Who does what lies in a lane. Without anybody the lane is unbound.")
class ProcessLaneInput:
    lane: str
    role_key: str = ""
    unit_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    is_author: bool = False
    is_head: bool = False

    def card(self) -> LaneCard:
        return LaneCard(**vars(self))


async def process_of(info: Info[Context, None], process_id: uuid.UUID) -> Process | None:
    """Return a process by id. Guard what leads here."""
    row = await found_by_id(info, "process", library.processes_by_id, process_id)
    return None if row is None else Process.of(row)


@strawberry.type
class ProcessQuery:
    @field(permission=READ)
    async def process(self, info: Info[Context, None], id: uuid.UUID) -> Process | None:
        return await process_of(info, id)

    @field(permission=READ, description="The newest first.")
    async def processes(
        self, filter: ProcessFilter | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[Process]:
        wanted = (filter or ProcessFilter()).wanted()

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.Process]:
            place = None if keyset is None else library.Place(*keyset)
            return await library.list_processes(wanted, limit=limit, after=place)

        async def count() -> int:
            return await library.count_processes(wanted)

        return await connection(
            "core.processes",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.created_at, row.id),
            node=Process.of,
        )


@strawberry.type
class ProcessPayload(Payload):
    process: Process | None = None


@strawberry.type
class ProcessMutation:
    @mutation(permission=CHANGE)
    async def process_create(self, input: ProcessInput) -> ProcessPayload:
        return ProcessPayload(process=Process.of(await processes.create_process(input.card())))

    @mutation(permission=CHANGE, description="Replaces the whole card.")
    async def process_change(
        self, id: uuid.UUID, input: ProcessInput, expected_version: int | None = None
    ) -> ProcessPayload:
        row = await processes.change_process(id, input.card(), expected_version)
        return ProcessPayload(process=Process.of(row))

    @mutation(permission=CHANGE, description="Holds at once, for every version of the process.")
    async def process_lane_bind(
        self, process_id: uuid.UUID, input: ProcessLaneInput, expected_version: int | None = None
    ) -> ProcessPayload:
        row = await bind_lane(process_id, input.card(), expected_version)
        return ProcessPayload(process=Process.of(row))
