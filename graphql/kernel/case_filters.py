"""Saved filters of the inbox, each person's own."""

from __future__ import annotations

import json
import uuid
from typing import Self

import strawberry

from leancity.core.cases import filters, tables
from leancity.graphql.api import JSON, Payload, field, mutation
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.inbox import InboxFilterInput


@strawberry.type(description="A saved filter of the inbox.")
class CaseFilter:
    id: uuid.UUID
    name: str
    filter: JSON = strawberry.field(description="What inbox takes as its filter.")

    @classmethod
    def of(cls, row: tables.CaseFilter) -> Self:
        return cls(id=row.id, name=row.name, filter=JSON(json.loads(row.filter)))


@strawberry.type
class CaseFilterPayload(Payload):
    filter: CaseFilter | None = None


@strawberry.type
class CaseFilterDeletePayload(Payload):
    filter_id: uuid.UUID | None = None


@strawberry.type
class CaseFilterQuery:
    @field(permission=READ, description="The viewer's own, by name.")
    async def case_filters(self) -> list[CaseFilter]:
        return [CaseFilter.of(row) for row in await filters.my_filters()]


@strawberry.type
class CaseFilterMutation:
    @mutation(permission=READ, description="Keep a filter of the inbox under a new name.")
    async def case_filter_save(self, name: str, filter: InboxFilterInput) -> CaseFilterPayload:
        return CaseFilterPayload(filter=CaseFilter.of(await filters.save_filter(name, filter.as_json())))

    @mutation(permission=READ)
    async def case_filter_rename(self, filter_id: uuid.UUID, name: str) -> CaseFilterPayload:
        return CaseFilterPayload(filter=CaseFilter.of(await filters.rename_filter(filter_id, name)))

    @mutation(permission=READ)
    async def case_filter_delete(self, filter_id: uuid.UUID) -> CaseFilterDeletePayload:
        await filters.delete_filter(filter_id)
        return CaseFilterDeletePayload(filter_id=filter_id)
