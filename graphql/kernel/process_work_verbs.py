"""What people do with a work item."""

from __future__ import annotations

import uuid

import strawberry
from strawberry.types import Info

from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import describe
from leancity.core.identity.principal import current_principal
from leancity.core.processes.running import items, worklist
from leancity.core.processes.running.fitting import ASSIGN, WORK
from leancity.graphql.api import JSON, Context, Payload, UserError, field, mutation, user_error
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import Case, case_of
from leancity.graphql.kernel.process_work import WorkItem, item_of

ANSWERS = "facts."


@strawberry.type
class WorkItemPayload(Payload):
    item_id: strawberry.Private[uuid.UUID | None] = None
    instance_id: strawberry.Private[uuid.UUID | None] = None
    case_id: strawberry.Private[uuid.UUID | None] = None

    @field(permission=WORK, description="As it is now; null when nothing was done, and where it is another's now.")
    async def item(self, info: Info[Context, None]) -> WorkItem | None:
        return await item_of(info, self.item_id)

    @field(permission=READ, description="Null when nothing was finished, on the test stand, and for who may not read.")
    async def case(self, info: Info[Context, None]) -> Case | None:
        return None if self.case_id is None else await case_of(info, self.case_id)

    @field(permission=WORK, description="What the viewer may do next of the same process, once an item is finished.")
    async def next_items(self) -> list[WorkItem]:
        if self.instance_id is None:
            return []
        return [WorkItem.of(row) for row in await worklist.open_work_of(self.instance_id)]


@strawberry.type
class ProcessWorkMutation:
    @mutation(permission=WORK, description="Take an item that nobody has.")
    async def work_item_claim(self, item_id: uuid.UUID, expected_version: int | None = None) -> WorkItemPayload:
        row = await items.claim(item_id, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=WORK, description="Give an item back to those whom it was offered to.")
    async def work_item_release(self, item_id: uuid.UUID, expected_version: int | None = None) -> WorkItemPayload:
        row = await items.release(item_id, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=WORK, description="Begin to work, taking the item first where nobody has it.")
    async def work_item_start(self, item_id: uuid.UUID, expected_version: int | None = None) -> WorkItemPayload:
        row = await items.start(item_id, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=WORK, description="Interrupt the work; worked time stands still.")
    async def work_item_suspend(
        self, item_id: uuid.UUID, reason: str, expected_version: int | None = None
    ) -> WorkItemPayload:
        row = await items.suspend(item_id, reason, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=WORK, description="Go on after an interruption.")
    async def work_item_resume(self, item_id: uuid.UUID, expected_version: int | None = None) -> WorkItemPayload:
        row = await items.resume(item_id, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=ASSIGN, description="Give an item to somebody who may do it, or back to its queue (null).")
    async def work_item_assign(
        self, item_id: uuid.UUID, user_id: uuid.UUID | None = None, expected_version: int | None = None
    ) -> WorkItemPayload:
        row = await items.assign(item_id, user_id, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=WORK, description="Hand one's item on to a colleague who may do it.")
    async def work_item_delegate(
        self, item_id: uuid.UUID, user_id: uuid.UUID, note: str = "", expected_version: int | None = None
    ) -> WorkItemPayload:
        row = await items.delegate(item_id, user_id, note, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(permission=WORK, description="Keep what was typed so far, right or wrong.")
    async def work_item_save_draft(
        self, item_id: uuid.UUID, facts: JSON, expected_version: int | None = None
    ) -> WorkItemPayload:
        row = await items.save_draft(item_id, facts, expected_version=expected_version)
        return WorkItemPayload(item_id=row.id)

    @mutation(
        permission=WORK, description="Finish an item. Mistakes name the field as the form spells it: facts.depth."
    )
    async def work_item_complete(
        self, item_id: uuid.UUID, facts: JSON, expected_version: int | None = None
    ) -> WorkItemPayload:
        try:
            instance = await items.complete(item_id, facts, expected_version=expected_version)
        except Refused as refusal:
            return WorkItemPayload(errors=_as_the_form_spells(refusal))
        return WorkItemPayload(item_id=item_id, instance_id=instance.id, case_id=instance.case_id)

    @mutation(permission=WORK, description="Finish an item by sending its case back, where the drawing has a way back.")
    async def work_item_send_back(
        self, item_id: uuid.UUID, reason: str, expected_version: int | None = None
    ) -> WorkItemPayload:
        instance = await items.send_back(item_id, reason, expected_version=expected_version)
        return WorkItemPayload(item_id=item_id, instance_id=instance.id, case_id=instance.case_id)


def _as_the_form_spells(refusal: Refused) -> list[UserError]:
    """Return what is wrong; a form's fields are named by its author, not as the schema names its own."""
    locale = current_principal().locale
    return [
        UserError(field=problem.field, code=problem.code, message=describe(problem, locale))
        if (problem.field or "").startswith(ANSWERS)
        else user_error(problem)
        for problem in refusal.problems
    ]
