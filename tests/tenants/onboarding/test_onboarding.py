"""Taking a city on at the operator's place: a draft, a file with faults, a reload, and a city that stands."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.errors import Refused
from leancity.core.ids import new_id
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.mailbox import Mailbox
from leancity.core.testing.platform import Platform
from leancity.tenants.onboarding.card import Card
from leancity.tenants.onboarding.steps import STEPS, Wanted, take_on
from leancity.tenants.operator.permissions import ONBOARD
from leancity.tenants.organisation.reading import read_organisation
from leancity.tenants.profiles.reading import read_profile
from tests.tenants.organisation.workbooks import a_town, flat_levels, two_sheets

ONBOARDING = """
id slug state units people errors warnings finishedAt
card { title zone hosts adminEmail } steps { key isDone } problems { field code message }
"""
ANSWER = f"errors {{ field code message }} onboarding {{ {ONBOARDING} }}"
BEGIN = f"mutation ($card: OperatorCardInput!) {{ operatorOnboardingBegin(card: $card) {{ {ANSWER} }} }}"
CHANGE = f"""mutation ($id: UUID!, $card: OperatorCardInput!) {{
  operatorOnboardingChange(id: $id, card: $card) {{ {ANSWER} }} }}"""
FILE = f"mutation ($id: UUID!, $file: UUID) {{ operatorOnboardingFile(id: $id, fileId: $file) {{ {ANSWER} }} }}"
CONFIRM = (
    f"mutation ($id: UUID!, $a: Boolean!) {{ operatorOnboardingConfirm(id: $id, acceptsErrors: $a) {{ {ANSWER} }} }}"
)
DROP = f"mutation ($id: UUID!) {{ operatorOnboardingDrop(id: $id) {{ {ANSWER} }} }}"
INVITATION = "mutation ($id: UUID!) { operatorOnboardingInvitation(id: $id) { errors { field code } url } }"
ACCEPT = 'mutation ($key: String!) { invitationAccept(key: $key, password: "a long enough one") { errors { code } } }'
ONBOARD_AT_ONCE = f"""mutation ($card: OperatorCardInput!, $file: UUID) {{
  operatorCityOnboard(card: $card, fileId: $file) {{ {ANSWER} }} }}"""
READ = f"""query ($id: UUID!) {{ operator {{ onboarding(id: $id) {{ {ONBOARDING} understood {{
  units(first: 5) {{ totalCount edges {{ node {{ title kind people }} }} }}
  findings(severity: ERROR) {{ totalCount edges {{ node {{ code message sheet row value }} }} }} }} }} }} }}"""
STAFF = "select count(*) as n from user_account where tenant_id = $1 and kind = 'staff'"
UNITS = "select count(*) as n from org_unit where tenant_id = $1"


@dataclass(frozen=True, kw_only=True)
class Office:
    """The operator's place, and somebody there who takes cities on."""

    city: City
    clerk: TestUser
    platform: Platform

    async def ask(self, query: str, locale: str = "en", **variables: Any) -> dict[str, Any]:
        data = await self.city.data(query, variables, as_=self.clerk, locale=locale)
        found: dict[str, Any] = next(iter(data.values()))
        return found

    async def onboarding(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask(READ, id=id_))["onboarding"]
        return found

    async def uploaded(self, content: bytes) -> str:
        files = {"file": ("Штат 2026.xlsx", content, "application/octet-stream")}
        answer = await self.city.request("POST", "/files", as_=self.clerk, files=files)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def made(self, slug: str) -> City:
        tenant = await tenant_by_slug(slug)
        assert tenant is not None
        return City(self.platform, tenant)

    def card(self, **values: Any) -> dict[str, Any]:
        slug = f"new-{secrets.token_hex(4)}"
        return {
            "slug": slug,
            "hosts": [f"{slug}.test"],
            "profile": "seversk",
            "adminName": "Мария Новая",
            "adminEmail": f"{slug}@example.org",
            **values,
        }


@pytest_asyncio.fixture
async def office(make_city: Callable[..., Awaitable[City]], platform: Platform) -> Office:
    city = await make_city("operator", kind="operator")
    clerk = await city.signed_in(await city.user(ONBOARD))
    return Office(city=city, clerk=clerk, platform=platform)


async def test_a_file_with_faults_is_shown_before_anything_is_written(office: Office, mailbox: Mailbox) -> None:
    town = a_town(staff=2)
    book = flat_levels(town)
    book.cell("Лист1", town.people[7].row, 7, "не адрес")  # a warning: the address is left out
    for column in (3, 4, 5):
        book.cell("Лист1", town.people[9].row, column, "")  # an error: nobody is named
    card = office.card(zone="Mars/Olympus", adminEmail="nobody")

    begun = await office.ask(BEGIN, card=card)
    onboarding = begun["onboarding"]
    assert begun["errors"] == [] and onboarding["state"] == "DRAFT"
    assert [(each["field"], each["code"]) for each in onboarding["problems"]] == [
        ("card.zone", "zone_unknown"),
        ("card.adminEmail", "email_invalid"),
    ]
    id_ = onboarding["id"]
    with_file = await office.ask(FILE, id=id_, file=await office.uploaded(book.bytes()))
    assert with_file["errors"] == []
    assert await tenant_by_slug(card["slug"]) is None

    read = await office.onboarding(id_)  # as a browser does that was closed meanwhile
    assert (read["units"], read["people"]) == (len(town.units), len(town.people) - 1)
    assert read["errors"] == 1 and read["warnings"] >= 1
    (edge,) = read["understood"]["findings"]["edges"]
    assert (edge["node"]["sheet"], edge["node"]["row"]) == ("Лист1", town.people[9].row)
    assert read["understood"]["units"]["totalCount"] == len(town.units)

    refused = await office.ask(CONFIRM, id=id_, a=True)
    assert [each["field"] for each in refused["errors"]] == ["card.zone", "card.adminEmail"]
    card |= {"zone": "", "adminEmail": f"{card['slug']}@example.org"}
    changed = await office.ask(CHANGE, id=id_, card=card)
    assert changed["onboarding"]["problems"] == []
    refused = await office.ask(CONFIRM, "ru", id=id_, a=False)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("fileId", "organisation_errors")]
    assert (await office.ask(CONFIRM, id=id_, a=True))["onboarding"]["state"] == "RUNNING"
    refused = await office.ask(CHANGE, id=id_, card=card)
    assert [each["code"] for each in refused["errors"]] == ["onboarding_over"]

    await office.city.run_jobs()
    done = await office.onboarding(id_)
    assert (done["state"], done["understood"], done["problems"]) == ("DONE", None, [])
    assert all(step["isDone"] for step in done["steps"] if step["key"] != "plan")
    city = await office.made(card["slug"])
    assert (await city.data("{ city { title modules } }"))["city"] == {"title": "Seversk", "modules": []}
    assert (await city.rows(STAFF))[0]["n"] == len(town.people)  # one of them is missing, the administrator is there
    await city.run_jobs()
    assert mailbox.key(card["adminEmail"])
    await forgotten(office, town.people[3].name, town.people[3].email)


async def test_where_no_letter_comes_the_link_is_handed_over_until_it_is_used(office: Office) -> None:
    card = office.card()  # nobody answers at the mail server's address
    begun = await office.ask(BEGIN, card=card)
    id_ = begun["onboarding"]["id"]
    early = await office.ask(INVITATION, id=id_)
    assert [each["code"] for each in early["errors"]] == ["onboarding_not_done"]
    await office.ask(CONFIRM, id=id_, a=False)
    await office.city.run_jobs()
    city = await office.made(card["slug"])
    first, second = [await office.ask(INVITATION, id=id_) for _ in range(2)]
    assert first["errors"] == [] and first["url"].startswith(f"https://{card['slug']}.test/account/invitation#")

    async def accepted(url: str) -> list[str]:
        data = await city.data(ACCEPT, {"key": url.partition("#")[2]})
        return [each["code"] for each in data["invitationAccept"]["errors"]]

    assert await accepted(first["url"]) == ["link_invalid"], "a newer one has taken its place"
    assert await accepted(second["url"]) == []
    taken = await office.ask(INVITATION, "ru", id=id_)
    assert [each["code"] for each in taken["errors"]] == ["invitation_taken"]
    seen = "select data->>'operator' as o from audit_event where tenant_id = $1 and action = $2"
    rows = await city.rows(seen, "core.person.invitation_handed_out")
    assert [row["o"] for row in rows] == [office.clerk.login, office.clerk.login]


async def forgotten(office: Office, *marks: str) -> None:
    """Nothing of the people is left at the operator's place, nor their file."""
    rows = await office.city.rows("select understood::text, card::text from operator_onboarding where tenant_id = $1")
    assert all(mark not in str(dict(row)) for row in rows for mark in marks)
    assert await office.city.rows("select id from stored_file where tenant_id = $1") == []


async def test_one_mutation_makes_a_city_of_the_sources_size_stand(office: Office, mailbox: Mailbox) -> None:
    town = a_town()
    card = office.card(slug=(slug := f"big-{secrets.token_hex(3)}"), hosts=[f"{slug}.test"], modules=["city_problems"])
    file = await office.uploaded(two_sheets(town).bytes())
    begun = await office.ask(ONBOARD_AT_ONCE, card=card, file=file)
    assert begun["errors"] == [] and begun["onboarding"]["state"] == "RUNNING"
    await office.city.run_jobs()
    done = await office.onboarding(begun["onboarding"]["id"])
    assert done["state"] == "DONE", done
    city = await office.made(slug)
    assert city.tenant.modules == {"city_problems"}
    assert (await city.rows(STAFF))[0]["n"] == 601
    assert (await city.rows(UNITS))[0]["n"] >= 60
    (head,) = await city.rows(
        "select u.title, p.name from org_unit u join user_account p on p.tenant_id = u.tenant_id and p.id = u.head_id"
        " where u.tenant_id = $1 and u.title = $2",
        town.units[3].title,
    )
    assert head["name"] == town.units[3].head.name
    again = await office.ask(ONBOARD_AT_ONCE, card=card)
    assert [(each["field"], each["code"]) for each in again["errors"]] == [
        ("card.slug", "slug_taken"),
        ("card.hosts", "host_taken"),
    ]
    assert again["onboarding"]["state"] == "DRAFT", "what was typed is kept"
    dropped = await office.ask(DROP, id=again["onboarding"]["id"])
    assert dropped["onboarding"]["state"] == "DROPPED"


async def test_an_administrator_whom_the_workbook_names_is_invited_and_not_doubled(
    office: Office, mailbox: Mailbox
) -> None:
    town = a_town(staff=1)
    boss = town.people[4]
    card = office.card(adminLogin=boss.email.partition("@")[0], adminName=boss.name, adminEmail=boss.email)
    file = await office.uploaded(two_sheets(town).bytes())
    assert (await office.ask(ONBOARD_AT_ONCE, card=card, file=file))["errors"] == []
    await office.city.run_jobs()
    city = await office.made(card["slug"])
    assert (await city.rows(STAFF))[0]["n"] == len(town.people)
    await city.run_jobs()
    accepted = await city.data(ACCEPT, {"key": mailbox.key(boss.email)})
    assert accepted["invitationAccept"]["errors"] == []
    (roles,) = await city.rows(
        "select array_agg(r.key order by r.key) as keys from role_grant g join role r"
        " on r.tenant_id = g.tenant_id and r.id = g.role_id where g.tenant_id = $1"
    )
    assert roles["keys"] == ["core.administrator", "core.dispatcher"]


async def test_what_fails_on_the_way_is_told_and_goes_on_once_it_is_mended(
    office: Office, make_city: Callable[..., Awaitable[City]], modules: Modules, mailbox: Mailbox
) -> None:
    region = await make_city(kind="region")
    card = office.card(region=region.tenant.slug)
    begun = await office.ask(ONBOARD_AT_ONCE, card=card)
    id_ = begun["onboarding"]["id"]
    await set_kind(office.platform, region, "city")  # somebody makes it no region between confirming and the job
    await office.city.run_jobs()
    failed = await office.onboarding(id_)
    assert failed["state"] == "FAILED"
    assert [(each["field"], each["code"]) for each in failed["problems"]] == [("region", "region_expected")]
    assert [step["key"] for step in failed["steps"] if step["isDone"]] == ["city"]
    renamed = await office.ask(CHANGE, id=id_, card={**card, "slug": "another"})
    assert [each["field"] for each in renamed["errors"]] == ["card.slug"]
    moved = await office.ask(CHANGE, id=id_, card={**card, "hosts": ["another.test"], "zone": "UTC"})
    assert {each["field"] for each in moved["errors"]} == {"card.hosts", "card.zone"}, "it would have no effect"
    await set_kind(office.platform, region, "region")
    assert (await office.ask(CONFIRM, id=id_, a=False))["errors"] == []
    await office.city.run_jobs()
    assert (await office.onboarding(id_))["state"] == "DONE"


async def set_kind(platform: Platform, tenant: City, kind: str) -> None:
    connection = await asyncpg.connect(platform.migrate_url)
    try:
        await connection.execute("update tenant set kind = $2 where id = $1", tenant.tenant.id, kind)
    finally:
        await connection.close()


async def test_two_confirmations_at_once_make_one_city(office: Office, mailbox: Mailbox) -> None:
    begun = await office.ask(BEGIN, card=office.card())
    id_ = begun["onboarding"]["id"]
    answers = await asyncio.gather(*(office.ask(CONFIRM, id=id_, a=False) for _ in range(4)))
    assert sorted(len(each["errors"]) for each in answers) == [0, 1, 1, 1]
    assert await office.city.run_jobs() == 1


class Cut(Exception):
    """As if the process had been killed there."""


@pytest.mark.long
async def test_cut_off_behind_any_step_it_goes_on(database: None, modules: Modules) -> None:
    slug = f"cut-{secrets.token_hex(4)}"
    town = a_town(staff=1)
    organisation = read_organisation(two_sheets(town).file(), "x.xlsx")
    card = Card(slug=slug, hosts=[f"{slug}.test"], profile="yuzhno-sakhalinsk", admin_name="Мария", with_demo=True)
    maker = new_id()
    wanted = Wanted(card=card.filled(), organisation=organisation, password="long enough", maker=maker)

    for name in STEPS:

        async def cut(step: str, here: str = name) -> None:
            if step == here:
                raise Cut

        with pytest.raises(Cut):
            await take_on(modules, wanted, (), cut)  # not one step was recorded: all are done anew

    async def note(step: str) -> None:
        pass

    made = await take_on(modules, wanted, (), note)
    assert made.modules == set(read_profile("yuzhno-sakhalinsk").modules)
    other = Wanted(card=card.filled(), password="long enough", maker=new_id())
    with pytest.raises(Refused, match="slug: slug_taken"):
        await take_on(modules, other, (), note)
