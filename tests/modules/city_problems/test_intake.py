"""What a report must hold: a place, words, contacts that exist; what is hostile is refused or stays what it is."""

from __future__ import annotations

import json
from typing import Any

from leancity.core.plugins.manager import Modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.permissions import SETTINGS
from tests.modules.city_problems.conftest import POINT, REPORT, Town

CATEGORY = """mutation ($key: String!, $values: JSON!) {
  customChange(collection: "city_problems.categories", key: $key, values: $values) { errors { field code } } }"""
TERMS = "query ($id: UUID!) { case(id: $id) { terms { stage amount source } } }"


async def sent(town: Town, filled: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send a report as a client would that escapes every sign."""
    body = json.dumps({"query": REPORT, "variables": {"input": filled}}).encode()
    headers = {"Content-Type": "application/json"}
    answer = await town.city.request("POST", "/graphql", content=body, headers=headers)
    found: dict[str, Any] = answer.json()
    return answer.status_code, found


async def stored(town: Town) -> list[int]:
    rows = await town.city.rows(
        """select (select count(*) from case_record where tenant_id = $1) as cases,
          (select count(*) from city_problems_report where tenant_id = $1) as reports,
          (select count(*) from case_event where tenant_id = $1) as events"""
    )
    return [*rows[0].values()]


async def test_a_report_has_a_point_an_address_or_both(town: Town) -> None:
    none = await town.report(point=None, locale="ru")
    assert none["errors"] == [
        {
            "field": "point",
            "code": "city_problems.place_required",
            "message": "Покажите место на карте или укажите адрес",
        }
    ]
    assert [each["code"] for each in (await town.report(point=None, address=" \u200b"))["errors"]] == [
        "city_problems.place_required"
    ]
    only = await town.report(point=None, address="Мира, 1")
    assert only["errors"] == [] and only["report"]["point"] is None
    nowhere = {"southWest": {"lat": -90, "lon": -180}, "northEast": {"lat": 90, "lon": 180}}
    query = """query ($southWest: GeoPointInput!, $northEast: GeoPointInput!) { cityProblems {
      clusters(southWest: $southWest, northEast: $northEast, resolution: 5) { reports } reports { totalCount } } }"""
    found = (await town.city.data(query, nowhere))["cityProblems"]
    assert found == {"clusters": [], "reports": {"totalCount": 1}}


HOSTILE_TEXTS = ("a\0b", "a\ufffeb", "a\u202eb", "\x1b[31m")
KEPT_TEXTS = ("' or 1=1 --", "{{7*7}} %s {0.__class__} ${jndi:x}", "<script>alert(1)</script>", "e\u0301🚧👨‍👩‍👧")
PLACES = ("text", "address", "reporterName")
ODD_PLACES: tuple[dict[str, Any], ...] = (
    {"point": {"lat": 91, "lon": 0}},
    {"point": {"lat": 0, "lon": -180.1}},
    {"point": {"lat": "46", "lon": 142}},
    {"point": {"lat": None, "lon": 142}},
    {"point": {"lat": 1e309, "lon": 142}},
    {"photos": [{"id": "no-uuid", "claim": ""}]},
    {"answers": [{"question": "x"}]},
    {"text": 5},
    {"category": None},
)


async def test_hostile_input_is_refused_by_its_field_or_stays_what_it_is_and_leaves_nothing(town: Town) -> None:
    filled = {"point": POINT, "category": "pothole", "text": "A hole"}
    for field in PLACES:
        for text in HOSTILE_TEXTS:
            status, answer = await sent(town, {**filled, field: text})
            errors = answer["data"]["cityProblemsReport"]["errors"]
            assert (status, [(each["field"], each["code"]) for each in errors]) == (200, [(field, "signs_odd")])
    wrong = {
        "text": ("x" * 20_001, "too_long"),
        "address": ("x" * 201, "too_long"),
        "reporterPhone": ("12345", "city_problems.phone_invalid"),
        "reporterEmail": ("a@b", "email_invalid"),
        "reporterName": ("И•••", "masked_value"),
        "category": ("pothole\0", None),
    }
    for field, (value, code) in wrong.items():
        status, answer = await sent(town, {**filled, field: value})
        errors = answer["data"]["cityProblemsReport"]["errors"]
        if code is not None:
            assert (status, [(each["field"], each["code"]) for each in errors]) == (200, [(field, code)])
    before = await stored(town)
    foreign = {"id": "01a20753-53d7-7593-bfec-c11caefae985", "claim": "x"}
    for changed in (*ODD_PLACES, {"photos": [foreign]}, {"category": "x" * 100_000}, {"category": "' or 1=1 --"}):
        status, answer = await sent(town, {**filled, **changed})
        assert status < 500 and "INTERNAL" not in str(answer), changed
        if answer.get("data"):
            assert answer["data"]["cityProblemsReport"]["errors"], changed
    assert await stored(town) == before, "what is refused leaves nothing"
    for text in KEPT_TEXTS:
        status, answer = await sent(town, {**filled, "text": text})
        case = answer["data"]["cityProblemsReport"]["report"]["id"]
        shown = await town.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ text }} }} }}')
        assert shown["cityProblems"]["report"]["text"] == text


async def test_a_photo_that_is_not_theirs_and_too_many_are_told_at_photos(town: Town) -> None:
    theirs = await town.photo()
    refused = await town.report(photos=[{"id": theirs["id"], "claim": "another"}])
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("photos", "not_found")]
    many = await town.report(photos=[theirs] * 6)
    assert [(each["field"], each["code"]) for each in many["errors"]] == [("photos", "city_problems.too_many_photos")]
    assert await stored(town) == [0, 0, 0]


async def test_a_contact_is_asked_of_strangers_where_the_city_wants_one(town: Town, modules: Modules) -> None:
    async with town.city.serving():
        await change_settings(modules, "city_problems", {"is_contact_required": True})
    refused = await town.report()
    assert [each["code"] for each in refused["errors"]] == ["city_problems.contact_required"]
    for contact in ({"reporterPhone": "8 (4242) 30-08-50"}, {"reporterEmail": "Irina@mail.example"}):
        assert (await town.report(**contact))["errors"] == []


async def change(town: Town, editor: TestUser, **values: Any) -> list[dict[str, str]]:
    data = await town.city.data(CATEGORY, {"key": "lighting", "values": values}, as_=editor)
    errors: list[dict[str, str]] = data["customChange"]["errors"]
    return errors


async def test_a_category_says_more_and_promises_days(town: Town) -> None:
    editor = await town.city.user(SETTINGS)
    said = {"descriptionRu": "Фонари", "groupRu": "Дворы", "groupEn": "Yards", "keywords": ["фонарь"], "days": 3}
    assert await change(town, editor, **said, radius=30) == []
    query = """{ cityProblems { categories {
      key title description group keywords promisedDays radius isPrivate } } }"""
    rows = {row["key"]: row for row in (await town.city.data(query))["cityProblems"]["categories"]}
    shown = rows["lighting"]
    assert (shown["description"], shown["group"], shown["keywords"]) == ("Фонари", "Yards", ["фонарь"])
    assert (shown["promisedDays"], shown["radius"], shown["isPrivate"]) == (3, 30, False)
    assert rows["pothole"]["promisedDays"] is None and rows["pothole"]["radius"] is None

    async def whole(case: str) -> tuple[float, str]:
        data = await town.city.data(TERMS, {"id": case}, as_=town.clerk)
        [term] = [each for each in data["case"]["terms"] if each["stage"] is None]
        return term["amount"], term["source"]

    own = (10.0, "leancity: city_problems")
    case = (await town.report(category="lighting"))["report"]["id"]
    assert await whole(case) == (3.0, "city_problems.categories")
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}", category: "pothole")')
    assert await whole(case) == own, "corrected, it is held to what the other category promises"
    other = (await town.report())["report"]["id"]
    assert await whole(other) == own
    await town.do(town.clerk, f'cityProblemsSort(id: "{other}", category: "lighting")')
    assert (await whole(other))[0] == 3.0

    assert await change(town, editor, days=-1) == [{"field": "values.days", "code": "setting_too_small"}]
    history = '{ customHistory(collection: "city_problems.categories") { edges { node { id } } } }'
    newest = (await town.city.data(history, as_=editor))["customHistory"]["edges"][0]["node"]["id"]
    undo = f'mutation {{ customUndo(changeId: "{newest}") {{ errors {{ code }} }} }}'
    assert (await town.city.data(undo, as_=editor))["customUndo"]["errors"] == []
    rows = {row["key"]: row for row in (await town.city.data(query))["cityProblems"]["categories"]}
    assert rows["lighting"]["promisedDays"] is None and rows["lighting"]["keywords"] == []
