"""The module's part of the GraphQL schema: polls."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import strawberry

from leancity.graphql.api import Connection, connection, field, mutation
from leancity.modules.city_problems.permissions import POLLS
from leancity.modules.city_problems.polls import reading, service, tables
from leancity.modules.city_problems.polls.schema_types import (
    PUBLIC,
    CityProblemsPoll,
    CityProblemsPollPayload,
    CityProblemsPollRemovePayload,
)


@strawberry.type
class PollsQuery:
    @field(public=PUBLIC, description="Published polls, those that close last first.")
    async def polls(self, first: int | None = None, after: str | None = None) -> Connection[CityProblemsPoll]:
        async def fetch(limit: int, keyset: tuple[datetime, uuid.UUID] | None) -> Sequence[tables.CityProblemsPoll]:
            return await reading.list_polls(after=keyset, limit=limit)

        return await connection(
            "city_problems.polls",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=reading.count_polls,
            key=lambda row: (row.closes_at, row.id),
            node=CityProblemsPoll.of,
        )

    @field(public=PUBLIC, description="A draft is shown to who may change it only.")
    async def poll(self, id: uuid.UUID) -> CityProblemsPoll | None:
        row = await reading.poll_of(id)
        return None if row is None else CityProblemsPoll.of(row)

    @field(permission=POLLS, description="Polls that are not published yet, the newest first, 100 at most.")
    async def poll_drafts(self) -> list[CityProblemsPoll]:
        return [CityProblemsPoll.of(row) for row in await reading.drafts()]


@strawberry.input(description="What may be chosen; one language is enough.")
class CityProblemsPollOptionInput:
    title_ru: str = ""
    title_en: str = ""


@strawberry.input(description="A question to the residents; one language is enough.")
class CityProblemsPollInput:
    options: list[CityProblemsPollOptionInput] = strawberry.field(description="From 2 to 20.")
    closes_at: datetime = strawberry.field(description="At most 90 days from now.")
    opens_at: datetime | None = strawberry.field(default=None, description="Null: as soon as it is published.")
    title_ru: str = ""
    title_en: str = ""
    text_ru: str = ""
    text_en: str = ""
    is_several: bool = False
    is_open_count: bool = False
    territory_id: uuid.UUID | None = None

    def poll(self) -> service.NewPoll:
        """Return what the service is asked."""
        return service.NewPoll(
            title={"ru": self.title_ru, "en": self.title_en},
            text={"ru": self.text_ru, "en": self.text_en},
            options=[{"ru": each.title_ru, "en": each.title_en} for each in self.options],
            is_several=self.is_several,
            is_open_count=self.is_open_count,
            closes_at=self.closes_at,
            opens_at=self.opens_at,
            territory_id=self.territory_id,
        )


@strawberry.type
class PollsMutation:
    @mutation(permission=POLLS, description="Add a draft (no id), or change one. What is published stays as it is.")
    async def city_problems_poll_save(
        self, input: CityProblemsPollInput, id: uuid.UUID | None = None
    ) -> CityProblemsPollPayload:
        return CityProblemsPollPayload(poll=CityProblemsPoll.of(await service.save(input.poll(), id)))

    @mutation(permission=POLLS, description="Show a draft to the residents. It closes by itself.")
    async def city_problems_poll_publish(self, id: uuid.UUID) -> CityProblemsPollPayload:
        return CityProblemsPollPayload(poll=CityProblemsPoll.of(await service.publish(id)))

    @mutation(permission=POLLS, description="Remove a draft.")
    async def city_problems_poll_remove(self, id: uuid.UUID) -> CityProblemsPollRemovePayload:
        await service.remove(id)
        return CityProblemsPollRemovePayload()

    @mutation(
        public="every account votes, and a stranger is refused by the service",
        description="Choose; another choice replaces it while the poll is open.",
    )
    async def city_problems_poll_vote(self, id: uuid.UUID, options: list[str]) -> CityProblemsPollPayload:
        return CityProblemsPollPayload(poll=CityProblemsPoll.of(await service.vote(id, options)))
