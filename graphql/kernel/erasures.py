"""Erasing a person on request, and the certificate of what was erased."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.identity import erasure, tables
from leancity.core.identity.erasure import ERASE
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import User, user_of


@strawberry.type(description="What one part of the platform has erased.")
class ErasurePart:
    part: str = strawberry.field(description="A part of the kernel (core.account), or a module.")
    erased: int = strawberry.field(description="Rows emptied or removed.")
    kept: int = strawberry.field(description="Rows that stay; the note says why.")
    note: str
    done_at: datetime

    @classmethod
    def of(cls, row: tables.ErasurePart) -> Self:
        return cls(part=row.part, erased=row.erased, kept=row.kept, note=row.note, done_at=row.done_at)


@strawberry.type(description="A request to erase a person; the certificate once it is finished.")
class Erasure:
    id: uuid.UUID
    person_id: uuid.UUID | None = strawberry.field(description="The account, of which an empty shell stays.")
    reason: str
    asked_at: datetime
    finished_at: datetime | None = strawberry.field(description="Null while parts are still to be done.")
    asker_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.Erasure) -> Self:
        return cls(
            id=row.id,
            person_id=row.person_id,
            reason=row.reason,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            asker_id=row.asked_by,
        )

    @field(permission=ERASE)
    async def asked_by(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.asker_id)

    @field(permission=ERASE, description="What is done, in its order.")
    async def parts(self, info: Info[Context, None]) -> list[ErasurePart]:
        rows = await found_by_id(info, "erasure_parts", erasure.parts_of, self.id)
        return [ErasurePart.of(row) for row in rows or []]


@strawberry.type
class PersonErasePayload(Payload):
    erasure: Erasure | None = None


@strawberry.type
class ErasureQuery:
    @field(permission=ERASE, description="Requests to erase people, newest first.")
    async def erasures(self, first: int | None = None, after: str | None = None) -> Connection[Erasure]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.Erasure]:
            return await erasure.list_erasures(limit=limit, after=None if keyset is None else (keyset[0], keyset[1]))

        return await connection(
            "core.erasures",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=erasure.count_erasures,
            key=lambda row: (row.asked_at, row.id),
            node=Erasure.of,
        )


@strawberry.type
class ErasureMutation:
    @mutation(
        permission=ERASE,
        description="Erase a person everywhere, by account, e-mail or phone. The reason names the request, not them.",
    )
    async def person_erase(
        self, reason: str, person_id: uuid.UUID | None = None, email: str = "", phone: str = ""
    ) -> PersonErasePayload:
        asked = await erasure.ask_erasure(person_id=person_id, email=email, phone=phone, reason=reason)
        return PersonErasePayload(erasure=Erasure.of(asked))
