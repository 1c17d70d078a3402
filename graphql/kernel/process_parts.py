"""What a version of a process consists of: nodes, flows, forms, decisions, words of people, measures."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import describe
from leancity.core.identity.principal import current_principal
from leancity.core.processes.bpmn.diff import Change
from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.versions import tables
from leancity.core.processes.versions.measures import is_waiver
from leancity.core.processes.versions.stages import Subject
from leancity.graphql.api import JSON, Context, field
from leancity.graphql.kernel.people import User, user_of

strawberry.enum(Subject, name="ProcessSubject", description="What a person is asked to agree to.")


@strawberry.type(description="A flow node of a version. Times are seconds of working time, a day has eight hours.")
class ProcessNode:
    node_id: str = strawberry.field(description="Its id in the drawing.")
    type: str = strawberry.field(description="The BPMN element, userTask for one.")
    title: str
    lane: str
    parent: str = strawberry.field(description="The sub-process around it, empty at the top.")
    lead_s: float | None
    processing_s: float | None
    waiting_s: float | None
    movement_s: float | None
    labour_s: float | None
    capacity_per_day: float | None
    launches_per_month: float | None
    error_rate: float | None = strawberry.field(description="From 0 to 1.")
    value_class: str = strawberry.field(description="va, bnva (required by law), nva, or empty.")
    basis: str = strawberry.field(description="norm, estimate, measured, or empty.")

    @classmethod
    def of(cls, row: tables.ProcessNode) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.__annotations__})


@strawberry.type(description="A sequence flow of a version.")
class ProcessFlow:
    flow_id: str
    source: str
    target: str
    title: str
    condition: str = strawberry.field(description="As drawn.")
    probability: float | None

    @classmethod
    def of(cls, row: tables.ProcessFlow) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.__annotations__})


@strawberry.type(description="A form of a version.")
class ProcessForm:
    key: str
    title: str
    data_schema: JSON
    ui_schema: JSON

    @classmethod
    def of(cls, row: tables.ProcessForm) -> Self:
        data, looks = json.loads(row.data_schema), json.loads(row.ui_schema)
        return cls(key=row.key, title=row.title, data_schema=JSON(data), ui_schema=JSON(looks))


@strawberry.type(description="A decision table of a version.")
class ProcessDecision:
    key: str
    title: str
    xml: str = strawberry.field(description="DMN.")

    @classmethod
    def of(cls, row: tables.ProcessDecision) -> Self:
        return cls(key=row.key, title=row.title, xml=row.xml)


@strawberry.type(description="Something in a drawing to mend or to know.")
class ProcessFinding:
    code: str
    element: str = strawberry.field(description="The id of the element.")
    title: str = strawberry.field(description="Its name, its id where it has none.")
    is_error: bool = strawberry.field(description="It keeps the version from the test stand.")
    message: str

    @classmethod
    def of(cls, row: Finding) -> Self:
        message = _in_words(row.code, row.facts)
        return cls(code=row.code, element=row.element, title=row.title, is_error=row.is_error, message=message)


@strawberry.type(description="What the platform added to a drawing, or left out of it, so that it can run.")
class ProcessAssumption:
    code: str
    element: str
    title: str
    message: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        facts = {**row["params"], "element": row["element"], "title": row["title"]}
        message = _in_words(row["code"], facts)
        return cls(code=row["code"], element=row["element"], title=row["title"], message=message)


def _in_words(code: str, facts: Mapping[str, Any]) -> str:
    return describe(Problem(code=code, params=facts), current_principal().locale)


@strawberry.type(description="What is otherwise in a new drawing.")
class ProcessChange:
    kind: str = strawberry.field(description="process, node, flow or lane.")
    what: str = strawberry.field(description="added, removed, renamed, moved or changed.")
    element: str = strawberry.field(description="Its id in the new drawing, in the old one of what was removed.")
    title: str
    attribute: str = strawberry.field(description="Empty for what was added or removed.")
    before: str | None
    after: str | None

    @classmethod
    def of(cls, row: Change) -> Self:
        before, after = (None if each is None else str(each) for each in (row.before, row.after))
        return cls(
            kind=row.kind,
            what=row.what,
            element=row.element,
            title=row.title,
            attribute=row.field,
            before=before,
            after=after,
        )


@strawberry.type(description="A person's word on a version.")
class ProcessAgreement:
    subject: Subject
    state: str = strawberry.field(description="asked, agreed or refused.")
    note: str
    asked_at: datetime
    answered_at: datetime | None
    user_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: tables.ProcessAgreement) -> Self:
        return cls(
            subject=Subject(row.subject),
            state=row.state,
            note=row.note,
            asked_at=row.asked_at,
            answered_at=row.answered_at,
            user_id=row.user_id,
        )

    @field(permission="core.unit.read")
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.user_id)


@strawberry.type(description="An organisational measure before a version may be tried, and the act it was done by.")
class ProcessMeasure:
    id: uuid.UUID
    title: str = strawberry.field(description="Of a waiver the reason.")
    due_on: date | None
    act_number: str
    act_date: date | None
    act_file_id: uuid.UUID | None
    done_at: datetime | None
    is_waiver: bool = strawberry.field(description="It says that no measures are needed.")
    responsible_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.ProcessMeasure) -> Self:
        return cls(
            id=row.id,
            title=row.title,
            due_on=row.due_on,
            act_number=row.act_number,
            act_date=row.act_date,
            act_file_id=row.act_file_id,
            done_at=row.done_at,
            is_waiver=is_waiver(row),
            responsible_id=row.responsible_id,
        )

    @field(permission="core.unit.read")
    async def responsible(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.responsible_id)
