"""A case, with what hangs on it, and the payload of what is done to it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases import tables
from leancity.core.cases.kinds import Transition
from leancity.core.cases.lead_time import case_times
from leancity.core.cases.lists import read_files, read_relations
from leancity.core.cases.moves import Standing, available_moves
from leancity.core.cases.reads import read_cases
from leancity.core.cases.registry import open_kinds
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.graphql.api import Connection, Context, Payload, field, loader
from leancity.graphql.kernel.case_kinds import CaseKind, CaseMove, title_of
from leancity.graphql.kernel.case_parts import (
    READ,
    CaseComment,
    CaseFile,
    CaseHandover,
    CaseLeadTime,
    CasePause,
    CaseTerm,
)
from leancity.graphql.kernel.case_timeline import CaseEvent, timeline_of
from leancity.graphql.kernel.choices import CaseRelationKind
from leancity.graphql.kernel.loading import found_by_id, parts
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of


@strawberry.type(description="A case as the city's staff see it.")
class Case:
    id: uuid.UUID
    number: str
    title: str
    text: str
    status: str
    status_title: str
    outcome: str | None
    outcome_title: str | None
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None = strawberry.field(description="Of its terms the earliest; null while all are paused.")
    is_overdue: bool
    version: int = strawberry.field(description="Give it back as expectedVersion with what is done to the case.")
    row: strawberry.Private[tables.CaseRecord]

    @classmethod
    def of(cls, row: tables.CaseRecord) -> Self:
        kind = open_kinds()[row.kind]
        return cls(
            id=row.id,
            number=row.number,
            title=row.title,
            text=row.text,
            status=row.status,
            status_title=title_of(row.status, kind.states),
            outcome=row.outcome,
            outcome_title=None if row.outcome is None else title_of(row.outcome, kind.outcomes),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            due_at=row.due_at,
            is_overdue=row.closed_at is None and row.due_at is not None and row.due_at < now(),
            version=row.version,
            row=row,
        )

    @field(permission=READ)
    def kind(self) -> CaseKind:
        return CaseKind.of(open_kinds()[self.row.kind])

    @field(permission=READ, description="The unit that holds the case.")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.row.unit_id)

    @field(permission=READ)
    async def assignee(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.assignee_id)

    @field(permission=READ, description="Who filed it, where that was somebody with an account.")
    async def author(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.author_id)

    @field(permission=READ, description="Oldest first.")
    async def terms(self, info: Info[Context, None]) -> list[CaseTerm]:
        kind = open_kinds()[self.row.kind]
        return [CaseTerm.of(row, kind) for row in await parts(info, tables.CaseTerm, self.id)]

    @field(permission=READ, description="Oldest first.")
    async def pauses(self, info: Info[Context, None]) -> list[CasePause]:
        return [CasePause.of(row) for row in await parts(info, tables.CasePause, self.id)]

    @field(permission=READ)
    async def is_paused(self, info: Info[Context, None]) -> bool:
        return any(row.until_at is None for row in await parts(info, tables.CasePause, self.id))

    @field(permission=READ, description="Oldest first.")
    async def timeline(
        self, info: Info[Context, None], first: int | None = None, after: str | None = None
    ) -> Connection[CaseEvent]:
        return await timeline_of(info, self.id, open_kinds()[self.row.kind], first, after)

    @field(permission=READ, description="Internal and public ones, oldest first.")
    async def comments(self, info: Info[Context, None]) -> list[CaseComment]:
        return [CaseComment.of(row) for row in await parts(info, tables.CaseComment, self.id)]

    @field(permission=READ, description="Oldest first.")
    async def files(self, info: Info[Context, None]) -> list[CaseFile]:
        return [CaseFile.of(row) for row in await found_by_id(info, "case_file", read_files, self.id) or []]

    @field(permission=READ)
    async def relations(self, info: Info[Context, None]) -> list[CaseRelation]:
        rows = await found_by_id(info, "case_relation", read_relations, self.id) or []
        return [CaseRelation.of(row, self.id) for row in rows]

    @field(permission=READ, description="Oldest first.")
    async def handovers(self, info: Info[Context, None]) -> list[CaseHandover]:
        return [CaseHandover.of(row) for row in await parts(info, tables.CaseHandover, self.id)]

    @field(permission=READ, description="What the viewer may do to it now.")
    async def available_moves(self, info: Info[Context, None]) -> list[CaseMove]:
        kind = open_kinds()[self.row.kind]
        return [
            CaseMove.of(step, kind)
            for step in await loader(info, "core.case_moves", _moves).load(Standing.of(self.row))
        ]

    @field(permission=READ)
    async def lead_time(self, info: Info[Context, None]) -> CaseLeadTime | None:
        times = await found_by_id(info, "case_times", case_times, self.id)
        return None if times is None else CaseLeadTime.of(times, open_kinds()[self.row.kind])


@strawberry.type(description="How a case relates to another.")
class CaseRelation:
    id: uuid.UUID
    kind: CaseRelationKind
    is_reverse: bool = strawberry.field(description="The other case is the duplicate or the child.")
    title: str = strawberry.field(description="What the other case is to this one, in the reader's language.")
    end_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: tables.CaseRelation, case_id: uuid.UUID) -> Self:
        kind = CaseRelationKind(row.kind)
        is_reverse = row.other_id == case_id and kind is not CaseRelationKind.RELATED
        words = f"case_relation_is_{kind}{'_reverse' if is_reverse else ''}"
        return cls(
            id=row.id,
            kind=kind,
            is_reverse=is_reverse,
            title=text(words, current_principal().locale),
            end_id=row.case_id if row.other_id == case_id else row.other_id,
        )

    @field(permission=READ)
    async def other(self, info: Info[Context, None]) -> Case | None:
        return await case_of(info, self.end_id)


async def _moves(rows: list[Standing]) -> list[list[Transition]]:
    found = await available_moves(rows)
    return [found[row.id] for row in rows]


async def case_of(info: Info[Context, None], case_id: uuid.UUID) -> Case | None:
    """Return a case by id, None where the city has none such."""
    row = await found_by_id(info, "case", read_cases, case_id)
    return None if row is None else Case.of(row)


@strawberry.type
class CaseQuery:
    @field(permission=READ)
    async def case(self, info: Info[Context, None], id: uuid.UUID) -> Case | None:
        return await case_of(info, id)


@strawberry.type
class CasePayload(Payload):
    case_id: strawberry.Private[uuid.UUID | None] = None

    @field(permission=READ, description="The case as it is now; null when nothing was done.")
    async def case(self, info: Info[Context, None]) -> Case | None:
        return None if self.case_id is None else await case_of(info, self.case_id)
