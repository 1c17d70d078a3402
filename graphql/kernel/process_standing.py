"""Who lags, by department and executor: one page for the mayor, and for a head of theirs."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.reports import lagging
from leancity.graphql.api import Context, field
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

UNITS = "core.unit.read"
WHO = "core.process.read or core.task.assign, asked by the service: a head sees their own units"

strawberry.enum(lagging.Side, name="ProcessStandingBy", description="By what work is told apart.")


@strawberry.type(description="How the work of one unit, person, process or lane stands now.")
class ProcessStandingRow:
    open: int
    overdue: int
    due_soon: int = strawberry.field(description="Within the days that were asked about.")
    suspended: int
    oldest_at: datetime | None = strawberry.field(description="Since when the oldest waits.")
    late_since: datetime | None = strawberry.field(description="When the longest overdue was due.")
    done: int = strawberry.field(description="Within the period.")
    promised: int = strawberry.field(description="Of these, with a term.")
    on_time_rate: float | None
    process_id: uuid.UUID | None
    lane: str
    row: strawberry.Private[lagging.Standing]

    @classmethod
    def of(cls, row: lagging.Standing) -> Self:
        ids = ("unit_id", "user_id")
        return cls(**{name: value for name, value in vars(row).items() if name not in ids}, row=row)

    @field(permission=UNITS)
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.row.unit_id)

    @field(permission=UNITS, description="Null: nobody has taken it.")
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.user_id)


@strawberry.type(description="Who lags.")
class ProcessStanding:
    total: ProcessStandingRow
    rows: list[ProcessStandingRow] = strawberry.field(description="Who lags most comes first.")
    count: int = strawberry.field(description="How many rows there are; more than `limit` are left out.")

    @classmethod
    def of(cls, found: lagging.Standings) -> Self:
        rows = [ProcessStandingRow.of(row) for row in found.rows]
        return cls(total=ProcessStandingRow.of(found.total), rows=rows, count=found.count)


@strawberry.type
class ProcessStandingQuery:
    @field(public=WHO, description="The whole city for who reads processes, their units for who assigns work.")
    async def process_standing(
        self,
        by: lagging.Side,
        process_key: str | None = None,
        soon_days: int = 3,
        period_days: int = 30,
        limit: int = 50,
    ) -> ProcessStanding:
        return ProcessStanding.of(
            await lagging.standings(by, process=process_key, soon_days=soon_days, period_days=period_days, limit=limit)
        )
