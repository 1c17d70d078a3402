"""Operators' access to the city, as the city sees and decides it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.identity import access, tables
from leancity.core.moment import now
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.people import User, user_of


@strawberry.enum(description="A granted one is over once it has expired.")
class OperatorAccessState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"
    EXPIRED = "expired"


@strawberry.type(description="An operator's access to the city. In the audit log its id is the actor's.")
class OperatorAccess:
    id: uuid.UUID
    operator: str
    reason: str
    hours: int
    state: OperatorAccessState
    asked_at: datetime
    decided_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    is_emergency: bool = strawberry.field(description="Taken without being let in.")
    decided_by: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.OperatorAccess) -> Self:
        is_over = row.state == "granted" and row.expires_at is not None and row.expires_at <= now()
        return cls(
            id=row.id,
            operator=row.operator,
            reason=row.reason,
            hours=row.hours,
            state=OperatorAccessState.EXPIRED if is_over else OperatorAccessState(row.state),
            asked_at=row.asked_at,
            decided_at=row.decided_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
            is_emergency=row.expires_at is not None and row.decided_at is None,
            decided_by=row.decided_by,
        )

    @field(permission=access.DECIDE)
    async def decider(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.decided_by)


@strawberry.type
class OperatorAccessQuery:
    @field(permission=access.DECIDE, description="Newest first.")
    async def operator_accesses(self, first: int | None = None, after: str | None = None) -> Connection[OperatorAccess]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.OperatorAccess]:
            return await access.list_accesses(limit=limit, after=None if keyset is None else (keyset[0], keyset[1]))

        return await connection(
            "core.operator_accesses",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=access.count_accesses,
            key=lambda row: (row.asked_at, row.id),
            node=OperatorAccess.of,
        )


@strawberry.type
class OperatorAccessPayload(Payload):
    access: OperatorAccess | None = None


@strawberry.type
class OperatorAccessMutation:
    @mutation(permission=access.DECIDE, description="Let the operator in, for the hours that were asked for, or not.")
    async def operator_access_decide(self, id: uuid.UUID, is_granted: bool) -> OperatorAccessPayload:
        row = await access.decide_access(id, is_granted=is_granted)
        return OperatorAccessPayload(access=OperatorAccess.of(row))

    @mutation(permission=access.DECIDE, description="End it at once.")
    async def operator_access_end(self, id: uuid.UUID) -> OperatorAccessPayload:
        return OperatorAccessPayload(access=OperatorAccess.of(await access.end_access(id)))
