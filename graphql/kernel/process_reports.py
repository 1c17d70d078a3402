"""Reports of the owners of processes: as it is now, and those that were made, with the addresses of their files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.reports import reading, tables
from leancity.core.processes.reports.runs import ask_for_report
from leancity.graphql.api import JSON, Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.people import User, user_of

_OWN = "an owner's, their heads' and all processes' readers'; the service tells them apart by the owner"
_DAY = timedelta(days=1)


@strawberry.type(description="A report on an owner's processes that was made, is being made, or could not be.")
class OwnerReport:
    id: uuid.UUID
    run_id: uuid.UUID | None
    owner_id: uuid.UUID
    since: date
    until: date = strawberry.field(description="Included.")
    state: str = strawberry.field(description="waiting, done or failed.")
    error: str = strawberry.field(description="A code, where it failed.")
    asked_at: datetime
    made_at: datetime | None
    pdf_url: str | None = strawberry.field(description="On the city's host; null until it is made.")
    xlsx_url: str | None

    @classmethod
    def of(cls, row: tables.OwnerReport) -> Self:
        path = f"/processes/reports/{row.id}/report"
        return cls(
            id=row.id,
            run_id=row.run_id,
            owner_id=row.owner_id,
            since=row.from_on,
            until=row.until_on - _DAY,
            state=row.state,
            error=row.error,
            asked_at=row.asked_at,
            made_at=row.made_at,
            pdf_url=None if row.pdf_id is None else f"{path}.pdf",
            xlsx_url=None if row.xlsx_id is None else f"{path}.xlsx",
        )

    @field(permission="core.unit.read")
    async def owner(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.owner_id)

    @field(public="what leads here has been asked for; read anew under the same rule", description="As data.")
    async def content(self) -> JSON | None:
        content = reading.told(await reading.read_report(self.id))
        return None if content is None else JSON(content)


@strawberry.type
class OwnerReportQuery:
    @field(public=_OWN, description="An owner's report of some days (both included) as data, reckoned now.")
    async def process_owner_report(self, owner_id: uuid.UUID, since: date, until: date) -> JSON | None:
        return JSON(await reading.live_report(owner_id, since, until))

    @field(public=_OWN, description="A report that was made.")
    async def owner_report(self, id: uuid.UUID) -> OwnerReport | None:
        return OwnerReport.of(await reading.read_report(id))

    @field(public=_OWN, description="The reports that the viewer may see, the newest first.")
    async def owner_reports(
        self,
        owner_id: uuid.UUID | None = None,
        run_id: uuid.UUID | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[OwnerReport] | None:
        wanted = reading.ReportFilter(owner_id=owner_id, run_id=run_id)

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.OwnerReport]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await reading.list_reports(wanted, limit=limit, after=place)

        async def count() -> int:
            return await reading.count_reports(wanted)

        return await connection(
            "core.owner_reports",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.asked_at, row.id),
            node=OwnerReport.of,
        )


@strawberry.type
class OwnerReportPayload(Payload):
    report: OwnerReport | None = None


@strawberry.type
class OwnerReportMutation:
    @mutation(public=_OWN, description="Have an owner's report made, with its files, in the background.")
    async def owner_report_make(self, owner_id: uuid.UUID, since: date, until: date) -> OwnerReportPayload:
        return OwnerReportPayload(report=OwnerReport.of(await ask_for_report(owner_id, since, until)))
