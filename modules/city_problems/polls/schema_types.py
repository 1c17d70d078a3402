"""What the schema says of a poll."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.core.geo.territories import territories_by_id
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.graphql.api import Context, Payload, field, loader
from leancity.modules.city_problems.polls import reading, tables

PUBLIC = "what the city asks its residents, and what they answer taken together"
OWN = "it is the viewer's own"


@strawberry.type(description="What may be chosen.")
class CityProblemsPollOption:
    key: str
    title: str = strawberry.field(description="In the reader's language.")
    title_ru: str
    title_en: str
    poll_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, poll_id: uuid.UUID, option: dict[str, Any]) -> Self:
        return cls(key=option["key"], poll_id=poll_id, **_texts("title", option["title"]))

    @field(public=PUBLIC, description="How often it was chosen; null while that is not to be known.")
    async def votes(self, info: Info[Context, None]) -> int | None:
        result = await loader(info, "city_problems.poll_results", _results).load(self.poll_id)
        return None if result is None else result.votes.get(self.key, 0)


@strawberry.type(description="A question to the residents.")
class CityProblemsPoll:
    id: uuid.UUID
    title: str = strawberry.field(description="In the reader's language.")
    title_ru: str
    title_en: str
    text: str
    text_ru: str
    text_en: str
    options: list[CityProblemsPollOption]
    is_several: bool = strawberry.field(description="More than one option may be chosen.")
    is_open_count: bool = strawberry.field(description="The count is shown while it is still open.")
    is_published: bool
    is_open: bool = strawberry.field(description="It takes votes now.")
    opens_at: datetime
    closes_at: datetime
    territory_id: uuid.UUID | None

    @classmethod
    def of(cls, row: tables.CityProblemsPoll) -> Self:
        return cls(
            id=row.id,
            **_texts("title", json.loads(row.title)),
            **_texts("text", json.loads(row.text)),
            options=[CityProblemsPollOption.of(row.id, each) for each in json.loads(row.options)],
            is_several=row.is_several,
            is_open_count=row.is_open_count,
            is_published=row.is_published,
            is_open=row.is_published and row.opens_at <= now() < row.closes_at,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            territory_id=row.territory_id,
        )

    @field(public=PUBLIC, description="How many people have chosen; null while that is not to be known.")
    async def voters(self, info: Info[Context, None]) -> int | None:
        result = await loader(info, "city_problems.poll_results", _results).load(self.id)
        return None if result is None else result.voters

    @field(public=OWN, description="The keys of what the viewer has chosen.")
    async def my_vote(self, info: Info[Context, None]) -> list[str]:
        return await loader(info, "city_problems.poll_votes", _my_votes).load(self.id)

    @field(public=PUBLIC, description="Whom it is about, in words; anybody may answer.")
    async def territory_title(self, info: Info[Context, None]) -> str | None:
        if self.territory_id is None:
            return None
        return await loader(info, "city_problems.poll_territories", _territories).load(self.territory_id)


@strawberry.type
class CityProblemsPollPayload(Payload):
    poll: CityProblemsPoll | None = None


@strawberry.type
class CityProblemsPollRemovePayload(Payload):
    pass


def _texts(name: str, words: dict[str, str]) -> dict[str, str]:
    mine = pick(words, current_principal().locale) if words else ""
    return {name: mine, f"{name}_ru": words.get("ru", ""), f"{name}_en": words.get("en", "")}


async def _results(ids: list[uuid.UUID]) -> list[reading.Result | None]:
    found = await reading.results_of(ids)
    return [found.get(each) for each in ids]


async def _my_votes(ids: list[uuid.UUID]) -> list[list[str]]:
    found = await reading.my_votes(ids)
    return [found.get(each, []) for each in ids]


async def _territories(ids: list[uuid.UUID]) -> list[str | None]:
    found = await territories_by_id(ids)
    return [found[each].title if each in found else None for each in ids]
