"""The form of a work item, as whoever fills it in sees it."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.running.formats import ACCOUNT, UNIT
from leancity.core.processes.running.references import named_in
from leancity.core.processes.running.shown import ShownForm
from leancity.graphql.api import JSON, Context, field
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

UNITS = "core.unit.read"


@strawberry.type(description="What a work item asks to be filled in.")
class WorkItemForm:
    key: str
    title: str
    data_schema: JSON = strawberry.field(description="JSON Schema 2020-12 of the answers.")
    ui_schema: JSON = strawberry.field(description="Order, titles, help, widgets and conditions of the fields.")
    names: list[str] = strawberry.field(description="The fields in their order.")
    visible: list[str] = strawberry.field(description="Those asked for, given the facts and the draft.")
    facts: JSON = strawberry.field(description="What the case knows of the form's fields, masked where it says so.")
    draft: JSON = strawberry.field(description="What was typed and kept before.")
    shown: strawberry.Private[ShownForm]

    @field(permission=UNITS, description="The people whom facts and draft name in fields of the format account.")
    async def accounts(self, info: Info[Context, None]) -> list[User]:
        found = [await user_of(info, each) for each in _named(self.shown, ACCOUNT)]
        return [each for each in found if each is not None]

    @field(permission=UNITS, description="The units that facts and draft name in fields of the format unit.")
    async def units(self, info: Info[Context, None]) -> list[OrgUnit]:
        found = [await unit_of(info, each) for each in _named(self.shown, UNIT)]
        return [each for each in found if each is not None]

    @classmethod
    def of(cls, shown: ShownForm) -> Self:
        return cls(
            key=shown.form.key,
            title=shown.form.title,
            data_schema=JSON(dict(shown.form.data_schema)),
            ui_schema=JSON(dict(shown.form.ui_schema)),
            names=[*shown.form.names],
            visible=[*shown.visible],
            facts=JSON(shown.facts),
            draft=JSON(shown.draft),
            shown=shown,
        )


def _named(shown: ShownForm, format_: str) -> list[uuid.UUID]:
    known = (*named_in(shown.form, shown.facts, format_), *named_in(shown.form, shown.draft, format_))
    return [*dict.fromkeys(known)]
