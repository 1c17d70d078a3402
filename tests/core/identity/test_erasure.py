"""Erasing a person: by account, e-mail and phone, in all modules, resumable, proved; asked for over GraphQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.audit.digests import digest_of
from leancity.core.cases.filters import save_filter
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.erased_parts import KERNEL_PARTS
from leancity.core.identity.erasure import ask_erasure
from leancity.core.identity.tables import Erasure, ErasurePart, UserAccount
from leancity.core.identity.vault import unseal
from leancity.core.jobs.run import run_job
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.platform import Platform
from leancity.modules.city_problems.demo import load_categories
from tests.modules.city_problems.conftest import let_anybody_report

REPORT = """
mutation ($input: CityProblemsReportInput!) { cityProblemsReport(input: $input) { errors { code } report { id } } }
"""
ERASE = """
mutation ($id: UUID, $email: String! = "", $phone: String! = "", $reason: String! = "Request 42") {
  personErase(personId: $id, email: $email, phone: $phone, reason: $reason) {
    errors { field code } erasure { id finishedAt parts { part } } } }
"""
CERTIFICATE = """
{ erasures { totalCount edges { node {
  id personId reason finishedAt askedBy { id } parts { part erased kept note doneAt } } } } }
"""
NAME, PHONE, EMAIL = "Ирина Петрова", "+7 (900) 123-45-67", "Irina@Mail.example"


@dataclass(frozen=True, kw_only=True)
class Town:
    """The officer erases; the person has an account."""

    city: City
    officer: TestUser
    person: TestUser

    async def report(self, *, as_: TestUser | None = None, **reporter: str) -> str:
        """Report with a name and return the case's id."""
        named = {"reporterName": NAME, **reporter}
        filled = {"point": {"lat": 46.9591, "lon": 142.738}, "category": "pothole", "text": "A deep hole", **named}
        payload = (await self.city.data(REPORT, {"input": filled}, as_=as_))["cityProblemsReport"]
        assert payload["errors"] == []
        case: str = payload["report"]["id"]
        return case

    async def erase(self, **variables: Any) -> dict[str, Any]:
        """Ask as the officer and return the payload."""
        payload: dict[str, Any] = (await self.city.data(ERASE, variables, as_=self.officer))["personErase"]
        return payload

    async def certificate(self) -> dict[str, Any]:
        """Return the newest request."""
        erasures = (await self.city.data(CERTIFICATE, as_=self.officer))["erasures"]
        node: dict[str, Any] = erasures["edges"][0]["node"]
        return node

    async def reporters(self) -> dict[str, tuple[str, str, str]]:
        """Return what is kept of reporters, by case."""
        rows = await self.city.rows(
            "select case_id, reporter_name, reporter_phone, reporter_email from city_problems_report"
            " where tenant_id = $1"
        )
        return {str(row[0]): (row[1], row[2], row[3]) for row in rows}


@pytest_asyncio.fixture
async def town(make_city: Callable[..., Awaitable[City]]) -> Town:
    city = await make_city("city_problems", locale="en")
    async with city.serving():
        await load_categories()
        await let_anybody_report()
    officer = await city.user("core.person.erase", "core.unit.read")
    person = await city.user("core.case.read", roles=["core.executor"])
    async with city.serving(), tenant_tx(write=True):
        mine = {UserAccount.email: EMAIL, UserAccount.phone: PHONE, UserAccount.name: NAME}
        await UserAccount.update(mine).where(UserAccount.id == person.id)
    return Town(city=city, officer=officer, person=person)


async def test_an_account_is_erased_everywhere_and_the_certificate_says_how_much(town: Town) -> None:
    city, person = town.city, town.person
    async with city.serving(as_=person):
        await save_filter("mine", {})
    async with city.serving(), tenant_tx(write=True):
        digest = await digest_of(person.id, EMAIL)
    own = await town.report(as_=person)
    as_stranger = await town.report(reporterPhone="8 900 123 45 67")
    by_mail = await town.report(reporterEmail="IRINA@mail.example")
    somebody = await town.report(reporterPhone="+7 900 765-43-21", reporterEmail="ivan@mail.example")

    asked = await town.erase(id=str(person.id))
    assert asked["errors"] == [] and asked["erasure"]["finishedAt"] is None
    await city.run_jobs()

    certificate = await town.certificate()
    assert certificate["finishedAt"] is not None
    assert (certificate["personId"], certificate["reason"]) == (str(person.id), "Request 42")
    assert certificate["askedBy"] == {"id": str(town.officer.id)}
    parts = {part["part"]: part for part in certificate["parts"]}
    assert parts.keys() == {*KERNEL_PARTS, *installed_modules().obliged("person_erased")}
    # The account itself, its token and its two grants.
    assert parts["core.account"]["erased"] == 4
    assert (parts["core.cases"]["erased"], parts["core.cases"]["kept"]) == (1, 1)
    assert "records" in parts["core.cases"]["note"]
    assert parts["core.audit"]["erased"] == 1
    assert parts["city_problems"]["erased"] == 3

    kept = await town.reporters()
    assert [kept[case] for case in (own, as_stranger, by_mail)] == [("", "", "")] * 3
    assert kept[somebody] == (NAME, "+7 900 765-43-21", "ivan@mail.example")
    (account,) = await city.rows("select * from user_account where tenant_id = $1 and id = $2", person.id)
    assert (account["login"], account["name"], account["email"], account["phone"]) == (
        f"erased-{person.id}",
        "",
        "",
        "",
    )
    assert account["is_active"] is False and account["erased_at"] is not None and account["password_hash"] == ""
    refused = await city.request("POST", "/graphql", as_=person, json={"query": "{ viewer { name } }"})
    assert refused.status_code == 401
    async with city.serving(), tenant_tx(write=True):
        assert await digest_of(person.id, EMAIL) != digest, "the salt is gone"


async def test_nothing_of_the_person_is_left_in_the_request_its_jobs_and_the_log(town: Town) -> None:
    await town.report(as_=town.person, reporterEmail=EMAIL)
    before = await _everything(town.city)
    assert NAME in before and EMAIL in before
    await town.erase(id=str(town.person.id), email=EMAIL, phone=PHONE)
    jobs = await town.city.rows("select payload from job where tenant_id = $1 and name = 'core.erase_person'")
    assert {tuple(sorted(json.loads(row["payload"]))) for row in jobs} == {("erasure_id", "part")}
    async with town.city.serving(), tenant_tx():
        (row,) = await Erasure.objects()
        assert EMAIL.lower() in unseal(row.person) and EMAIL.lower() not in row.person, "sealed while it is needed"
    await town.city.run_jobs()
    after = (await _everything(town.city)).lower()
    for word in (NAME, EMAIL, "123-45-67", "9001234567", town.person.login):
        assert word.lower() not in after, word
    (left,) = await town.city.rows("select person from erasure where tenant_id = $1")
    assert left["person"] == ""


async def _everything(city: City) -> str:
    """Return every row of the city's tables as text, but for the roles that the test kit calls by the login."""
    tables = await city.rows(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
        " where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relrowsecurity and $1::int > 0"
    )
    found = [
        await city.rows(f'select t::text from "{row["relname"]}" t where t.tenant_id = $1')
        for row in tables
        if row["relname"] not in {"role", "audit_event"}
    ]
    log = await city.rows(
        "select t::text from audit_event t where t.tenant_id = $1 and action not in ('core.user.created')"
    )
    return "\n".join(row["t"] for rows in [*found, log] for row in rows)


async def test_a_stranger_is_erased_by_phone_or_mail_and_twice_is_no_harm(town: Town) -> None:
    case = await town.report(reporterPhone="+7 901 000-00-01", reporterEmail="oleg@mail.example")
    for erased, by in (
        (1, {"phone": "8 901 000 00 01"}),
        (0, {"email": " OLEG@mail.example"}),
        (0, {"phone": "79010000001"}),
    ):
        assert (await town.erase(**by))["errors"] == []
        await town.city.run_jobs()
        certificate = await town.certificate()
        assert certificate["finishedAt"] is not None and certificate["personId"] is None
        assert {part["part"]: part["erased"] for part in certificate["parts"]}["city_problems"] == erased
    assert (await town.reporters())[case] == ("", "", "")
    assert await town.city.rows("select 1 from user_account where tenant_id = $1 and erased_at is not null") == []


async def test_an_account_with_the_same_address_is_pointed_to(town: Town) -> None:
    await town.erase(email=EMAIL)
    await town.city.run_jobs()
    (account,) = [part for part in (await town.certificate())["parts"] if part["part"] == "core.account"]
    assert (account["erased"], account["kept"]) == (0, 1)
    assert account["note"].startswith("Other accounts")


async def test_a_second_request_for_the_same_account_works(town: Town) -> None:
    for _ in range(2):
        assert (await town.erase(id=str(town.person.id)))["errors"] == []
        await town.city.run_jobs()
    certificate = await town.certificate()
    assert certificate["finishedAt"] is not None
    assert {part["erased"] for part in certificate["parts"]} == {0}


async def test_a_module_that_was_left_forgets_people_too(town: Town) -> None:
    case = await town.report(as_=town.person)
    await town.city.leave("city_problems")
    await town.erase(id=str(town.person.id))
    await town.city.run_jobs()
    assert (await town.reporters())[case] == ("", "", "")
    assert (await town.certificate())["finishedAt"] is not None


async def test_a_part_that_fails_holds_up_no_other_and_goes_on_later(town: Town, platform: Platform) -> None:
    case = await town.report(as_=town.person)
    await town.erase(id=str(town.person.id))
    superuser = await asyncpg.connect(platform.superuser_url, database=platform.database)
    await superuser.execute("revoke update on city_problems_report from leancity_app")
    try:
        await town.city.run_jobs()
    finally:
        await superuser.execute("grant update on city_problems_report to leancity_app")
        await superuser.close()
    halfway = await town.certificate()
    assert halfway["finishedAt"] is None
    assert {part["part"] for part in halfway["parts"]} >= set(KERNEL_PARTS)
    assert (await town.reporters())[case][0] == NAME
    await town.city.run_jobs(all_due=True)
    whole = await town.certificate()
    assert whole["finishedAt"] is not None and (await town.reporters())[case][0] == ""
    done = {part["part"]: part["doneAt"] for part in whole["parts"]}
    assert {part["part"]: part["doneAt"] for part in halfway["parts"]}.items() <= done.items(), "no part was done twice"


async def test_a_kill_between_parts_costs_nothing(town: Town) -> None:
    await town.erase(id=str(town.person.id))
    jobs = await town.city.rows("select id from job where tenant_id = $1 and name = 'core.erase_person'")
    await run_job(town.city.tenant.id, jobs[0]["id"])
    await run_job(town.city.tenant.id, jobs[0]["id"])
    async with town.city.serving(), tenant_tx():
        assert await ErasurePart.count() == 1
    assert (await town.certificate())["finishedAt"] is None
    await town.city.run_jobs()
    assert (await town.certificate())["finishedAt"] is not None


@pytest.mark.parametrize(
    ("variables", "problems"),
    [
        ({}, [("personId", "erasure_person_missing")]),
        ({"id": "00000000-0000-0000-0000-000000000000"}, [("personId", "not_found")]),
        ({"email": "irina", "phone": "12", "reason": " "}, ["reason", "email", "phone"]),
        ({"email": "i•••@•••.ru"}, ["email"]),
        ({"phone": "+7 900 •••••67"}, ["phone"]),
    ],
)
async def test_a_request_that_names_nobody_is_refused(
    town: Town, variables: dict[str, str], problems: list[Any]
) -> None:
    payload = await town.erase(**variables)
    fields = [problem if isinstance(problem, str) else problem[0] for problem in problems]
    assert [error["field"] for error in payload["errors"]] == fields
    assert payload["erasure"] is None
    assert await town.city.rows("select 1 from erasure where tenant_id = $1") == []


async def test_the_last_who_can_grant_roles_stays(town: Town) -> None:
    admin = await town.city.user("core.person.erase", "core.role.change")
    payload = (await town.city.data(ERASE, {"id": str(admin.id)}, as_=admin))["personErase"]
    assert [(each["field"], each["code"]) for each in payload["errors"]] == [("personId", "role_admin_last")]
    other = await town.city.user("core.role.change")
    for each in (admin, other):  # each alone would leave the other
        async with town.city.serving(as_=town.officer):
            await ask_erasure(person_id=each.id, reason="Request 43")
    await town.city.run_jobs()
    left = await town.city.rows(
        "select id from user_account where tenant_id = $1 and is_active and id = any($2)", [admin.id, other.id]
    )
    assert [row["id"] for row in left] == [other.id]


async def test_who_may_not_erase_is_refused_and_recorded(town: Town) -> None:
    answer = await town.city.graphql(ERASE, {"id": str(town.officer.id)}, as_=town.person)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await town.city.graphql(CERTIFICATE, as_=town.person))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_citys_person_is_not_found(town: Town, another_city: City) -> None:
    theirs = await another_city.user()
    assert [each["code"] for each in (await town.erase(id=str(theirs.id)))["errors"]] == ["not_found"]
    async with town.city.serving(as_=town.officer):
        with pytest.raises(Refused):
            await ask_erasure(person_id=theirs.id, reason="x")


async def test_parts_that_run_side_by_side_wait_for_one_another(town: Town) -> None:
    await town.report(as_=town.person)
    assert (await town.erase(id=str(town.person.id)))["errors"] == []
    jobs = await town.city.rows("select id from job where tenant_id = $1 and name = 'core.erase_person'")
    assert len(jobs) > 3
    await asyncio.gather(*(run_job(town.city.tenant.id, job["id"]) for job in jobs))
    assert (await town.certificate())["finishedAt"] is not None
    (row,) = await town.city.rows("select max(attempts) from job where tenant_id = $1 and name = 'core.erase_person'")
    assert row["max"] == 0, "none of them has failed on the way"
