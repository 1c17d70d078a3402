"""What people see change while they look: a case, and the inbox.

A source hears ids only. Whether its hearer may know of them is read at each event, in one query, under the rights they
have then; where they may not, nothing is sent, not even that something has happened.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Iterable

import strawberry

from leancity.core.cases.journal import TOPIC
from leancity.core.cases.reads import read_cases
from leancity.core.cases.tables import CaseRecord
from leancity.core.errors import refuse
from leancity.core.live.hub import listening
from leancity.graphql.api import Reread, field, subscription
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import Case

GATHERING = 0.1  # seconds
BATCH = 100
MOST_KNOWN = 1_000
"""Cases of which a subscription remembers that its hearer could read them, those it told of last."""


@strawberry.type(description="A case as it is now, after something about it has changed.")
class CaseChange(Reread):
    is_resync: bool = strawberry.field(
        description="What has happened until now may not have been told: ask for it from your cursor. The first is one."
    )
    case_id: strawberry.Private[uuid.UUID]
    row: strawberry.Private[CaseRecord | None] = None

    async def reread(self) -> bool:
        self.row = (await read_cases([self.case_id])).get(self.case_id)
        return True

    @field(permission=READ, description="Null once the viewer may not read it any more; nothing follows then.")
    def case(self) -> Case | None:
        return None if self.row is None else Case.of(self.row)


@strawberry.type(description="Cases of the inbox that have changed, at most 100.")
class InboxChange(Reread):
    is_resync: bool = strawberry.field(
        description="What has happened until now may not have been told: ask for the list. The first is one."
    )
    gone: list[uuid.UUID] = strawberry.field(
        default_factory=list, description="Cases that the viewer could read and may not read any more."
    )
    heard: strawberry.Private[tuple[uuid.UUID, ...]]
    known: strawberry.Private[frozenset[uuid.UUID]]
    rows: strawberry.Private[tuple[CaseRecord, ...]] = ()

    async def reread(self) -> bool:
        doubtful = self.known if self.is_resync else ()  # what was missed may have taken any of them
        found = await read_cases({*self.heard, *doubtful})
        self.rows = tuple(found[each] for each in self.heard if each in found)
        self.gone = [each for each in {*self.heard, *doubtful} if each in self.known and each not in found]
        return bool(self.rows or self.gone or self.is_resync)

    @field(permission=READ, description="As they are now.")
    def cases(self) -> list[Case]:
        return [Case.of(row) for row in self.rows]


class _Known:
    """The cases that a subscription has told of, or that its hearer was watching: the latest only."""

    def __init__(self, cases: Iterable[uuid.UUID]) -> None:
        self._cases = dict.fromkeys(cases)

    def among(self, cases: Iterable[uuid.UUID]) -> frozenset[uuid.UUID]:
        return frozenset(each for each in cases if each in self._cases)

    def all(self) -> frozenset[uuid.UUID]:
        return frozenset(self._cases)

    def note(self, change: InboxChange) -> None:
        for case_id in change.gone:
            self._cases.pop(case_id, None)
        for row in change.rows:
            self._cases.pop(row.id, None)
            self._cases[row.id] = None
        while len(self._cases) > MOST_KNOWN:
            del self._cases[next(iter(self._cases))]


@strawberry.type
class LiveSubscription:
    @subscription(permission=READ, description="The case now, and after each change of it or of what hangs on it.")
    async def case_changed(self, id: uuid.UUID) -> AsyncGenerator[CaseChange, None]:
        async with listening(TOPIC, id) as listener:
            if not await read_cases([id]):
                raise refuse("not_found", "id")
            change = CaseChange(case_id=id, is_resync=True)
            yield change
            while change.row is not None:
                heard = await listener.heard(most=1)
                change = CaseChange(case_id=id, is_resync=heard.is_resync)
                yield change

    @subscription(
        permission=READ,
        description="Cases within the viewer's reach that change, or that come into it. Those that are being watched"
        " (what the viewer sees of the inbox, at most 1000), or were told of, are also told of when they leave it.",
    )
    async def inbox_changed(self, watching: list[uuid.UUID] | None = None) -> AsyncGenerator[InboxChange, None]:
        if len(watching or ()) > MOST_KNOWN:
            raise refuse("watching_too_many", "watching", limit=MOST_KNOWN)
        async with listening(TOPIC) as listener:
            known = _Known(await read_cases({*(watching or ())}))
            yield InboxChange(is_resync=True, heard=(), known=frozenset())
            while True:
                heard = await listener.heard(most=BATCH, gathering=GATHERING)
                watched = known.all() if heard.is_resync else known.among(heard.subjects)
                change = InboxChange(is_resync=heard.is_resync, heard=heard.subjects, known=watched)
                yield change
                known.note(change)
