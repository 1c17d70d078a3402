"""Moving all that runs on a version to another: asked for, watched as it goes, cancelled, gone on with."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.core.errors import Problem
from leancity.core.live.hub import listening
from leancity.core.processes.running import move_runs, tables
from leancity.core.processes.versions.stages import PUBLISH, READ
from leancity.graphql.api import (
    Connection,
    Context,
    Keyset,
    Payload,
    Reread,
    UserError,
    connection,
    field,
    mutation,
    subscription,
)
from leancity.graphql.api.mutations import user_error
from leancity.graphql.kernel.people import User, user_of


@strawberry.type(description="What keeps instances where they are.")
class ProcessMoveReason:
    problem: UserError
    amount: int = strawberry.field(description="How many of them.")


@strawberry.type(description="The moving of all that runs on a version to another, the oldest first.")
class ProcessMoveRun:
    id: uuid.UUID
    process_id: uuid.UUID
    version_id: uuid.UUID = strawberry.field(description="To which they are moved.")
    from_version_id: uuid.UUID
    state: str = strawberry.field(description="waiting, running, done, cancelled or failed.")
    total: int = strawberry.field(
        description="Running when it was asked for. What ends by itself meanwhile is neither moved nor kept."
    )
    moved: int
    kept: int = strawberry.field(description="They stay on their version; `processMovable` tells which and why.")
    reasons: list[ProcessMoveReason] = strawberry.field(description="Why some were kept, in the order met.")
    failure: UserError | None = strawberry.field(description="Why the whole can't go on.")
    made_at: datetime = strawberry.field(description="When it was asked for.")
    finished_at: datetime | None
    version: int
    author_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.ProcessMoveRun) -> Self:
        reasons = [ProcessMoveReason(problem=_told(each), amount=each["amount"]) for each in json.loads(row.reasons)]
        return cls(
            id=row.id,
            process_id=row.process_id,
            version_id=row.version_id,
            from_version_id=row.from_version_id,
            state=row.state,
            total=row.total,
            moved=row.moved,
            kept=row.kept,
            reasons=reasons,
            failure=_told(json.loads(row.failure)) if row.failure else None,
            made_at=row.made_at,
            finished_at=row.finished_at,
            version=row.version,
            author_id=row.author_id,
        )

    @field(permission="core.unit.read", description="Null where the platform asked for it.")
    async def author(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.author_id)


def _told(kept: dict[str, Any]) -> UserError:
    return user_error(Problem(code=kept["code"], params=kept["params"]))


@strawberry.type(description="A run as it is now.")
class ProcessMoveRunChange(Reread):
    is_resync: bool = strawberry.field(description="What has happened until now may not have been told.")
    run_id: strawberry.Private[uuid.UUID]
    row: strawberry.Private[tables.ProcessMoveRun | None] = None

    async def reread(self) -> bool:
        self.row = await move_runs.read_moving(self.run_id)
        return True

    @field(permission=READ)
    def run(self) -> ProcessMoveRun | None:
        return None if self.row is None else ProcessMoveRun.of(self.row)


@strawberry.type
class ProcessMoveRunQuery:
    @field(permission=READ)
    async def process_move_run(self, id: uuid.UUID) -> ProcessMoveRun:
        return ProcessMoveRun.of(await move_runs.read_moving(id))

    @field(permission=READ, description="Of one process, the newest first.")
    async def process_move_runs(
        self, process_id: uuid.UUID, first: int | None = None, after: str | None = None
    ) -> Connection[ProcessMoveRun]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.ProcessMoveRun]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await move_runs.list_moving(process_id, limit=limit, after=place)

        async def count() -> int:
            return await move_runs.count_moving(process_id)

        return await connection(
            "core.process_move_runs",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.made_at, row.id),
            node=ProcessMoveRun.of,
        )


@strawberry.type
class ProcessMoveRunPayload(Payload):
    run: ProcessMoveRun | None = None


@strawberry.type
class ProcessMoveRunMutation:
    @mutation(permission=PUBLISH, description="Move all that runs on a version; what can't be moved stays.")
    async def process_move_run_begin(self, version_id: uuid.UUID, from_version_id: uuid.UUID) -> ProcessMoveRunPayload:
        return ProcessMoveRunPayload(run=ProcessMoveRun.of(await move_runs.begin_moving(version_id, from_version_id)))

    @mutation(permission=PUBLISH, description="What is moved stays moved, the rest where it is.")
    async def process_move_run_cancel(
        self, id: uuid.UUID, expected_version: int | None = None
    ) -> ProcessMoveRunPayload:
        return ProcessMoveRunPayload(run=ProcessMoveRun.of(await move_runs.cancel_moving(id, expected_version)))

    @mutation(permission=PUBLISH, description="Go on, as whoever asks now, with what failed or was given up.")
    async def process_move_run_resume(
        self, id: uuid.UUID, expected_version: int | None = None
    ) -> ProcessMoveRunPayload:
        return ProcessMoveRunPayload(run=ProcessMoveRun.of(await move_runs.resume_moving(id, expected_version)))


@strawberry.type
class ProcessMoveRunSubscription:
    @subscription(permission=READ, description="A run now, and after each instance of it.")
    async def process_move_run_changed(self, id: uuid.UUID) -> AsyncGenerator[ProcessMoveRunChange, None]:
        async with listening(move_runs.TOPIC, id) as listener:
            await move_runs.read_moving(id)
            yield ProcessMoveRunChange(run_id=id, is_resync=True)
            while True:
                heard = await listener.heard(most=1)
                yield ProcessMoveRunChange(run_id=id, is_resync=heard.is_resync)
