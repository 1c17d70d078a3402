"""A workbook into a city, as an operator does it."""

from __future__ import annotations

import asyncio
import csv
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.locks import lock_roles
from leancity.core.identity.service import create_user
from leancity.core.identity.tables import UserAccount
from leancity.core.identity.units import create_unit
from leancity.core.tenancy.tables import TenantRow
from leancity.core.testing.city import USER_PASSWORD, City
from leancity.core.testing.platform import Platform
from leancity.tenants.organisation.checking import check_against_city
from leancity.tenants.organisation.model import Organisation
from leancity.tenants.organisation.reading import read_organisation
from leancity.tenants.organisation.writing import BATCH, write_organisation
from tests.tenants.organisation.faults import PEOPLE, UNITS, site
from tests.tenants.organisation.workbooks import Book, a_town, two_sheets

_TREE = """
select u.key, u.title, u.kind, u.legal_form, u.inn, p.key as parent, h.name as head,
    (select count(*) from user_account a where a.tenant_id = u.tenant_id and a.unit_id = u.id) as people
from org_unit u left join org_unit p on p.tenant_id = u.tenant_id and p.id = u.parent_id
left join user_account h on h.tenant_id = u.tenant_id and h.id = u.head_id
where u.tenant_id = $1 order by u.key
"""
_PEOPLE = """
select login, name, position, email, phone, password_hash, is_active from user_account
where tenant_id = $1 and kind = 'staff' order by login
"""
_AUDIT = "select action, data from audit_event where tenant_id = $1 and action <> 'core.command.run' order by at, id"
_ROLES = """
select a.name, r.key from role_grant g join user_account a on a.tenant_id = g.tenant_id and a.id = g.user_id
join role r on r.tenant_id = g.tenant_id and r.id = g.role_id where g.tenant_id = $1 order by a.name
"""


def run(platform: Platform, city: City, file: Path, *options: str, code: int = 0) -> dict[str, Any]:
    result = platform.command("city", "organisation", city.tenant.slug, str(file), "--json", *options, check=False)
    assert result.returncode == code, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout) if result.stdout else {"stderr": result.stderr}
    return answer


def read(book: Book) -> Organisation:
    return read_organisation(book.file(), "x.xlsx")


async def test_a_city_of_the_sources_size_is_written_by_one_command(
    platform: Platform, city: City, tmp_path: Path
) -> None:
    town = a_town()
    at = site(town, two_sheets(town))
    missing = [at.add(PEOPLE, 1, "", "Водитель", town.units[0].title) for _ in range(2)]
    at.of_person(6, "core.executor, Диспетчер", worker := town.units[3].staff[4])
    file, report = at.book.save(tmp_path / "штат.xlsx"), tmp_path / "report.csv"

    shown = run(platform, city, file, "--preview", "--report", str(report), code=3)
    assert (shown["units"], shown["people"], shown["errors"], shown["written"]) == (60, 600, 2, None)
    with report.open(encoding="utf-8-sig", newline="") as lines:
        told = [row for row in csv.DictReader(lines) if row["severity"] == "error"]
    assert [(row["sheet"], int(row["row"]), row["column"]) for row in told] == [(PEOPLE, row, "B") for row in missing]
    refused = run(platform, city, file, code=1)
    assert "file: The file has 2 errors" in refused["stderr"]
    assert await city.rows(_TREE) == [] and await city.rows(_PEOPLE) == []

    written = run(platform, city, file, "--accept-errors", code=3)["written"]
    assert (written["units_added"], written["people_added"], written["heads_set"]) == (60, 600, 60)
    tree = {row["key"]: row for row in await city.rows(_TREE)}
    assert {
        key: (row["title"], row["parent"], row["head"], row["inn"], row["people"]) for key, row in tree.items()
    } == {
        unit.code: (unit.title, unit.parent.code if unit.parent else None, unit.head.name, unit.inn, 10)
        for unit in town.units
    }
    people = await city.rows(_PEOPLE)
    assert {(row["name"], row["position"], row["email"]) for row in people} == {
        (person.name, person.position, person.email) for person in town.people
    }
    assert all(row["is_active"] and row["password_hash"] == "" and row["phone"].startswith("+7") for row in people)
    assert {tuple(row) for row in await city.rows(_ROLES)} == {
        (worker.name, "core.executor"), (worker.name, "core.dispatcher")
    }  # fmt: skip

    audit = await city.rows(_AUDIT)
    assert [row["action"] for row in audit].count("core.organisation.imported") == 1
    assert not any(person.name in row["data"] or person.email in row["data"] for row in audit for person in town.people)
    again = run(platform, city, file, "--accept-errors", code=3)["written"]
    assert {name: count for name, count in again.items() if count} == {}
    assert await city.rows(_AUDIT) == audit


@pytest.mark.long
async def test_what_a_killed_run_left_is_completed(platform: Platform, city: City, tmp_path: Path) -> None:
    town = a_town()
    book = two_sheets(town)
    site(town, book).of_person(6, "Диспетчер", town.people[-1])
    file = book.save(tmp_path / "штат.xlsx")
    command = [sys.executable, "-m", "leancity.core.cli", "city", "organisation", city.tenant.slug, str(file)]
    # The run gets as far as its last people, one of whom has a role, and waits there for us.
    async with city.serving(), tenant_tx(write=True):
        await lock_roles()
        process = await asyncio.create_subprocess_exec(
            *command, env=platform.environment, stderr=asyncio.subprocess.DEVNULL
        )
        while process.returncode is None and len(await city.rows(_PEOPLE)) < 2 * BATCH:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
        process.kill()
        assert await process.wait() == -signal.SIGKILL
    tree = await city.rows(_TREE)
    assert len(tree) == 60 and sum(row["people"] for row in tree) == 2 * BATCH
    assert not any(row["head"] for row in tree)

    async with city.serving():
        written = await write_organisation(read(book))
    assert (written.units_added, written.people_added, written.heads_set) == (0, 600 - 2 * BATCH, 60)
    assert (len(await city.rows(_PEOPLE)), written.roles_granted) == (600, 1)


async def test_what_the_file_says_is_changed_and_what_it_leaves_out_stays(city: City) -> None:
    town = a_town(staff=5)
    book = two_sheets(town)
    unit, other, person = town.units[3], town.units[6], town.units[3].staff[3]
    async with city.serving():
        await write_organisation(read(book))
        async with tenant_tx(write=True):
            await UserAccount.update({UserAccount.password_hash: "x"}).where(UserAccount.email == person.email)
        at = site(town, book)
        at.of_unit(1, "Отдел преобразованный", unit)
        at.of_unit(4, "", next(at.entities))
        at.of_unit(2, town.units[9].title, other)
        for member in unit.staff:
            at.of_person(3, other.title if member is person else "Отдел преобразованный", member)
        at.of_person(2, "Водитель", person)
        at.of_person(5, "", person)
        written = await write_organisation(read(book))
        added, changed = (written.units_added, written.people_added), (written.units_changed, written.people_changed)
        assert (added, changed) == ((0, 0), (2, 1))
        assert not (await write_organisation(read(book))).changes
    tree = {row["key"]: row for row in await city.rows(_TREE)}
    assert len(tree) == 60 and tree[unit.code]["title"] == "Отдел преобразованный"
    assert tree[other.code]["parent"] == town.units[9].code and tree[other.code]["people"] == 6
    assert all(row["inn"] for row in tree.values() if row["kind"] == "legal_entity")
    row = {row["email"]: row for row in await city.rows(_PEOPLE)}[person.email]
    assert (row["position"], row["password_hash"]) == ("Водитель", "x") and row["phone"].startswith("+7")


async def test_a_unit_that_the_city_has_under_another_key_is_not_made_twice(city: City) -> None:
    town = a_town(staff=5)
    async with city.serving():
        top = await create_unit("administration", "Администрация города")
        await create_unit("culture", town.units[5].title, top)
        assert (await write_organisation(read(two_sheets(town)))).units_added == 58
    keys = {row["key"]: row["parent"] for row in await city.rows(_TREE)}
    assert len(keys) == 60 and keys["culture"] == "administration" and keys[town.units[6].code] == "culture"


async def test_other_peoples_accounts_are_never_taken_over(city: City) -> None:
    town = a_town(staff=5)
    book = two_sheets(town)
    at = site(town, book)
    first, second, third, fourth = (next(at.people) for _ in range(4))
    at.of_person(6, "core.executor; Колдун", fourth)
    async with city.serving():
        await create_user(first.email.partition("@")[0], "Совсем Другой", USER_PASSWORD)
        await create_user("somebody", "Ещё Один", USER_PASSWORD, email=second.email)
        await create_user(third.email, "Житель", USER_PASSWORD, email=third.email, kind="resident")
        found = read(book)
        told = {(f.code, f.row, f.column) for f in await check_against_city(found)}
        assert told == {
            ("organisation_login_taken", first.row, "B"),
            ("organisation_email_taken", second.row, "E"),
            ("organisation_email_resident", third.row, "E"),
            ("organisation_role_unknown", fourth.row, "G"),
        }
        written = await write_organisation(found)
        assert (written.people_added, written.held_back) == (299, 1)
        assert not (await write_organisation(found)).changes
    people = await city.rows(_PEOPLE)
    (other,) = [row for row in people if row["login"] == first.email.partition("@")[0]]
    assert (other["name"], other["email"], other["position"]) == ("Совсем Другой", "", "")
    assert [row["name"] for row in people if row["email"] == second.email] == ["Ещё Один"]


async def test_colleagues_see_what_a_person_works_as(city: City) -> None:
    colleague, chief = await city.user("core.unit.read"), await city.user("core.person.change", "core.person.read")
    rows = [["ФИО", "Должность", "Отдел"], ["Рощин Олег Ильич", "Начальник отдела", "Отдел архива"]]
    async with city.serving():
        await write_organisation(read(Book(sheets={"Люди": rows})))
    asked = "{ units { title kind head { name position } users { id position } } }"
    (unit,) = (await city.data(asked, as_=colleague))["units"]
    assert unit["head"] == {"name": "Рощин Олег Ильич", "position": "Начальник отдела"}

    change = """mutation ($id: UUID!, $position: String!) { personChange(userId: $id, position: $position) {
        errors { code field } person { position } } }"""
    person = {"id": unit["users"][0]["id"], "position": "Советник"}
    changed = (await city.data(change, person, as_=chief))["personChange"]
    assert changed == {"errors": [], "person": {"position": "Советник"}}
    refused = (await city.data(change, {**person, "position": "о" * 201}, as_=chief))["personChange"]
    assert refused["errors"] == [{"code": "too_long", "field": "position"}]
    assert "errors" in await city.graphql(change, person, as_=colleague)


async def test_the_plan_says_how_many_people_there_may_be(city: City) -> None:
    found = read(two_sheets(a_town(staff=5)))
    await TenantRow.update({TenantRow.limits: json.dumps({"people": 299})}).where(TenantRow.id == city.tenant.id)
    async with city.serving():
        (finding,) = await check_against_city(found)
        assert (finding.code, finding.severity, finding.params) == (
            "organisation_people_limit", "error", {"limit": 299, "count": 300}
        )  # fmt: skip
    assert UNITS in {sheet.name for sheet in found.sheets}
