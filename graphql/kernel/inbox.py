"""The inbox: cases of all the city's modules, filtered, paged, counted."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

import msgspec
import strawberry
from strawberry.utils.str_converters import to_camel_case

from leancity.core.cases import inbox
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseRecord
from leancity.core.moment import now
from leancity.graphql.api import Connection, Keyset, connection, field
from leancity.graphql.kernel.case_kinds import CaseKind, title_of
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import Case


@strawberry.input(description="Which cases; what is left out asks for nothing.")
class InboxFilterInput:
    kinds: list[str] | None = strawberry.field(default=None, description="Keys of kinds.")
    statuses: list[str] | None = None
    outcome: str | None = None
    number: str | None = None
    unit_id: uuid.UUID | None = None
    assignee_id: uuid.UUID | None = None
    mine: bool = strawberry.field(default=False, description="Assigned to the viewer.")
    offered: bool = strawberry.field(default=False, description="Offered to the viewer's unit.")
    is_open: bool | None = strawberry.field(default=None, description="Not closed, or closed.")
    overdue: bool = strawberry.field(default=False, description="Open and past due.")
    opened_from: datetime | None = strawberry.field(default=None, description="Inclusive.")
    opened_before: datetime | None = strawberry.field(default=None, description="Exclusive.")
    text: str = strawberry.field(
        default="", description="Full text in Russian and English, of the 1000 newest matches."
    )

    def wanted(self) -> inbox.InboxFilter:
        """Return what the service is asked."""
        given = dataclasses.asdict(self)
        overdue_at = now() if given.pop("overdue") else None
        for name in ("kinds", "statuses"):
            given[name] = tuple(given[name] or ())
        return inbox.InboxFilter(**given, overdue_at=overdue_at)

    def as_json(self) -> dict[str, Any]:
        """Return the fields that ask for something, spelled as a client sends them."""
        nothing = InboxFilterInput()
        given = {name: value for name, value in vars(self).items() if value != getattr(nothing, name)}
        plain: dict[str, Any] = msgspec.to_builtins({to_camel_case(name): value for name, value in given.items()})
        return plain


@strawberry.type(description="How many cases of a kind are in a state.")
class InboxFolder:
    kind: CaseKind
    status: str
    status_title: str
    cases: int


@strawberry.type(description="How many cases lie where.")
class InboxCounts:
    folders: list[InboxFolder] = strawberry.field(description="Every state of every kind, empty ones too.")
    overdue: int = strawberry.field(description="Open and past due.")
    mine: int = strawberry.field(description="Open and assigned to the viewer.")
    offered: int = strawberry.field(description="Offered to the viewer's unit.")

    @classmethod
    def of(cls, counts: inbox.FolderCounts) -> Self:
        kinds = open_kinds()
        empty = {(kind.key, state.key): 0 for kind in kinds.values() for state in kind.states}
        folders = [
            InboxFolder(
                kind=CaseKind.of(kinds[key]),
                status=status,
                status_title=title_of(status, kinds[key].states),
                cases=cases,
            )
            for (key, status), cases in (empty | counts.states).items()
        ]
        return cls(folders=folders, overdue=counts.overdue, mine=counts.mine, offered=counts.offered)


@strawberry.type
class InboxQuery:
    @field(permission=READ, description="Cases of all modules, newest first.")
    async def inbox(
        self, filter: InboxFilterInput | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[Case]:
        wanted = (filter or InboxFilterInput()).wanted()

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[CaseRecord]:
            place = None if keyset is None else inbox.Keyset(*keyset)
            return await inbox.list_cases(wanted, limit=limit, after=place)

        async def count() -> int:
            return await inbox.count_cases(wanted)

        return await connection(
            "core.inbox",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.opened_at, row.id),
            node=Case.of,
        )

    @field(permission=READ)
    async def inbox_counts(self) -> InboxCounts:
        return InboxCounts.of(await inbox.folder_counts())
