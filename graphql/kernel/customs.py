"""What a city makes its own, item by item, with the history of it and a way back.

Values come as one JSON object, field to value: which fields there are depends on the collection, and a city's
collections on its modules, so that no input type could name them; ``values.<field>`` is then the path of the mistake in
just what the client has sent.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.types import Info
from strawberry.utils.str_converters import to_camel_case

from leancity.core.cases.checks import keepable
from leancity.core.customs import history as journal
from leancity.core.customs import service, tables
from leancity.core.customs.collection import Collection
from leancity.core.customs.known import changeable, changeables
from leancity.core.settings.declared import fields_of
from leancity.graphql.api import JSON, Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.case_kinds import in_words
from leancity.graphql.kernel.module_settings import ModuleSetting
from leancity.graphql.kernel.people import User, user_of

WHY = "the service asks for the collection's own permission"
ACTORS = "core.unit.read"


@strawberry.type(description="A list of what a city may make its own.")
class CustomCollection:
    name: str
    module: str
    title: str
    may_add: bool = strawberry.field(description="The city may add items of its own.")

    @classmethod
    def of(cls, row: Collection) -> Self:
        return cls(name=row.name, module=row.module, title=in_words(row.title), may_add=row.may_add)


@strawberry.type(description="An item, as it holds in the city.")
class CustomItem:
    collection: str
    key: str
    fields: list[ModuleSetting]
    is_added: bool = strawberry.field(description="The city, or its region, has added it.")
    is_off: bool = strawberry.field(description="It is switched off here.")
    dropped: JSON = strawberry.field(description="Stored values that are taken no more, by name and by whose they are.")

    @classmethod
    def of(cls, row: service.Item) -> Self:
        found = row.resolved
        return cls(
            collection=row.collection,
            key=row.key,
            fields=[ModuleSetting.of(each) for each in found.fields],
            is_added=row.is_added,
            is_off=row.is_off,
            dropped=JSON({to_camel_case(name): {**held} for name, held in found.dropped.items()}),
        )


@strawberry.type(description="A change of what the city, or its region, has set of an item.")
class CustomChange:
    id: uuid.UUID
    at: datetime
    collection: str
    key: str
    before: JSON | None = strawberry.field(description="The fields that were set before; null: none.")
    after: JSON | None = strawberry.field(description="The fields that were set afterwards; null: none.")
    source: str = strawberry.field(description="Empty for a person's, profile:<name>, region, or undo.")
    undoes_id: uuid.UUID | None = strawberry.field(description="The change that it took back.")
    actor_id: uuid.UUID | None = strawberry.field(description="The account; null for the platform and for operators.")

    @classmethod
    def of(cls, row: tables.CustomChange) -> Self:
        return cls(
            id=row.id,
            at=row.at,
            collection=row.collection,
            key=row.key,
            before=_sent(row.before),
            after=_sent(row.after),
            source=row.source,
            undoes_id=row.undoes_id,
            actor_id=row.actor_id,
        )

    @field(permission=ACTORS, description="Who did it.")
    async def actor(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.actor_id)


@strawberry.type
class CustomPayload(Payload):
    item: CustomItem | None = strawberry.field(default=None, description="Null where there is none of the key now.")
    has_changed: bool | None = strawberry.field(default=None, description="False: it was so already.")


@strawberry.type
class CustomQuery:
    @field(public=WHY, description="Those that the viewer may change.")
    def custom_collections(self) -> list[CustomCollection]:
        return [CustomCollection.of(each) for each in changeables()]

    @field(public=WHY, description="All items of a collection; search is a part of a key or of a value.")
    async def custom_items(self, collection: str, search: str = "") -> list[CustomItem]:
        wanted = keepable(search).strip().lower()
        return [CustomItem.of(each) for each in await service.explained(collection) if wanted in _searched(each)]

    @field(public=WHY, description="What was changed, newest first.")
    async def custom_history(
        self,
        collection: str | None = None,
        key: str | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[CustomChange]:
        wanted = None if key is None else keepable(key)

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.CustomChange]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await journal.history(collection, wanted, limit=limit, after=place)

        async def count() -> int:
            return await journal.count_history(collection, wanted)

        return await connection(
            "core.customs",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.at, row.id),
            node=CustomChange.of,
        )


@strawberry.type
class CustomMutation:
    @mutation(
        public=WHY,
        description="Set fields of an item, or add one: values are an object, field to value. What is left out stays, "
        "null goes back to what is inherited.",
    )
    async def custom_change(self, collection: str, values: JSON, key: str = "") -> CustomPayload:
        return await _changed(collection, key, _read(changeable(collection), values))

    @mutation(public=WHY, description="Let a whole item be as it is inherited; an added one goes.")
    async def custom_reset(self, collection: str, key: str = "") -> CustomPayload:
        return await _changed(collection, key, None)

    @mutation(public=WHY, description="Put back what stood there before a change; an undo can be undone too.")
    async def custom_undo(self, change_id: uuid.UUID) -> CustomPayload:
        made = await journal.undo(change_id)
        return CustomPayload(item=await _item(made.collection, made.key), has_changed=True)


async def _changed(collection: str, key: str, values: Mapping[str, Any] | None) -> CustomPayload:
    key = keepable(key)
    has_changed = await service.change(collection, key, values)
    return CustomPayload(item=await _item(collection, key), has_changed=has_changed)


async def _item(collection: str, key: str) -> CustomItem | None:
    found = await service.explained_one(collection, key)
    return None if found is None else CustomItem.of(found)


def _searched(item: service.Item) -> str:
    values = [each.value for each in item.resolved.fields]
    return f"{item.key}\n{json.dumps(values, ensure_ascii=False)}".lower()


def _sent(stored: str | None) -> JSON | None:
    values = journal.value_of(stored)
    return None if values is None else JSON({to_camel_case(name): value for name, value in values.items()})


def _read(found: Collection, values: Any) -> Any:
    """Return the values with the fields' own names; what is no object or no field is the service's to refuse."""
    if not isinstance(values, Mapping):
        return values
    names = {to_camel_case(each.name): each.name for each in fields_of(found.item)}
    return {names.get(name, name): value for name, value in values.items()}
