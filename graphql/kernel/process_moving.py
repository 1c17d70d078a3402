"""Moving running instances to a newer version: what could be moved, and doing it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from leancity.core.cases.bulk import BulkResult
from leancity.core.processes.running import moving
from leancity.core.processes.versions.stages import PUBLISH
from leancity.graphql.api import Connection, Keyset, Payload, UserError, connection, field, mutation
from leancity.graphql.api.mutations import user_error


@strawberry.type(description="A running instance, and whether it can be moved.")
class ProcessMovable:
    instance_id: uuid.UUID
    can_move: bool
    problem: UserError | None = strawberry.field(description="What keeps it where it is.")

    @classmethod
    def of(cls, row: moving.Movable) -> Self:
        problem = None if row.problem is None else user_error(row.problem)
        return cls(instance_id=row.instance_id, can_move=problem is None, problem=problem)


@strawberry.type(description="What became of one of the instances.")
class ProcessMoveResult:
    id: uuid.UUID
    errors: list[UserError] = strawberry.field(description="Empty when it was moved; else it is as it was.")

    @classmethod
    def of(cls, row: BulkResult) -> Self:
        return cls(id=row.id, errors=[user_error(problem) for problem in row.problems])


@strawberry.type
class ProcessMovePayload(Payload):
    results: list[ProcessMoveResult] | None = None


@strawberry.type
class ProcessMovingQuery:
    @field(permission=PUBLISH, description="A dry run: the running instances of a version, the oldest first.")
    async def process_movable(
        self, version_id: uuid.UUID, from_version_id: uuid.UUID, first: int | None = None, after: str | None = None
    ) -> Connection[ProcessMovable]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[moving.Movable]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await moving.list_movable(version_id, from_version_id, limit=limit, after=place)

        async def count() -> int:
            return await moving.count_movable(version_id, from_version_id)

        return await connection(
            "core.process_movable",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.opened_at, row.instance_id),
            node=ProcessMovable.of,
        )


@strawberry.type
class ProcessMovingMutation:
    @mutation(permission=PUBLISH, description="Up to 500 instances; what can't be moved does not stop the rest.")
    async def process_instances_move(self, version_id: uuid.UUID, ids: list[uuid.UUID]) -> ProcessMovePayload:
        results = await moving.move_instances(version_id, ids)
        return ProcessMovePayload(results=[ProcessMoveResult.of(row) for row in results])
