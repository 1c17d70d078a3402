"""The audit log, as who may read it sees it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.audit import reading
from leancity.core.audit.reading import READ_LOG
from leancity.core.cases.checks import keepable
from leancity.core.identity.principal import Kind
from leancity.graphql.api import JSON, Connection, Context, Keyset, connection, field
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import User, user_of


@strawberry.enum(description="What became of it: done, personal data read, or refused.")
class AuditOutcome(StrEnum):
    DONE = "done"
    READ = "read"
    REFUSED = "refused"


@strawberry.enum(description="What stood behind a request.")
class AuditActorKind(StrEnum):
    STRANGER = "stranger"
    USER = "user"
    TOKEN = "token"  # noqa: S105
    OPERATOR = "operator"
    SYSTEM = "system"


@strawberry.input(description="Which rows; what is left out asks for nothing.")
class AuditFilterInput:
    actor_id: uuid.UUID | None = strawberry.field(default=None, description="An account, or an operator's access.")
    subject_id: uuid.UUID | None = strawberry.field(
        default=None, description="What it was done to; with the outcome READ: who looked at this."
    )
    outcome: AuditOutcome | None = None
    action_prefix: str = strawberry.field(default="", description="What the action begins with: a module's name.")
    since: datetime | None = strawberry.field(default=None, name="from", description="Inclusive.")
    before: datetime | None = strawberry.field(default=None, description="Exclusive.")

    def wanted(self) -> reading.LogFilter:
        """Return what the service is asked."""
        return reading.LogFilter(
            actor_id=self.actor_id,
            subject_id=self.subject_id,
            outcome=None if self.outcome is None else self.outcome.value,
            action_prefix=keepable(self.action_prefix),
            since=self.since,
            before=self.before,
        )


@strawberry.type(description="A row of the audit log. It holds references, no personal values.")
class AuditEntry:
    id: uuid.UUID
    at: datetime
    actor_kind: AuditActorKind
    actor_id: uuid.UUID | None = strawberry.field(description="The account; of an operator the access.")
    action: str
    outcome: AuditOutcome
    subject: str = strawberry.field(description="The kind of thing it was done to.")
    subject_id: uuid.UUID | None
    repeats: int = strawberry.field(description="How many equal refusals within a moment the row stands for.")
    request_id: str
    data: JSON

    @classmethod
    def of(cls, row: reading.LogRow) -> Self:
        return cls(
            id=row.id,
            at=row.at,
            actor_kind=AuditActorKind(row.actor_kind),
            actor_id=row.actor_id,
            action=row.action,
            outcome=AuditOutcome(row.outcome),
            subject=row.subject,
            subject_id=row.subject_id,
            repeats=row.repeats,
            request_id=row.request_id,
            data=JSON(json.loads(row.data)),
        )

    @field(permission=READ_LOG, description="The person, where it was one.")
    async def actor(self, info: Info[Context, None]) -> User | None:
        is_person = self.actor_kind in (AuditActorKind.USER, AuditActorKind.TOKEN)
        return await user_of(info, self.actor_id if is_person else None)

    @field(permission=READ_LOG, description="The operator, where it was one.")
    async def operator(self, info: Info[Context, None]) -> str | None:
        if self.actor_id is None or self.actor_kind.value != Kind.OPERATOR:
            return None
        return await found_by_id(info, "operator", reading.operators_by_access, self.actor_id)


@strawberry.type
class AuditQuery:
    @field(permission=READ_LOG, description="The audit log, newest first.")
    async def audit_log(
        self, filter: AuditFilterInput | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[AuditEntry]:
        wanted = (filter or AuditFilterInput()).wanted()

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[reading.LogRow]:
            return await reading.list_rows(
                wanted, limit=limit, after=None if keyset is None else (keyset[0], keyset[1])
            )

        async def count() -> int:
            return await reading.count_rows(wanted)

        return await connection(
            "core.audit",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.at, row.id),
            node=AuditEntry.of,
        )
