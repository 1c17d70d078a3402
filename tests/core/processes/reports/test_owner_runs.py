"""Reports for all owners: by hand and by the plan, with progress, cancelled, gone on with, never made twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import RoleGrant, UserAccount
from leancity.core.jobs.run import run_job
from leancity.core.moment import now
from leancity.core.notifications.preferences import Wish, change_wishes
from leancity.core.plugins.contributions import ErasedPerson
from leancity.core.processes.reports import plans
from leancity.core.processes.reports.erasure import forget_in_reports
from leancity.core.processes.reports.making import make_report
from leancity.core.processes.reports.periods import Period, Span, before, last_ended
from leancity.core.processes.reports.tables import OwnerReport, ReportPlan
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.mailbox import Mailbox
from leancity.core.testing.platform import Platform
from leancity.core.testing.socket import Socket
from tests.core.processes.reports.desk import BEGIN, RUN, Desk, make_desk, make_owners, sheets
from tests.graphql.kernel.watching import all_told

OWNERS = 30
PATIENCE = 60.0  # seconds: a hang guard


NOTICES = """{ answer: notifications { totalCount edges { node { text event key caseId caseNumber caseTitle
  caseKindTitle statusTitle subject { kind id title } } } } }"""


async def told(desk: Desk, who: TestUser) -> list[Any]:
    """Do what is due, and what that asks for, and return a person's list of notifications."""
    while await desk.city.run_jobs():
        pass
    found = await desk.ask(NOTICES, as_=who)
    nodes = [edge["node"] for edge in found["edges"]]
    assert found["totalCount"] == len(nodes)
    return nodes


async def state(desk: Desk) -> list[Any]:
    """Return the reports of the city as they are stored."""
    return await desk.city.rows("select * from owner_report where tenant_id = $1 order by owner_id")


async def queued(city: City, name: str = "core.owner_report") -> list[Any]:
    """Return the waiting jobs of a name."""
    return await city.rows("select id from job where tenant_id = $1 and name = $2 and state = 'waiting'", name)


async def heard(socket: Socket) -> dict[str, Any]:
    """Return the run of the next event."""
    async with asyncio.timeout(PATIENCE):  # a ping comes again and again: it is no news
        while (message := await socket.receive(patience=PATIENCE))["type"] == "ping":
            await socket.send("pong")
    run: dict[str, Any] = message["payload"]["data"]["ownerReportRunChanged"]["run"]
    return run


async def until(held: Callable[[], Any]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not await held():  # noqa: ASYNC110 - what it waits for happens in another process
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        (Period.WEEK, "2026-11-23", "2026-11-16", "2026-11-22"),
        (Period.WEEK, "2026-11-22", "2026-11-09", "2026-11-15"),
        (Period.MONTH, "2026-03-01", "2026-02-01", "2026-02-28"),
        (Period.MONTH, "2026-01-31", "2025-12-01", "2025-12-31"),
        (Period.QUARTER, "2026-01-01", "2025-10-01", "2025-12-31"),
        (Period.QUARTER, "2026-06-30", "2026-01-01", "2026-03-31"),
    ],
)
def test_the_last_period_that_has_ended(period: Period, day: str, first: str, last: str) -> None:
    span = last_ended(period, date.fromisoformat(day))
    assert (span.first.isoformat(), span.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-11-16", "2026-11-22", ("2026-11-09", "2026-11-15")),
        ("2026-04-01", "2026-06-30", ("2026-01-01", "2026-03-31")),
        ("2026-11-01", "2026-11-23", ("2026-10-09", "2026-10-31")),
        ("2026-11-03", "2026-11-03", ("2026-11-02", "2026-11-02")),
    ],
)
def test_the_period_before(first: str, last: str, expected: tuple[str, str]) -> None:
    found = before(Span(first=date.fromisoformat(first), last=date.fromisoformat(last)))
    assert (found.first.isoformat(), found.last.isoformat()) == expected


async def test_a_report_of_a_run_is_made_once_and_its_owner_told_without_figures(city: City, mailbox: Mailbox) -> None:
    desk = await make_desk(city)
    begun = await desk.run("Begin", BEGIN)
    assert begun["errors"] == [] and (begun["run"]["state"], begun["run"]["total"]) == ("waiting", 1)
    assert (await desk.run("Begin", BEGIN))["errors"] == [{"field": "since", "code": "owner_report_run_going"}]
    (row,) = await state(desk)
    payload = {"report_id": str(row["id"]), "asked_by": str(desk.analyst.id)}
    async with city.serving():
        # As after a hold that ran out too early: one writes the report down, the other finds that done.
        await asyncio.gather(make_report(payload), make_report(payload))
    (ready,) = await told(desk, desk.owner)
    run = await desk.ask(f'{{ answer: ownerReportRun(id: "{begun["run"]["id"]}") {{ {RUN} finishedAt }} }}')
    assert (run["state"], run["done"], run["failed"]) == ("done", 1, 0) and run["finishedAt"]
    (row,) = await state(desk)
    assert row["state"] == "done" and sheets(await desk.file(f"/processes/reports/{row['id']}/report.xlsx"))
    (letter,) = mailbox.to(f"{desk.owner.login}@example.org")
    assert f"{city.host}/owner-reports/{row['id']}" in letter.get_content()
    assert "вывески" not in letter.get_content() and letter["List-Unsubscribe"]
    of_case = {"caseId": None, **dict.fromkeys(("caseNumber", "caseTitle", "caseKindTitle", "statusTitle"), "")}
    assert ready == of_case | {
        "text": "The report on your processes is ready",
        "event": "report_ready",
        "key": "core.report_ready",
        "subject": {"kind": "OWNER_REPORT", "id": str(row["id"]), "title": "Report of an owner of processes"},
    }
    (made,) = await told(desk, desk.analyst)
    assert (made["event"], made["subject"]["kind"], made["subject"]["id"]) == (
        "reports_made",
        "OWNER_REPORT_RUN",
        run["id"],
    )
    again = await desk.run("Cancel", f'id: "{run["id"]}"')
    assert again["errors"] == [{"field": "id", "code": "owner_report_run_over"}]


async def test_who_asks_for_their_own_gets_no_letter(city: City, mailbox: Mailbox) -> None:
    desk = await make_desk(city, cases=1)
    address = f"{desk.owner.login}@example.org"
    assert (await desk.make())["state"] == "done"
    assert await told(desk, desk.owner) == [] and mailbox.to(address) == []
    assert (await desk.make(as_=desk.analyst))["state"] == "done"
    assert len(await told(desk, desk.owner)) == len(mailbox.to(address)) == 1

    # As the owner wants it: not by mail any more; and only who is of the staff is told at all.
    async with city.serving(as_=await city.signed_in(desk.owner)):
        await change_wishes([Wish(key="core.report_ready", channel="email", mode="off")])
    assert (await desk.make(as_=desk.analyst))["state"] == "done"
    assert len(await told(desk, desk.owner)) == 2 and len(mailbox.to(address)) == 1
    async with city.serving(), tenant_tx(write=True):
        await UserAccount.update({UserAccount.kind: "resident"}).where(UserAccount.id == desk.owner.id)
    assert await told(desk, desk.owner) == []


async def test_who_may_not_read_processes_any_more_hears_of_no_run(city: City) -> None:
    desk = await make_desk(city, cases=1)
    assert (await desk.run("Begin", BEGIN))["errors"] == []
    assert [each["event"] for each in await told(desk, desk.analyst)] == ["reports_made"]
    async with city.serving(), tenant_tx(write=True):
        await RoleGrant.delete().where(RoleGrant.user_id == desk.analyst.id)
    assert await told(desk, desk.analyst) == []
    log = await city.rows("select count(*) as n from notification where tenant_id = $1 and subject <> ''")
    assert log[0]["n"] == 2, "the line waits for the right to come back"


@pytest.fixture
def scheduler(platform: Platform) -> Iterator[None]:
    """It is the scheduler that tells who watches."""
    with platform.process("scheduler"):
        yield


@pytest.mark.usefixtures("scheduler")
async def test_progress_is_announced_and_a_cancelled_run_keeps_what_is_made(city: City) -> None:
    desk = await make_desk(city, cases=0)
    await make_owners(city, 2)
    run = (await desk.run("Begin", BEGIN))["run"]
    await all_told(city)
    async with city.socket(desk.analyst) as socket:
        await socket.begin(
            f'subscription {{ ownerReportRunChanged(id: "{run["id"]}") {{ isResync run {{ {RUN} }} }} }}'
        )
        assert (await heard(socket))["done"] == 0
        jobs = await queued(city)
        _, told = await asyncio.gather(run_job(city.tenant.id, jobs[0]["id"]), heard(socket))
        assert (told["state"], told["done"], told["total"]) == ("running", 1, 3)
    stale = await desk.run("Cancel", f'id: "{run["id"]}", expectedVersion: 1')
    assert stale["errors"] == [{"field": "expectedVersion", "code": "process_changed"}]
    cancelled = (await desk.run("Cancel", f'id: "{run["id"]}"'))["run"]
    assert (cancelled["state"], cancelled["done"]) == ("cancelled", 1)
    await city.run_jobs()
    assert [row["state"] for row in await state(desk)] == ["done"]
    assert (await desk.run("Resume", f'id: "{run["id"]}"'))["errors"][0]["code"] == "owner_report_run_over"
    assert (await desk.run("Begin", BEGIN))["errors"] == []


async def test_what_failed_is_asked_for_once_more(city: City) -> None:
    desk = await make_desk(city, cases=1)
    (gone,) = await make_owners(city, 1)
    run = (await desk.run("Begin", BEGIN))["run"]
    await city.rows("update user_account set is_active = false where tenant_id = $1 and id = $2 returning id", gone)
    await city.run_jobs()
    failed = next(row for row in await state(desk) if row["owner_id"] == gone)
    assert (failed["state"], failed["error"]) == ("failed", "owner_report_gone"), "the other's is made all the same"
    assert (await city.request("GET", f"/processes/reports/{failed['id']}/report.pdf", as_=desk.analyst)).json()[
        "errors"
    ][0]["code"] == "owner_report_unmade"
    await city.rows("update user_account set is_active = true where tenant_id = $1 and id = $2 returning id", gone)
    resumed = (await desk.run("Resume", f'id: "{run["id"]}"'))["run"]
    assert (resumed["state"], resumed["done"], resumed["failed"]) == ("running", 1, 0)
    await city.run_jobs()
    run = await desk.ask(f'{{ answer: ownerReportRun(id: "{run["id"]}") {{ {RUN} }} }}')
    assert (run["state"], run["done"], run["failed"]) == ("done", 2, 0)


@pytest.mark.long
async def test_a_killed_worker_leaves_a_run_that_goes_on(city: City) -> None:
    desk = await make_desk(city)
    await make_owners(city, OWNERS - 1)
    run = (await desk.run("Begin", BEGIN))["run"]
    assert run["total"] == OWNERS

    async def done() -> int:
        return len([row for row in await state(desk) if row["state"] == "done"])

    with city.platform.process("scheduler"):
        with city.platform.process("worker") as worker:

            async def some() -> bool:
                return await done() >= 3

            await until(some)
            worker.kill()
            worker.wait()
        assert 3 <= await done() < OWNERS
        await Due.update({Due.held_until: None, Due.lease_until: None}).where(Due.tenant_id == city.tenant.id)
        with city.platform.process("worker"):

            async def all_of_them() -> bool:
                return await done() == OWNERS

            await until(all_of_them)
    found = await desk.ask(f'{{ answer: ownerReportRun(id: "{run["id"]}") {{ {RUN} }} }}')
    assert (found["state"], found["done"], found["failed"]) == ("done", OWNERS, 0)
    rows = await state(desk)
    assert len({row["owner_id"] for row in rows}) == len({row["pdf_id"] for row in rows}) == OWNERS


async def test_a_plan_makes_the_reports_of_a_period_that_has_ended_once(city: City) -> None:
    desk = await make_desk(city, cases=0)
    save = (
        "mutation { answer: ownerReportPlanSave(period: MONTH, isActive: true) { errors { code }"
        " plan { period isActive lastUntil version } } }"
    )
    plan = (await desk.ask(save))["plan"]
    this_month = now().astimezone(city.tenant.zone_info).date().replace(day=1)
    assert plan == {"period": "MONTH", "isActive": True, "lastUntil": this_month.isoformat(), "version": 2}

    async def follow() -> list[Any]:
        async with city.serving():
            await plans.follow_plans({})
        return await city.rows("select from_on, until_on, author_id from report_run where tenant_id = $1")

    assert await follow() == [], "the month that runs has not ended"
    # As if it had been saved half a year ago and no worker had run since: the latest of six is made up for.
    async with city.serving(), tenant_tx(write=True):
        await ReportPlan.update({ReportPlan.last_until: this_month - timedelta(days=180)}, force=True)
    (run,) = await follow()
    assert (run["until_on"], run["author_id"]) == (this_month, None)
    assert run["from_on"] == last_ended(Period.MONTH, this_month).first
    assert len(await follow()) == 1
    await city.run_jobs()
    assert [row["state"] for row in await state(desk)] == ["done"]
    off = save.replace("isActive: true", "isActive: false, expectedVersion: 1")
    assert (await desk.ask(off))["errors"] == [{"code": "process_changed"}]


async def test_a_period_ends_by_the_citys_clock(make_city: Callable[..., Any]) -> None:
    # At 20:30 of the 31st in Greenwich it is the 1st already in Kamchatka, and still the 31st in Kaliningrad.
    moment = datetime(2026, 10, 31, 20, 30, tzinfo=UTC)
    east, west = await make_city(zone="Asia/Kamchatka"), await make_city(zone="Europe/Kaliningrad")
    ends = [last_ended(Period.MONTH, moment.astimezone(each.tenant.zone_info).date()).last for each in (east, west)]
    assert ends == [date(2026, 10, 31), date(2026, 9, 30)]
    for each in (east, west):
        slots = await each.rows(
            "select payload from job where tenant_id = $1 and name = 'core.schedule'"
            " and payload ->> 'schedule' = 'core.owner_reports'"
        )
        (slot,) = [datetime.fromisoformat(json.loads(row["payload"])["slot"]) for row in slots]
        assert slot.astimezone(each.tenant.zone_info).hour == 5


async def test_old_reports_go_and_their_files_with_them(city: City) -> None:
    desk = await make_desk(city, cases=0)
    made = await desk.make()
    assert made["pdfUrl"]
    async with city.serving():
        assert await plans.forget_old() == 0
        async with tenant_tx(write=True):
            await OwnerReport.update({OwnerReport.asked_at: now() - timedelta(days=1200)}, force=True)
        assert await plans.forget_old() == 1
    (left,) = await city.rows(
        "select count(*) as hung from stored_file f where tenant_id = $1 and exists (select from owner_report r"
        " where r.tenant_id = f.tenant_id and f.id in (r.pdf_id, r.xlsx_id))"
    )
    assert left["hung"] == 0, "nothing refers to them: core.files prunes them"


async def test_a_forgotten_owner_leaves_no_report(city: City) -> None:
    desk = await make_desk(city, cases=0)
    await desk.make()
    async with city.serving():
        erased = await forget_in_reports(ErasedPerson(person_id=desk.owner.id, email="", phone=""))
    assert erased.erased == 1 and await state(desk) == []
