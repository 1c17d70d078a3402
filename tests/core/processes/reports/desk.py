"""A city with an owner of processes, and what their reports are made of."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from python_calamine import CalamineWorkbook

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.ids import new_id
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City, TestUser
from tests.core.processes.reports.analytics import make_cases

ZONE = ZoneInfo("Asia/Sakhalin")
SINCE, UNTIL = "2026-10-01", "2026-10-31"
LATE_OCTOBER = datetime(2026, 10, 29, 17, tzinfo=ZONE)
LATE_SEPTEMBER = datetime(2026, 9, 29, 17, tzinfo=ZONE)
MADE = "id state error ownerId since until pdfUrl xlsxUrl content"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """``owner`` has no permission; ``analyst`` reads and changes all processes; ``process`` is the owner's."""

    city: City
    owner: TestUser
    analyst: TestUser
    process: uuid.UUID

    async def live(self, since: str = SINCE, until: str = UNTIL, *, as_: TestUser | None = None) -> Any:
        """Return the owner's report as it is now."""
        return await self.ask(
            "query ($o: UUID!, $s: Date!, $u: Date!) { answer: processOwnerReport(ownerId: $o, since: $s, until: $u) }",
            as_=as_ or self.owner,
            o=str(self.owner.id),
            s=since,
            u=until,
        )

    async def ask(self, query: str, *, as_: TestUser | None = None, **values: Any) -> Any:
        """Return what a root field named ``answer`` answers."""
        return (await self.city.data(query, values, as_=as_ or self.analyst))["answer"]

    async def make(self, since: str = SINCE, until: str = UNTIL, *, as_: TestUser | None = None) -> Any:
        """Have the owner's report made and return it."""
        asked = await self.ask(
            "mutation ($o: UUID!, $s: Date!, $u: Date!) { answer: ownerReportMake(ownerId: $o, since: $s, until: $u)"
            " { errors { field code } report { id state } } }",
            as_=as_ or self.owner,
            o=str(self.owner.id),
            s=since,
            u=until,
        )
        assert asked["errors"] == [] and asked["report"]["state"] == "waiting"
        await self.city.run_jobs()
        return await self.report(asked["report"]["id"], as_=as_ or self.owner)

    async def report(self, report_id: str, *, as_: TestUser | None = None) -> Any:
        """Return a report that was made."""
        return await self.ask(
            f"query ($id: UUID!) {{ answer: ownerReport(id: $id) {{ {MADE} }} }}", as_=as_, id=report_id
        )

    async def file(self, url: str, *, as_: TestUser | None = None) -> bytes:
        """Fetch a file of a report."""
        answer = await self.city.request("GET", url, as_=as_ or self.owner)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def run(self, verb: str, more: str = "", **values: Any) -> Any:
        """Begin, cancel or resume a run as the analyst and return its payload."""
        query = f"mutation {{ answer: ownerReportRun{verb}({more}) {{ errors {{ field code }} run {{ {RUN} }} }} }}"
        return await self.ask(query, **values)


RUN = "id state total done failed version since until"
BEGIN = f'since: "{SINCE}", until: "{UNTIL}"'


async def make_desk(city: City, *, title: str = "Согласование вывески", cases: int = 12) -> Desk:
    """Furnish a city: cases of 8 hours in October, of 16 in September, and an owner who may nothing else."""
    owner, analyst = await city.user(), await city.user("core.process.read", "core.process.change", "core.unit.read")
    async with city.serving():
        process = await create_process(ProcessCard(key="sign", title=title, owner_id=owner.id))
    if cases:
        await make_cases(city, process.id, cases, last=LATE_OCTOBER, hours=(8, 2))
        await make_cases(city, process.id, cases, last=LATE_SEPTEMBER, hours=(16, 3))
    return Desk(city=city, owner=owner, analyst=analyst, process=process.id)


async def make_owners(city: City, count: int) -> list[uuid.UUID]:
    """Make people who own a process each and never sign in, with a case or two in October."""
    ids = [new_id() for _ in range(count)]
    async with city.serving():
        async with tenant_tx(write=True):
            await UserAccount.insert(
                *(UserAccount(id=each, login=f"owner-{each}", name=f"Owner {place}", kind="staff")
                  for place, each in enumerate(ids))
            )  # fmt: skip
        for place, each in enumerate(ids):
            await create_process(ProcessCard(key=f"own.p{place}", title=f"Process {place}", owner_id=each))
    return ids


async def in_unit(city: City, title: str, *people: TestUser, parent_id: uuid.UUID | None = None, **more: Any) -> Any:
    """Make a unit in which these people work; ``more``: columns of it."""
    async with city.serving(), tenant_tx(write=True):
        row = OrgUnit(key=title, title=title, parent_id=parent_id, **more)
        await row.save()
        for each in people:
            await UserAccount.update({UserAccount.unit_id: row.id}).where(UserAccount.id == each.id)
    return row.id


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """Return a workbook's cells by sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def days(content: dict[str, Any]) -> tuple[date, date]:
    """Return the first and the last day of a report."""
    return date.fromisoformat(content["since"]), date.fromisoformat(content["until"])


def kept(row: Any) -> dict[str, Any]:
    """Return a stored report's content."""
    content: dict[str, Any] = json.loads(row["content"])
    return content
