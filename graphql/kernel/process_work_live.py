"""A work list, as it changes while somebody looks at it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator

import strawberry

from leancity.core.errors import refuse
from leancity.core.live.hub import listening
from leancity.core.processes.running.fitting import WORK
from leancity.core.processes.running.worklist import ACTIVE, TOPIC, Work, read_work
from leancity.graphql.api import Reread, field, subscription
from leancity.graphql.kernel.process_work import WorkItem

GATHERING = 0.1  # seconds
BATCH = 100
MOST_KNOWN = 1_000
"""Items of which a subscription remembers that its hearer has them on screen."""


@strawberry.type(description="Work items that have changed, at most 100.")
class WorkItemsChange(Reread):
    is_resync: bool = strawberry.field(
        description="What has happened until now may not have been told: ask for the list. The first is one."
    )
    gone: list[uuid.UUID] = strawberry.field(
        default_factory=list, description="Items that were the viewer's to do and are not any more."
    )
    heard: strawberry.Private[tuple[uuid.UUID, ...]]
    known: strawberry.Private[frozenset[uuid.UUID]]
    rows: strawberry.Private[tuple[Work, ...]] = ()

    async def reread(self) -> bool:
        asked = {*self.heard, *(self.known if self.is_resync else ())}
        found = {id_: work for id_, work in (await read_work(asked)).items() if work.state in ACTIVE}
        self.rows = tuple(found[each] for each in self.heard if each in found)
        self.gone = [each for each in asked if each in self.known and each not in found]
        return bool(self.rows or self.gone or self.is_resync)

    @field(permission=WORK, description="As they are now, those that the viewer may do.")
    def items(self) -> list[WorkItem]:
        return [WorkItem.of(row) for row in self.rows]


@strawberry.type
class ProcessWorkSubscription:
    @subscription(
        permission=WORK,
        description="Items that the viewer may do: new ones and changed ones, and those that are watched (at most 1000)"
        " or were told of when they are done or another's.",
    )
    async def work_items_changed(
        self, watching: list[uuid.UUID] | None = None
    ) -> AsyncGenerator[WorkItemsChange, None]:
        if len(watching or ()) > MOST_KNOWN:
            raise refuse("watching_too_many", "watching", limit=MOST_KNOWN)
        async with listening(TOPIC) as listener:
            known = dict.fromkeys(await read_work({*(watching or ())}))
            yield WorkItemsChange(is_resync=True, heard=(), known=frozenset())
            while True:
                heard = await listener.heard(most=BATCH, gathering=GATHERING)
                change = WorkItemsChange(is_resync=heard.is_resync, heard=heard.subjects, known=frozenset(known))
                yield change
                for item_id in change.gone:
                    known.pop(item_id, None)
                known |= dict.fromkeys(row.id for row in change.rows)
                while len(known) > MOST_KNOWN:
                    del known[next(iter(known))]
