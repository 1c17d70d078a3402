"""What hangs on a case: terms, pauses, comments, files, hand-overs, times."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases import tables
from leancity.core.cases.kinds import WHOLE, CaseKind
from leancity.core.cases.lead_time import CaseTimes
from leancity.core.cases.lists import HungFile
from leancity.core.clock.measure import Duration
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.moment import now
from leancity.graphql.api import Context, field
from leancity.graphql.kernel.case_kinds import in_words, title_of
from leancity.graphql.kernel.choices import CaseFileRole, CaseHandoverState, CaseVisibility
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

READ = "core.case.read"


@strawberry.type(description="A figure that a case is held to, as it was when the case entered the stage.")
class CaseTerm:
    id: uuid.UUID
    stage: str | None = strawberry.field(description="A state of the kind; null for the whole case.")
    stage_title: str
    kind: TargetKind
    amount: float
    unit: DeadlineUnit
    assumed: bool = strawberry.field(description="The source doesn't say which unit it means.")
    source: str
    started_at: datetime
    due_at: datetime | None = strawberry.field(description="Null for a baseline and during a pause.")
    is_overdue: bool = strawberry.field(description="It ended too late, or runs and is past due.")
    time_left: float | None = strawberry.field(description="In the term's unit, during a pause.")
    ended_at: datetime | None
    elapsed: float | None = strawberry.field(description="In the term's unit, once it ended.")

    @classmethod
    def of(cls, row: tables.CaseTerm, kind: CaseKind) -> Self:
        is_whole = row.stage == WHOLE
        return cls(
            id=row.id,
            stage=None if is_whole else row.stage,
            stage_title=in_words(kind.title) if is_whole else title_of(row.stage, kind.states),
            kind=TargetKind(row.kind),
            amount=row.amount,
            unit=DeadlineUnit(row.unit),
            assumed=row.assumed,
            source=row.source,
            started_at=row.started_at,
            due_at=row.due_at,
            is_overdue=row.due_at is not None and row.due_at < (now() if row.ended_at is None else row.ended_at),
            time_left=row.time_left,
            ended_at=row.ended_at,
            elapsed=row.elapsed,
        )


@strawberry.type(description="A time during which the terms of a case stand still.")
class CasePause:
    reason: str
    from_at: datetime
    until_at: datetime | None = strawberry.field(description="Null while it lasts.")

    @classmethod
    def of(cls, row: tables.CasePause) -> Self:
        return cls(reason=row.reason, from_at=row.from_at, until_at=row.until_at)


@strawberry.type(description="A comment on a case.")
class CaseComment:
    id: uuid.UUID
    body: str
    visibility: CaseVisibility
    at: datetime
    author_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.CaseComment) -> Self:
        visibility = CaseVisibility(row.visibility)
        return cls(id=row.id, body=row.body, visibility=visibility, at=row.at, author_id=row.author_id)

    @field(permission=READ)
    async def author(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.author_id)


@strawberry.type(description="A file of a case.")
class CaseFile:
    id: uuid.UUID
    name: str
    media_type: str
    size: int = strawberry.field(description="In bytes.")
    role: CaseFileRole
    visibility: CaseVisibility
    at: datetime
    url: str

    @classmethod
    def of(cls, row: HungFile) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            media_type=row.media_type,
            size=row.size,
            role=CaseFileRole(row.role),
            visibility=CaseVisibility(row.visibility),
            at=row.at,
            url=f"/files/{row.id}",
        )


@strawberry.type(description="An offer of a case to a unit; until it is accepted the giver holds the case.")
class CaseHandover:
    id: uuid.UUID
    state: CaseHandoverState
    note: str
    offered_at: datetime
    answered_at: datetime | None
    reason: str = strawberry.field(description="Why it was returned or withdrawn.")
    giver_id: strawberry.Private[uuid.UUID | None]
    receiver_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: tables.CaseHandover) -> Self:
        return cls(
            id=row.id,
            state=CaseHandoverState(row.state),
            note=row.note,
            offered_at=row.offered_at,
            answered_at=row.answered_at,
            reason=row.reason,
            giver_id=row.giver_id,
            receiver_id=row.receiver_id,
        )

    @field(permission=READ)
    async def giver(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.giver_id)

    @field(permission=READ)
    async def receiver(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.receiver_id)


@strawberry.type(description="A time on both clocks, in seconds, pauses included, and how much of each was paused.")
class CaseDuration:
    clock_seconds: int
    working_seconds: int
    paused_clock_seconds: int
    paused_working_seconds: int

    @classmethod
    def of(cls, duration: Duration) -> Self:
        return cls(
            clock_seconds=duration.clock_seconds,
            working_seconds=duration.work_seconds,
            paused_clock_seconds=duration.paused_clock_seconds,
            paused_working_seconds=duration.paused_work_seconds,
        )


@strawberry.type(description="What a case spent in one state; more than one visit is rework.")
class CaseStateTime:
    status: str
    status_title: str
    visits: int
    duration: CaseDuration


@strawberry.type(description="What a case took from filing to closing, or so far. The states add up to the whole.")
class CaseLeadTime:
    is_closed: bool
    duration: CaseDuration
    states: list[CaseStateTime]

    @classmethod
    def of(cls, times: CaseTimes, kind: CaseKind) -> Self:
        states = [
            CaseStateTime(
                status=state,
                status_title=title_of(state, kind.states),
                visits=time.visits,
                duration=CaseDuration.of(time.duration),
            )
            for state, time in times.states.items()
        ]
        return cls(is_closed=times.is_closed, duration=CaseDuration.of(times.lead_time), states=states)
