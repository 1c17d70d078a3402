"""Work items: the lists of what there is to do, and one item with its form."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.moment import now
from leancity.core.processes.running import worklist
from leancity.core.processes.running.fitting import ASSIGN, WORK
from leancity.core.processes.running.sendback import may_send_back
from leancity.core.processes.running.shown import form_of
from leancity.graphql.api import Connection, Context, Keyset, connection, field
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import Case, case_of
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of
from leancity.graphql.kernel.process_forms import WorkItemForm

UNITS = "core.unit.read"


@strawberry.enum(description="How far a work item has come.")
class WorkItemState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    STARTED = "started"
    SUSPENDED = "suspended"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@strawberry.enum(description="What comes first: what waits longest, or what falls due.")
class WorkItemOrder(StrEnum):
    AVAILABLE = "available"
    DUE = "due"


@strawberry.type(description="Work that a process asks of somebody.")
class WorkItem:
    id: uuid.UUID
    title: str
    lane: str
    state: WorkItemState
    attempt: int = strawberry.field(description="Above 1: the case has come here again.")
    process_key: str
    process_title: str
    case_number: str = strawberry.field(description="Empty on the test stand.")
    case_title: str
    available_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    done_at: datetime | None
    due_at: datetime | None
    is_overdue: bool
    worked_seconds: float = strawberry.field(description="Working time spent until it was interrupted or finished.")
    estimate_seconds: float | None = strawberry.field(description="What the drawing says it takes.")
    is_test: bool = strawberry.field(description="Of the test stand.")
    version: int = strawberry.field(description="Give it back as expectedVersion with what is done to the item.")
    row: strawberry.Private[worklist.Work]

    @classmethod
    def of(cls, row: worklist.Work) -> Self:
        return cls(
            id=row.id,
            title=row.title,
            lane=row.lane,
            state=WorkItemState(row.state),
            attempt=row.attempt,
            process_key=row.process_key,
            process_title=row.process_title,
            case_number=row.case_number,
            case_title=row.case_title,
            available_at=row.available_at,
            claimed_at=row.claimed_at,
            started_at=row.started_at,
            done_at=row.done_at,
            due_at=row.due_at,
            is_overdue=row.due_at is not None and (row.done_at or now()) > row.due_at,
            worked_seconds=row.worked_s,
            estimate_seconds=row.estimate_s,
            is_test=row.mark == "test",
            version=row.version,
            row=row,
        )

    @field(permission=UNITS, description="Who has it; null while nobody has.")
    async def assignee(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.assignee_id)

    @field(permission=UNITS, description="The unit that it lies with, its own or its process's.")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.row.unit_id)

    @field(permission=READ, description="Null for who may not read it.")
    async def case(self, info: Info[Context, None]) -> Case | None:
        return None if self.row.case_id is None else await case_of(info, self.row.case_id)

    @field(permission=WORK, description="Null where it asks for nothing, and for who may not do it.")
    async def form(self) -> WorkItemForm | None:
        shown = await form_of(self.id)
        return None if shown is None else WorkItemForm.of(shown)

    @field(permission=WORK, description="The drawing has a way back: see workItemSendBack.")
    async def can_send_back(self) -> bool:
        return await may_send_back(self.row)


async def item_of(info: Info[Context, None], item_id: uuid.UUID | None) -> WorkItem | None:
    """Return an item that the viewer may do or has done, None for any other."""
    row = None if item_id is None else await found_by_id(info, "work_item", worklist.read_work, item_id)
    return None if row is None else WorkItem.of(row)


@strawberry.input(description="Which work items; what is left out asks for nothing.")
class WorkItemFilterInput:
    states: list[WorkItemState] | None = strawberry.field(default=None, description="Those still to be done.")
    process: str | None = strawberry.field(default=None, description="Key of a process.")
    lane: str | None = None
    due_before: datetime | None = strawberry.field(default=None, description="Exclusive.")
    overdue: bool = False
    unit_id: uuid.UUID | None = None
    assignee_id: uuid.UUID | None = None
    taken: bool = strawberry.field(default=False, description="Assigned to the viewer, or to whom they stand in for.")
    is_test: bool = strawberry.field(default=False, description="Of the test stand instead.")
    text: str = strawberry.field(default="", description="In the title of the item or case, or the case's number.")

    def wanted(self, order: WorkItemOrder) -> worklist.WorkFilter:
        """Return what the service is asked."""
        return worklist.WorkFilter(
            states=tuple(each.value for each in self.states or ()),
            process=self.process,
            lane=self.lane,
            due_before=self.due_before,
            overdue_at=now() if self.overdue else None,
            unit_id=self.unit_id,
            assignee_id=self.assignee_id,
            taken=self.taken,
            is_test=self.is_test,
            text=self.text,
            by_due=order is WorkItemOrder.DUE,
        )


@strawberry.type(description="How much there is to do for the viewer.")
class WorkItemCounts:
    waiting: int = strawberry.field(description="Nobody has taken it yet.")
    taken: int = strawberry.field(description="Assigned to the viewer, or to whom they stand in for.")
    overdue: int
    suspended: int


@strawberry.type
class ProcessWorkQuery:
    @field(permission=WORK)
    async def work_item(self, info: Info[Context, None], id: uuid.UUID) -> WorkItem | None:
        return await item_of(info, id)

    @field(permission=WORK, description="What the viewer may do, or has done; as a substitute too.")
    async def work_items(
        self,
        filter: WorkItemFilterInput | None = None,
        order: WorkItemOrder = WorkItemOrder.AVAILABLE,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[WorkItem]:
        wanted = (filter or WorkItemFilterInput()).wanted(order)
        read, count = partial(worklist.list_work, wanted), partial(worklist.count_work, wanted)
        return await _page(f"core.work_items.{order}", first, after, wanted, read, count)

    @field(permission=ASSIGN, description="What lies with the units of who assigns.")
    async def work_items_of_units(
        self,
        filter: WorkItemFilterInput | None = None,
        order: WorkItemOrder = WorkItemOrder.AVAILABLE,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[WorkItem]:
        wanted = (filter or WorkItemFilterInput()).wanted(order)
        read, count = partial(worklist.list_unit_work, wanted), partial(worklist.count_unit_work, wanted)
        return await _page(f"core.work_items_of_units.{order}", first, after, wanted, read, count)

    @field(permission=WORK)
    async def work_item_counts(self) -> WorkItemCounts:
        return WorkItemCounts(**vars(await worklist.count_folders(now())))


async def _page(
    list_name: str,
    first: int | None,
    after: str | None,
    wanted: worklist.WorkFilter,
    read: Callable[..., Awaitable[Sequence[worklist.Work]]],
    count: Callable[[], Awaitable[int]],
) -> Connection[WorkItem]:
    async def fetch(limit: int, keyset: Keyset | None) -> Sequence[worklist.Work]:
        return await read(limit=limit, after=None if keyset is None else worklist.Place(*keyset))

    return await connection(
        list_name,
        keyset=(datetime, uuid.UUID),
        first=first,
        after=after,
        fetch=fetch,
        count=count,
        key=lambda row: worklist.place_of(row, by_due=wanted.by_due),
        node=WorkItem.of,
    )
