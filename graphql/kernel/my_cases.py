"""One's own cases, as the one who filed them sees them: a resident, or anybody else."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases import own, tables
from leancity.core.cases.reads import read_published
from leancity.core.cases.registry import open_kinds
from leancity.graphql.api import Connection, Context, Keyset, connection, field, loader
from leancity.graphql.kernel.case_kinds import title_of

OWN = "it is the viewer's own: the service looks for nothing else"


@strawberry.type(description="A state that one's case entered.")
class MyCaseStep:
    at: datetime
    status: str
    status_title: str


@strawberry.type(description="What the city wrote to one about the case.")
class MyCaseAnswer:
    at: datetime
    body: str


@strawberry.type(description="A case that the viewer filed, without what is internal to the city.")
class MyCase:
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
    due_at: datetime | None
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
            row=row,
        )

    @field(public=OWN, description="Oldest first.")
    async def steps(self, info: Info[Context, None]) -> list[MyCaseStep]:
        kind = open_kinds()[self.row.kind]
        rows = await loader(info, "core.my_case_steps", _steps).load(self.id)
        return [
            MyCaseStep(at=row.at, status=row.status, status_title=title_of(row.status, kind.states)) for row in rows
        ]

    @field(public=OWN, description="Oldest first.")
    async def answers(self, info: Info[Context, None]) -> list[MyCaseAnswer]:
        rows = await loader(info, "core.my_case_answers", _answers).load(self.id)
        return [MyCaseAnswer(at=row.at, body=row.body) for row in rows]

    @field(public=OWN, description="Addresses of the files that the city shows, oldest first.")
    async def files(self, info: Info[Context, None]) -> list[str]:
        return [f"/files/{row.file_id}" for row in await loader(info, "core.my_case_files", _files).load(self.id)]


@strawberry.type
class MyCaseQuery:
    @field(public=OWN, description="What the viewer filed, newest first.")
    async def my_cases(self, first: int | None = None, after: str | None = None) -> Connection[MyCase] | None:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.CaseRecord]:
            return await own.my_cases(limit=limit, after=None if keyset is None else (keyset[0], keyset[1]))

        return await connection(
            "core.my_cases",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=own.count_my_cases,
            key=lambda row: (row.opened_at, row.id),
            node=MyCase.of,
        )

    @field(public=OWN)
    async def my_case(self, id: uuid.UUID) -> MyCase | None:
        return MyCase.of(await own.my_case(id))


async def _steps(ids: list[uuid.UUID]) -> list[list[own.OwnStep]]:
    found = await own.steps_of(ids)
    return [found[each] for each in ids]


async def _answers(ids: list[uuid.UUID]) -> list[list[tables.CaseComment]]:
    found = await read_published(tables.CaseComment, ids)
    return [found.get(each, []) for each in ids]


async def _files(ids: list[uuid.UUID]) -> list[list[tables.CaseFile]]:
    found = await read_published(tables.CaseFile, ids)
    return [found.get(each, []) for each in ids]
