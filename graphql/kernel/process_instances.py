"""Processes that run: to begin one, to see where it is, to stop it, to tell it something."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.core.audit.log import note_read
from leancity.core.errors import Problem, refuse
from leancity.core.i18n.catalogue import describe
from leancity.core.identity.principal import current_principal
from leancity.core.processes.running import reading
from leancity.core.processes.running.begin import BEGIN, TRY, begin_by_hand, tell_by_hand, try_out
from leancity.core.processes.running.reading import READ, InstanceFilter
from leancity.core.processes.running.stop import PERMISSION, retry, stop
from leancity.core.processes.running.tables import ProcessInstance as InstanceRow
from leancity.graphql.api import JSON, Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.case_parts import READ as READ_CASE
from leancity.graphql.kernel.cases import Case, case_of


@strawberry.enum(description="Failed: an error that the drawing does not handle; the step was undone.")
class ProcessStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@strawberry.enum(description="Cases of a trial have figures of their own, those of the test stand none and no case.")
class ProcessMark(StrEnum):
    PRODUCTION = "production"
    TRIAL = "trial"
    TEST = "test"


@strawberry.type(description="Why an instance stands still.")
class ProcessFailure:
    code: str = strawberry.field(description="Stable, for programs.")
    element: str = strawberry.field(description="The title of the element of the drawing; empty where it is none.")
    message: str = strawberry.field(description="For a person, in their language.")


@strawberry.type(description="One thing that an instance waits for.")
class ProcessWait:
    kind: str = strawberry.field(description="user, timer, message, signal or service.")
    node_id: str
    name: str = strawberry.field(description="A task's title, a message's name, a service's topic.")
    due_at: datetime | None


@strawberry.type(description="A running, or ended, process.")
class ProcessInstance:
    id: uuid.UUID
    process: str = strawberry.field(description="The process's key.")
    process_title: str
    version_id: uuid.UUID
    version_no: int
    mark: ProcessMark
    status: ProcessStatus
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    revision: int = strawberry.field(description="Grows with every step.")
    failure: ProcessFailure | None
    case_id: uuid.UUID | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            id=row["id"],
            process=row["process"],
            process_title=row["process_title"],
            version_id=row["version_id"],
            version_no=row["version_no"],
            mark=ProcessMark(row["mark"]),
            status=ProcessStatus(row["status"]),
            opened_at=row["opened_at"],
            closed_at=row["closed_at"],
            outcome=row["outcome"],
            revision=row["revision"],
            failure=_failure(row["failure"]),
            case_id=row["case_id"],
        )

    @field(permission=READ_CASE, description="The case it moves; null on the test stand.")
    async def case(self, info: Info[Context, None]) -> Case | None:
        return None if self.case_id is None else await case_of(info, self.case_id)

    @field(permission=READ, description="What the case knows. That it was read is recorded.")
    async def facts(self) -> JSON:
        note_read("core.process.facts.read", "process_instance", self.id)
        facts: JSON = json.loads(await reading.read_facts(self.id))
        return facts

    @field(permission=READ, description="What it waits for now.")
    async def waits(self) -> list[ProcessWait]:
        return [ProcessWait(**row) for row in await reading.read_waits(self.id)]


def _failure(kept: str) -> ProcessFailure | None:
    if not kept:
        return None
    failure = json.loads(kept)
    problem = Problem(code=failure["code"], params=failure["params"])
    message = describe(problem, current_principal().locale)
    return ProcessFailure(code=failure["code"], element=failure["element"], message=message)


@strawberry.type
class ProcessInstancePayload(Payload):
    instance: ProcessInstance | None = strawberry.field(default=None, description="As it is now.")

    @classmethod
    async def of(cls, row: InstanceRow) -> Self:
        found = await reading.read_instance(row.id)
        return cls(instance=None if found is None else ProcessInstance.of(found))


@strawberry.type
class ProcessInstanceQuery:
    @field(permission=READ)
    async def process_instance(self, id: uuid.UUID) -> ProcessInstance | None:
        row = await reading.find_instance(id)
        return None if row is None else ProcessInstance.of(row)

    @field(permission=READ, description="The latest first.")
    async def process_instances(
        self,
        process_id: uuid.UUID | None = None,
        status: ProcessStatus | None = None,
        mark: ProcessMark | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[ProcessInstance]:
        wanted = InstanceFilter(process_id=process_id, status=status and status.value, mark=mark and mark.value)

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[Mapping[str, Any]]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await reading.list_instances(wanted, limit=limit, after=place)

        async def count() -> int:
            return await reading.count_instances(wanted)

        return await connection(
            "core.process_instances",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row["opened_at"], row["id"]),
            node=ProcessInstance.of,
        )


@strawberry.type
class ProcessInstanceMutation:
    @mutation(permission=BEGIN, description="Begin a process, by its key.")
    async def process_begin(
        self, process: str, title: str, facts: JSON | None = None, text: str = "", unit_id: uuid.UUID | None = None
    ) -> ProcessInstancePayload:
        row = await begin_by_hand(process, _facts(facts), title=title, text=text, unit_id=unit_id)
        return await ProcessInstancePayload.of(row)

    @mutation(
        permission=TRY,
        description="Begin a version on the test stand: without a case, without figures, nobody is told.",
    )
    async def process_try(
        self, version_id: uuid.UUID, title: str, facts: JSON | None = None, unit_id: uuid.UUID | None = None
    ) -> ProcessInstancePayload:
        row = await try_out(version_id, _facts(facts), title=title, unit_id=unit_id)
        return await ProcessInstancePayload.of(row)

    @mutation(permission=PERMISSION, description="Stop an instance, with a reason; its work is withdrawn.")
    async def process_stop(self, id: uuid.UUID, reason: str) -> ProcessInstancePayload:
        return await ProcessInstancePayload.of(await stop(id, reason))

    @mutation(permission=PERMISSION, description="Let an instance that failed try again.")
    async def process_retry(self, id: uuid.UUID) -> ProcessInstancePayload:
        return await ProcessInstancePayload.of(await retry(id))

    @mutation(permission=BEGIN, description="Give a message to the one instance that waits for it.")
    async def process_message(
        self, name: str, correlation: str = "", facts: JSON | None = None, instance_id: uuid.UUID | None = None
    ) -> ProcessInstancePayload:
        return await ProcessInstancePayload.of(
            await tell_by_hand(name, correlation, _facts(facts), instance_id=instance_id)
        )


def _facts(given: JSON | None) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise refuse("process_facts_not_json", "facts")
    return given
