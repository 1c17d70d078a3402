"""Reports for all owners: by hand, by the city's plan; how far a run has come, as it comes."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Sequence
from datetime import date, datetime, timedelta
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.live.hub import listening
from leancity.core.processes.reports import plans, runs, tables
from leancity.core.processes.reports.periods import Period
from leancity.core.processes.reports.states import TOPIC
from leancity.core.processes.versions.stages import CHANGE, READ
from leancity.graphql.api import (
    Connection,
    Context,
    Keyset,
    Payload,
    Reread,
    connection,
    field,
    mutation,
    subscription,
)
from leancity.graphql.kernel.people import User, user_of

strawberry.enum(Period, name="OwnerReportPeriod", description="After what reports are made by themselves.")
_DAY = timedelta(days=1)


@strawberry.type(description="The making of a report for every owner.")
class OwnerReportRun:
    id: uuid.UUID
    since: date
    until: date = strawberry.field(description="Included.")
    state: str = strawberry.field(description="waiting, running, done or cancelled.")
    total: int
    done: int
    failed: int
    made_at: datetime = strawberry.field(description="When it was asked for.")
    finished_at: datetime | None
    version: int
    author_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.ReportRun) -> Self:
        return cls(
            id=row.id,
            since=row.from_on,
            until=row.until_on - _DAY,
            state=row.state,
            total=row.total,
            done=row.done,
            failed=row.failed,
            made_at=row.made_at,
            finished_at=row.finished_at,
            version=row.version,
            author_id=row.author_id,
        )

    @field(permission="core.unit.read", description="Null where the plan asked for it.")
    async def author(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.author_id)


@strawberry.type(description="Whether reports are made by themselves when a period has ended.")
class OwnerReportPlan:
    period: Period
    is_active: bool
    last_until: date | None = strawberry.field(
        description="What ended before this day has been made, or was passed by."
    )
    version: int

    @classmethod
    def of(cls, row: tables.ReportPlan) -> Self:
        return cls(period=Period(row.period), is_active=row.is_active, last_until=row.last_until, version=row.version)


@strawberry.type(description="A run as it is now.")
class OwnerReportRunChange(Reread):
    is_resync: bool = strawberry.field(description="What has happened until now may not have been told.")
    run_id: strawberry.Private[uuid.UUID]
    row: strawberry.Private[tables.ReportRun | None] = None

    async def reread(self) -> bool:
        self.row = await runs.read_run(self.run_id)
        return True

    @field(permission=READ)
    def run(self) -> OwnerReportRun | None:
        return None if self.row is None else OwnerReportRun.of(self.row)


@strawberry.type
class OwnerReportRunQuery:
    @field(permission=READ)
    async def owner_report_run(self, id: uuid.UUID) -> OwnerReportRun:
        return OwnerReportRun.of(await runs.read_run(id))

    @field(permission=READ, description="The newest first.")
    async def owner_report_runs(self, first: int | None = None, after: str | None = None) -> Connection[OwnerReportRun]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.ReportRun]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await runs.list_runs(limit=limit, after=place)

        return await connection(
            "core.owner_report_runs",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=runs.count_runs,
            key=lambda row: (row.made_at, row.id),
            node=OwnerReportRun.of,
        )

    @field(permission=READ, description="What the city has planned; a period that is not there is not.")
    async def owner_report_plans(self) -> list[OwnerReportPlan]:
        return [OwnerReportPlan.of(row) for row in await plans.list_plans()]


@strawberry.type
class OwnerReportRunPayload(Payload):
    run: OwnerReportRun | None = None


@strawberry.type
class OwnerReportPlanPayload(Payload):
    plan: OwnerReportPlan | None = None


@strawberry.type
class OwnerReportRunMutation:
    @mutation(permission=CHANGE, description="Make the reports of all owners of some days, both included.")
    async def owner_report_run_begin(self, since: date, until: date) -> OwnerReportRunPayload:
        return OwnerReportRunPayload(run=OwnerReportRun.of(await runs.begin_run(since, until)))

    @mutation(permission=CHANGE, description="What is made stays, what waits is taken back.")
    async def owner_report_run_cancel(
        self, id: uuid.UUID, expected_version: int | None = None
    ) -> OwnerReportRunPayload:
        return OwnerReportRunPayload(run=OwnerReportRun.of(await runs.cancel_run(id, expected_version)))

    @mutation(permission=CHANGE, description="Ask once more for what failed or was given up.")
    async def owner_report_run_resume(
        self, id: uuid.UUID, expected_version: int | None = None
    ) -> OwnerReportRunPayload:
        return OwnerReportRunPayload(run=OwnerReportRun.of(await runs.resume_run(id, expected_version)))

    @mutation(permission=CHANGE, description="Switch the reports of a period on or off; the running one is the first.")
    async def owner_report_plan_save(
        self, period: Period, is_active: bool, expected_version: int | None = None
    ) -> OwnerReportPlanPayload:
        row = await plans.save_plan(period, is_active=is_active, expected_version=expected_version)
        return OwnerReportPlanPayload(plan=OwnerReportPlan.of(row))


@strawberry.type
class OwnerReportRunSubscription:
    @subscription(permission=READ, description="A run now, and after each report of it.")
    async def owner_report_run_changed(self, id: uuid.UUID) -> AsyncGenerator[OwnerReportRunChange, None]:
        async with listening(TOPIC, id) as listener:
            await runs.read_run(id)
            yield OwnerReportRunChange(run_id=id, is_resync=True)
            while True:
                heard = await listener.heard(most=1)
                yield OwnerReportRunChange(run_id=id, is_resync=heard.is_resync)
