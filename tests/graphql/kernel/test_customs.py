"""What a city makes its own, seen where people read it: renamed, reworded, promised, branded, and taken back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.cases.filing import Filing, file_case
from leancity.core.customs import service
from leancity.core.db.unit import tenant_tx
from leancity.core.mail.post import post
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.mailbox import Mailbox
from tests.graphql.kernel.conftest import DISPATCHER, REPORT, MakeOffice, Office

ITEM = "item { key isAdded isOff fields { name value origin inherited } }"
CHANGE = """mutation ($collection: String!, $key: String!, $values: JSON!) {
  customChange(collection: $collection, key: $key, values: $values) {
    errors { field code message } hasChanged ITEM } }""".replace("ITEM", ITEM)
RESET = """mutation ($collection: String!, $key: String!) { customReset(collection: $collection, key: $key) {
    errors { field code message } hasChanged ITEM } }""".replace("ITEM", ITEM)
UNDO = """mutation ($id: UUID!) { customUndo(changeId: $id) {
    errors { field code message } ITEM } }""".replace("ITEM", ITEM)
HISTORY = """query ($collection: String, $key: String, $first: Int, $after: String) {
  customHistory(collection: $collection, key: $key, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { id collection key before after source undoesId actorId actor { id } } } } }"""
REPORTED = f"{REPORT}/state/reported"
WHOLE = f"{REPORT}/*/target"


async def changed(
    office: Office, collection: str, key: str, values: Mapping[str, Any] | None, *, as_: TestUser | None = None
) -> Any:
    """Change an item and return the payload."""
    if values is None:
        return await office.ask(RESET, as_=as_, collection=collection, key=key)
    return await office.ask(CHANGE, as_=as_, collection=collection, key=key, values=values)


async def done(office: Office, collection: str, key: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Change an item, which must succeed, and return value and origin of its fields by name."""
    payload = await changed(office, collection, key, values)
    assert payload["errors"] == [], payload
    return {} if payload["item"] is None else fields_of(payload["item"])


def fields_of(item: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: (each["value"], each["origin"]) for each in item["fields"]}


async def newest(office: Office, collection: str | None = None, key: str | None = None) -> list[dict[str, Any]]:
    """Return the history, newest first."""
    found = await office.ask(HISTORY, collection=collection, key=key, first=50)
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def undone(office: Office, change_id: str) -> Any:
    return await office.ask(UNDO, id=change_id)


async def test_a_renamed_state_is_read_everywhere_and_in_no_other_city(office: Office, make_office: MakeOffice) -> None:
    other = await make_office()
    case = await office.filed()
    states = "{ caseKinds { states { key title } } }"
    delivered = (await office.ask(states))[0]["states"]
    assert {"key": "reported", "title": "Поступило"} in delivered

    item = await done(office, "core.names", REPORTED, {"ru": "Ждёт разбора"})
    assert item == {"ru": ("Ждёт разбора", "CITY"), "en": ("Reported", "MODULE")}
    assert {"key": "reported", "title": "Ждёт разбора"} in (await office.ask(states))[0]["states"]
    inbox = await office.ask("{ inbox { edges { node { number statusTitle } } } }")
    assert inbox["edges"][0]["node"] == {"number": case["number"], "statusTitle": "Ждёт разбора"}
    timeline = await office.case(case["id"], "timeline { edges { node { title } } }")
    assert timeline["timeline"]["edges"][0]["node"]["title"] == "Ждёт разбора"

    assert (await other.ask(states))[0]["states"] == delivered
    assert await newest(other) == []


async def test_a_notification_has_the_citys_names_and_words(office: Office) -> None:
    await done(office, "core.names", f"{REPORT}/state/sorted", {"ru": "У дежурного"})
    await done(office, "core.texts", "notify_moved_own", {"ru": "{number} — сейчас {status}"})
    resident = await office.city.user()
    async with office.city.serving(as_=resident):
        case = await file_case(REPORT, Filing(title="Hole", unit_id=uuid.UUID(office.roads), author_id=resident.id))
    await office.done(f'caseMove(caseId: "{case.id}", transition: "sort")')
    while await office.city.run_jobs():
        pass
    told = await office.ask("{ notifications { edges { node { text } } } }", as_=resident)
    assert {"node": {"text": f"{case.number} — сейчас У дежурного"}} in told["edges"]


async def test_a_letter_has_the_citys_words_and_name(city: City, mailbox: Mailbox) -> None:
    async with city.serving():
        await service.change("core.texts", "mail_account_known_subject", {"ru": "Вас тут уже знают, {city}"})
        await service.change("core.branding", "", {"title_ru": "Южный"})
    person = await city.user()
    async with city.serving(), tenant_tx(write=True):
        await post("account_known", person.id)
    await city.run_jobs()
    (letter,) = mailbox.to(f"{person.login}@example.org")
    assert letter["Subject"] == "Вас тут уже знают, Южный"


async def test_a_target_of_its_own_holds_for_new_cases_and_the_old_keep_theirs(office: Office) -> None:
    terms = "terms { stage kind amount unit source }"
    before = await office.filed()
    was = (await office.case(before["id"], terms))["terms"]
    item = await done(office, "core.targets", WHOLE, {"amount": 3, "source": "Постановление 12"})
    assert (item["amount"], item["unit"]) == ((3, "CITY"), ("working_days", "MODULE"))
    after = await office.filed()
    now_promised = {(each["stage"], each["kind"]): each for each in (await office.case(after["id"], terms))["terms"]}
    whole = now_promised[None, "TARGET"]
    assert (whole["amount"], whole["unit"], whole["source"]) == (3, "WORKING_DAYS", "Постановление 12")
    assert (await office.case(before["id"], terms))["terms"] == was

    await done(office, "core.targets", f"{REPORT}/*/legal", {"amount": 30, "unit": "calendar_days"})
    await done(office, "core.targets", WHOLE, {"isOff": True, "source": None})
    third = (await office.case((await office.filed())["id"], terms))["terms"]
    assert {(each["stage"], each["kind"], each["amount"], each["source"]) for each in third} == {
        (None, "LEGAL", 30, ""),
        ("reported", "TARGET", 8, "leancity: city_problems"),
    }


@pytest.mark.parametrize(
    ("collection", "key", "values", "errors"),
    [
        ("core.names", REPORTED, {"ru": " ", "de": "x"}, {"values.ru setting_pattern", "values.de setting_unknown"}),
        ("core.names", f"{REPORT}/state/lost", {"ru": "x"}, {"key custom_key_unknown"}),
        ("core.texts", "notify_filed", {"en": "{number.__class__}"}, {"values.en custom_places"}),
        (
            "core.texts",
            "notify_filed",
            {"en": "{number:>99}", "ru": "} {"},
            {"values.en custom_places", "values.ru custom_places"},
        ),
        ("core.texts", "forbidden", {"en": "x"}, {"key custom_key_unknown"}),
        ("core.targets", WHOLE, {"amount": 1.5}, {"values.amount custom_days_whole"}),
        ("core.targets", WHOLE, {"amount": 9999}, {"values.amount setting_too_large"}),
        ("core.targets", WHOLE, {"unit": "moons"}, {"values.unit setting_choice"}),
        (
            "core.branding",
            "",
            {"colour": "#12345g", "titleRu": 1},
            {"values.colour setting_pattern", "values.titleRu setting_type"},
        ),
        ("core.branding", "", {"colour": "#123456\n"}, {"values.colour setting_too_long"}),
        ("core.branding", "", {"logoFileId": str(uuid.UUID(int=0))}, {"values.logoFileId not_found"}),
        ("core.calendar", "", {"weekly": ["9-18"] * 7}, {"values.weekly calendar_invalid"}),
        ("core.calendar_days", "2026-13-01", {"kind": "holiday"}, {"key custom_key_unknown"}),
        (
            "core.roles",
            "city.clerk",
            {"title": "x", "permissions": ["core.case.reed"]},
            {"values.permissions permission_unknown"},
        ),
        ("core.roles", "city.clerk", {}, {"values required"}),
        ("core.names", REPORTED, ["ru"], {"values setting_type"}),
        ("core.dragons", "", {"x": 1}, {"collection not_found"}),
    ],
)
async def test_what_does_not_fit_names_its_field_and_leaves_nothing(
    shared: Office, collection: str, key: str, values: Any, errors: set[str]
) -> None:
    payload = await changed(shared, collection, key, values)
    assert {f"{each['field']} {each['code']}" for each in payload["errors"]} == errors, payload
    assert payload["item"] is None
    assert await shared.city.rows("select id from custom_change where tenant_id = $1") == []
    assert await shared.city.rows("select id from custom_item where tenant_id = $1") == []


async def test_a_change_that_changes_nothing_is_written_nowhere(office: Office) -> None:
    for expected in (True, False):
        payload = await changed(office, "core.names", REPORTED, {"ru": "Новое"})
        assert payload["hasChanged"] is expected
    assert (await changed(office, "core.names", REPORT, None))["hasChanged"] is False
    (only,) = await newest(office)
    assert (only["before"], only["after"], only["source"]) == (None, {"ru": "Новое"}, "")
    assert only["actorId"] == only["actor"]["id"] == str(office.dispatcher.id)
    (row,) = await office.city.rows(
        "select data from audit_event where tenant_id = $1 and action = 'core.custom.changed'"
    )
    expected_data = {"collection": "core.names", "key": REPORTED, "fields": ["ru"], "source": ""}
    assert json.loads(row["data"]) == expected_data, "which fields, not what"


async def test_undo_and_undo_of_undo_until_somebody_has_changed_it_since(office: Office) -> None:
    await done(office, "core.names", REPORTED, {"ru": "Первое"})
    await done(office, "core.names", REPORTED, {"ru": "Второе", "en": "Second"})
    second, first = await newest(office, "core.names", REPORTED)
    refused = (await undone(office, first["id"]))["errors"]
    assert [(each["field"], each["code"]) for each in refused] == [("changeId", "custom_changed_since")]
    assert "Второе" in refused[0]["message"]

    back = await undone(office, second["id"])
    assert fields_of(back["item"]) == {"ru": ("Первое", "CITY"), "en": ("Reported", "MODULE")}
    third = (await newest(office, "core.names", REPORTED))[0]
    assert (third["source"], third["undoesId"]) == ("undo", second["id"])
    again = await undone(office, third["id"])
    assert fields_of(again["item"]) == {"ru": ("Второе", "CITY"), "en": ("Second", "CITY")}
    await undone(office, (await newest(office))[0]["id"])
    out = await undone(office, first["id"])
    assert fields_of(out["item"])["ru"] == ("Поступило", "MODULE")
    assert (await undone(office, first["id"]))["errors"][0]["code"] == "custom_changed_since"


async def test_settings_have_a_history_and_are_undone(office: Office) -> None:
    chief = await office.city.user("city_problems.settings.change", "core.unit.read")
    change = "mutation { settingsChange(changes: {cityProblems: {mostPhotos: 2}}) { errors { code } } }"
    await office.ask(change, as_=chief)
    history = '{ customHistory(collection: "city_problems.settings") { edges { node { id before after } } } }'
    (edge,) = (await office.ask(history, as_=chief))["edges"]
    assert (edge["node"]["before"], edge["node"]["after"]) == (None, {"mostPhotos": 2})
    answer = await office.ask(UNDO, as_=chief, id=edge["node"]["id"])
    assert answer["errors"] == [] and fields_of(answer["item"])["mostPhotos"] == (5, "MODULE")
    named = await office.ask("{ customCollections { name } }", as_=chief)
    names = {each["name"] for each in named}
    assert "city_problems.settings" in names
    assert {name.partition(".")[0] for name in names} == {"city_problems"}, "the kernel's are another permission's"
    refused = await office.city.graphql(HISTORY, {"collection": "core.names"}, as_=chief)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_roles_and_the_calendar_share_history_and_undo(office: Office) -> None:
    save = """mutation ($permissions: [RolePermissionInput!]!) {
      roleSave(key: "city.clerk", title: "Clerk", permissions: $permissions) { errors { code } } }"""
    for permissions in (["core.unit.read"], ["core.unit.read", "core.audit.read"]):
        payload = await office.ask(save, permissions=[{"name": name} for name in permissions])
        assert payload["errors"] == []
    second, first = await newest(office, "core.roles", "city.clerk")
    assert second["before"] == {"title": "Clerk", "permissions": ["core.unit.read"]}
    assert (await undone(office, second["id"]))["errors"] == []
    roles = {each["key"]: each for each in await office.ask("{ roles { key permissions { name } } }")}
    assert [each["name"] for each in roles["city.clerk"]["permissions"]] == ["core.unit.read"]
    assert (await undone(office, first["id"]))["item"] is None
    assert "city.clerk" not in {each["key"] for each in await office.ask("{ roles { key } }")}

    weekly = ["08:00-12:00 13:00-17:00"] * 5 + ["", ""]
    await office.ask("mutation ($w: [String!]!) { workHoursSet(weekly: $w) { errors { code } } }", w=weekly)
    await office.ask('mutation { workDaySet(day: "2026-12-26", kind: FULL, reason: "x") { errors { code } } }')
    day, hours = (await newest(office))[:2]
    assert (day["key"], day["after"]) == ("2026-12-26", {"kind": "full", "reason": "x"})
    assert (hours["collection"], hours["after"]["weekly"]) == ("core.calendar", weekly)
    for each in (day, hours):
        assert (await undone(office, each["id"]))["errors"] == []
    calendar = await office.ask("{ workCalendar { weekly days { day } } }")
    assert (calendar["weekly"][0], calendar["days"]) == ("09:00-13:00 14:00-18:00", [])


async def test_a_module_left_hides_its_items_and_coming_back_finds_them(office: Office) -> None:
    chief = await office.city.user("core.settings.change", "city_problems.settings.change")
    await done(office, "core.names", REPORTED, {"ru": "Ждёт"})
    assert (await changed(office, "city_problems.settings", "", {"mostPhotos": 3}, as_=chief))["hasChanged"]
    collections, items = "{ customCollections { name } }", '{ customItems(collection: "core.names") { key } }'
    await office.city.leave("city_problems")
    assert "city_problems.settings" not in {each["name"] for each in await office.ask(collections, as_=chief)}
    assert await office.ask(items) == []
    for collection, key, field in (("city_problems.settings", "", "collection"), ("core.names", REPORTED, "key")):
        payload = await changed(office, collection, key, {"ru": "x"}, as_=chief)
        assert payload["errors"][0]["field"] in (field, "values.ru")
    await office.city.subscribe("city_problems")
    found = await office.ask('{ customItems(collection: "core.names", search: "ждёт") { key fields { value } } }')
    assert [each["key"] for each in found] == [REPORTED]
    assert fields_of((await changed(office, "city_problems.settings", "", {}, as_=chief))["item"])["mostPhotos"][0] == 3


async def test_the_branding_is_everybodys_and_the_logo_with_it(office: Office) -> None:
    logo = await office.uploaded(as_=office.dispatcher)
    address = f"/files/{logo['id']}"
    assert (await office.city.request("GET", address)).status_code == 404
    values = {"titleRu": "Южный", "colour": "#1a6fB5", "logoFileId": logo["id"], "site": "https://south.example.org"}
    await done(office, "core.branding", "", values)
    query = "{ city { title branding { title colour logoUrl contactPhone site } } }"
    shown = (await office.city.data(query, locale="ru"))["city"]
    assert shown == {
        "title": "Южный",
        "branding": {
            "title": "Южный",
            "colour": "#1a6fB5",
            "logoUrl": address,
            "contactPhone": None,
            "site": "https://south.example.org",
        },
    }
    assert (await office.city.data(query))["city"]["title"] == office.city.tenant.title, "there is no English name"
    assert (await office.city.request("GET", address)).status_code == 200
    case, photo = await office.filed(), await office.uploaded(as_=office.dispatcher)
    await office.done(f'caseAttach(caseId: "{case["id"]}", fileId: "{photo["id"]}", claim: "{photo["claim"]}")')
    payload = await changed(office, "core.branding", "", {"logoFileId": photo["id"]})
    assert [each["field"] for each in payload["errors"]] == ["values.logoFileId"], "a case's picture stays the case's"


_made: list[Office] = []


@pytest_asyncio.fixture
async def shared(make_office: MakeOffice) -> Office:
    """One office for all that is refused, and so changes nothing."""
    if not _made:
        _made.append(await make_office())
    return _made[0]


def test_the_office_may_change_everything() -> None:
    assert {"core.settings.change", "core.role.change"} <= {*DISPATCHER}
