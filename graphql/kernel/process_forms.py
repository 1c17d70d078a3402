"""The form of a work item, as whoever fills it in sees it."""

from __future__ import annotations

from typing import Self

import strawberry

from leancity.core.processes.running.shown import ShownForm
from leancity.graphql.api import JSON


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
        )
