"""The timeline of a case: what happened, in words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry.types import Info

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.lists import Place, TimelineEvent, read_timelines, timeline_lengths
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.graphql.api import Connection, Context, Keyset, connection, field, loader
from leancity.graphql.kernel.case_kinds import title_of
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

Asked: TypeAlias = tuple[uuid.UUID, int, Place | None]
"""A page of one case's timeline: the case, how many events, behind which."""


@strawberry.type(description="One line of a case's timeline.")
class CaseEvent:
    id: uuid.UUID
    at: datetime
    kind: str = strawberry.field(description="In the past tense: state_entered, assigned, commented …")
    title: str = strawberry.field(description="What happened, in the reader's language.")
    status: str | None = strawberry.field(description="The state that the case was in then.")
    status_title: str | None
    outcome: str | None = strawberry.field(description="With which the case entered a state, where one was given.")
    outcome_title: str | None
    note: str = strawberry.field(description="The words that were written with it: a note or a reason.")
    actor_id: strawberry.Private[uuid.UUID | None]
    user_id: strawberry.Private[uuid.UUID | None]
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: TimelineEvent, kind: CaseKind) -> Self:
        status = None if row.status is None else title_of(row.status, kind.states)
        outcome = row.facts.get("outcome")
        return cls(
            id=row.id,
            at=row.at,
            kind=row.kind,
            title=text(f"case_event_{_told_as(row)}", current_principal().locale, {"status": status}),
            status=row.status,
            status_title=status,
            outcome=outcome,
            outcome_title=None if outcome is None else title_of(outcome, kind.outcomes),
            note=row.facts.get("note") or row.facts.get("reason") or "",
            actor_id=row.actor_id,
            user_id=_id(row.facts.get("user_id")),
            unit_id=_id(row.facts.get("receiver_id")),
        )

    @field(permission=READ, description="Who did it; null for a stranger and for the platform itself.")
    async def actor(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.actor_id)

    @field(permission=READ, description="To whom the case was assigned.")
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.user_id)

    @field(permission=READ, description="To which the case was offered.")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)


async def timeline_of(
    info: Info[Context, None], case_id: uuid.UUID, kind: CaseKind, first: int | None, after: str | None
) -> Connection[CaseEvent]:
    """Return a page of a case's timeline, oldest first."""

    async def fetch(limit: int, keyset: Keyset | None) -> Sequence[TimelineEvent]:
        place = None if keyset is None else Place(*keyset)
        return await loader(info, "core.timeline", _pages).load((case_id, limit, place))

    async def count() -> int:
        return await found_by_id(info, "timeline_length", timeline_lengths, case_id) or 0

    return await connection(
        "core.timeline",
        keyset=(datetime, uuid.UUID),
        first=first,
        after=after,
        fetch=fetch,
        count=count,
        key=lambda row: (row.at, row.id),
        node=lambda row: CaseEvent.of(row, kind),
        loaded=True,
    )


async def _pages(asked: list[Asked]) -> list[list[TimelineEvent]]:
    """Read the pages that are alike but for their cases at once; on one screen all of them are."""
    found: dict[Asked, list[TimelineEvent]] = {}
    for limit, place in {(limit, place) for _, limit, place in asked}:
        cases = [page[0] for page in asked if page[1:] == (limit, place)]
        for case_id, rows in (await read_timelines(cases, limit=limit, after=place)).items():
            found[case_id, limit, place] = rows
    return [found.get(page, []) for page in asked]


def _told_as(row: TimelineEvent) -> str:
    is_nobody = row.kind == "assigned" and row.facts.get("user_id") is None
    return "unassigned" if is_nobody else row.kind


def _id(text: str | None) -> uuid.UUID | None:
    return None if text is None else uuid.UUID(text)
