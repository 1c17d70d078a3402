"""Rules are the city's data: checked by field, and switched on only as they were tried, whatever the door."""

from __future__ import annotations

from typing import Any

import pytest

from leancity.core.customs import history
from leancity.core.customs.service import change as change_custom
from leancity.core.errors import Refused
from leancity.core.identity.units import create_unit
from leancity.modules.city_problems.demo import load
from leancity.modules.city_problems.routing.checking import COLLECTION
from leancity.modules.city_problems.routing.rules import NAME, RouteItem, digest_of
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.routing.desk import attempt, change, reported, suggestion, switched_on

UNTRIED = [{"field": "values.isOn", "code": "city_problems.route_untried"}]
ROUTES = "{ cityProblems { routes { key order words unit fromTime isOn isTried } } }"
UNDO = "mutation ($id: UUID!) { customUndo(changeId: $id) { errors { field code } } }"


async def test_what_does_not_fit_names_the_field(town: Town) -> None:
    async with town.city.serving():
        await create_unit("empty", "Nobody's")

    async def wrong(**values: Any) -> list[tuple[str, str]]:
        return [(each["field"], each["code"]) for each in await change(town, "r", **{"unit": "roads", **values})]

    assert await wrong(unit="") == [("values.unit", "required")]
    assert await wrong(unit="nowhere") == [("values.unit", "not_found")]
    assert await wrong(categories=["pothole", "dragons"]) == [("values.categories.1", "city_problems.category_unknown")]
    assert await wrong(territories=["mars"]) == [("values.territories.0", "city_problems.route_territory_unknown")]
    assert await wrong(words=["яма", "на"], wordsNone=["—"]) == [
        ("values.words.1", "city_problems.route_word_empty"),
        ("values.wordsNone.0", "city_problems.route_word_empty"),
    ]
    assert await wrong(fromTime="09:00") == [("values.toTime", "required")]
    assert await wrong(toTime="09:00") == [("values.fromTime", "required")]
    assert await wrong(fromTime="09:00", toTime="09:00") == [("values.toTime", "city_problems.route_window_empty")]
    assert await wrong(fromTime="25:00") == [("values.fromTime", "setting_type")]
    assert await wrong(weekdays=["someday"]) == [("values.weekdays.0", "setting_choice")]
    assert await wrong(when="sometimes") == [("values.when", "setting_choice")]
    assert await wrong(days=1, hours=1) == [("values.hours", "city_problems.route_two_terms")]
    assert await wrong(unit="empty", isOn=True) == [("values.unit", "city_problems.route_unit_closed")]
    hostile = ["'; drop table case_record; --", "{{7*7}}", "\u202e‮яма", "a & ! | (b)"]
    assert await wrong(words=hostile, note="{{7*7}}\u202e") == []
    assert (await attempt(town, key="r"))["errors"] == []
    nobody = await town.city.user()
    for who, code in ((None, "NOT_SIGNED_IN"), (nobody, "FORBIDDEN"), (town.executor, "FORBIDDEN")):
        answer = await town.city.graphql(ROUTES, as_=who)
        assert answer["errors"][0]["extensions"]["code"] == code


async def test_a_rule_is_tried_against_history_before_it_is_switched_on(town: Town) -> None:
    case = await reported(town, "Огромная яма")
    assert await change(town, "holes", words=["яма"], unit="roads", days=3, note="Срочно", order=5) == []
    found = (await suggestion(town, await reported(town, "Яма")) or {})["rule"]
    assert found == "", "a rule is born switched off"
    assert await change(town, "holes", isOn=True) == UNTRIED
    assert await change(town, "new", words=["яма"], unit="roads", isOn=True) == UNTRIED

    trial = (await attempt(town, key="holes"))["trial"]
    assert (trial["route"], trial["reports"], trial["matched"]) == ("holes", 2, 2)
    assert await change(town, "holes", isOn=True) == []
    (route,) = (await town.city.data(ROUTES, as_=town.clerk))["cityProblems"]["routes"]
    assert (route["key"], route["order"], route["isOn"], route["isTried"]) == ("holes", 5, True, True)

    routed = await reported(town, "Ямы!")
    assert await suggestion(town, routed) == {"unit": {"key": "roads"}, "rule": "holes", "note": "Срочно"}
    assert (await suggestion(town, case) or {})["rule"] == "", "what was filed before is left alone"

    assert await change(town, "holes", words=["яма", "выбоина"]) == UNTRIED, "it would work as nobody has tried"
    assert await change(town, "holes", title="Ямы") == [], "its name decides nothing"
    draft = {"words": ["выбоина", "яма"], "unit": "roads", "days": 3, "note": "Срочно", "order": 5}
    assert (await attempt(town, key="holes", draft=draft))["trial"]["matched"] == 3
    assert await change(town, "holes", words=["яма", "выбоина"]) == [], "just this was tried as a draft"
    assert (await suggestion(town, await reported(town, "Выбоина")) or {})["rule"] == "holes"


async def test_no_other_door_switches_an_untried_rule_on(town: Town) -> None:
    assert await change(town, "holes", words=["яма"], unit="roads") == []
    async with town.city.serving():
        with pytest.raises(Refused) as refused:
            await change_custom(NAME, "holes", {"is_on": True}, source="profile:southern")
        assert [each.code for each in refused.value.problems] == ["city_problems.route_untried"]
    assert (await attempt(town, key="holes"))["errors"] == []
    async with town.city.serving():
        assert await change_custom(NAME, "holes", {"is_on": True}, source="profile:southern")
    assert await change(town, "holes", isOn=False) == []

    async def back() -> list[dict[str, str]]:
        async with town.city.serving():
            newest, *_ = await history.history(NAME, "holes", limit=1)
        answer = await town.city.data(UNDO, {"id": str(newest.id)}, as_=town.clerk)
        errors: list[dict[str, str]] = answer["customUndo"]["errors"]
        return errors

    assert await back() == [], "the undo leads back to what was tried"
    assert await change(town, "holes", isOn=False) == []
    await town.city.rows("delete from city_problems_route_trial where tenant_id = $1")
    assert await back() == [{"field": "changeId", "code": "city_problems.route_untried"}]


async def test_a_region_hands_no_rules_down() -> None:
    assert {*RouteItem.__struct_fields__} == COLLECTION.own_only


def test_the_digest_is_of_what_a_rule_decides() -> None:
    item = RouteItem(words=("b", "a"), unit="roads")
    same = (
        RouteItem(words=("a", "b", "a"), unit="roads"),
        RouteItem(words=("a", "b"), unit="roads", title="x", is_on=True),
    )
    other = [
        RouteItem(words=("a",), unit="roads"),
        RouteItem(words_none=("a", "b"), unit="roads"),
        RouteItem(words=("a", "b"), unit="parks"),
        RouteItem(words=("a", "b"), unit="roads", order=1),
        RouteItem(words=("a", "b"), unit="roads", note="x"),
    ]
    assert {digest_of(each) for each in same} == {digest_of(item)}
    assert len({digest_of(each) for each in (item, *other)}) == 6


async def test_a_unit_that_closed_gives_way_to_the_categorys_then_to_the_clerk(town: Town) -> None:
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
    gardener = await town.city.user(unit_id=parks)
    await switched_on(town, "trees", words=["дерево"], unit="parks", note="Пилу!")
    case = await reported(town, "Упало дерево")
    assert await suggestion(town, case) == {"unit": {"key": "parks"}, "rule": "trees", "note": "Пилу!"}
    leave = "mutation ($id: UUID!) { personDeactivate(userId: $id) { errors { code } } }"
    administrator = await town.city.user(roles=["core.administrator"])

    async def leaves(person: Any) -> None:
        answer = await town.city.data(leave, {"id": str(person.id)}, as_=administrator)
        assert answer["personDeactivate"]["errors"] == []

    await leaves(gardener)
    assert await suggestion(town, case) == {"unit": {"key": "roads"}, "rule": "trees", "note": ""}, "the category's"
    await leaves(town.executor)
    assert await suggestion(town, case) == {"unit": None, "rule": "trees", "note": ""}, "the big tray"
    assert (await town.do(town.clerk, f'cityProblemsSort(id: "{case}")'))["errors"] == []
    nowhere = await town.do(town.clerk, f'cityProblemsSend(id: "{case}")')
    assert [(each["field"], each["code"]) for each in nowhere["errors"]] == [("unitId", "required")]
    second = await reported(town, "Дерево на проводах")
    notes = "{ case(id: %s) { timeline { edges { node { kind note } } } } }"
    events = (await town.city.data(notes % f'"{second}"', as_=town.clerk, locale="ru"))["case"]["timeline"]["edges"]
    assert [each["node"]["note"] for each in events if each["node"]["kind"] == "routed"] == [
        "Правило «trees»; принять сейчас некому, исполнителя выберет диспетчер"
    ]


async def test_the_demo_brings_rules_that_were_tried(town: Town) -> None:
    async with town.city.serving():
        await load()
        await load()
    routes = (await town.city.data(ROUTES, as_=town.clerk))["cityProblems"]["routes"]
    assert [each["key"] for each in routes] == ["heating_main", "ice_outside_hours", "holes"], "parks are not there"
    assert {(each["isOn"], each["isTried"]) for each in routes} == {(True, True)}
    trials = await town.city.rows("select reports from city_problems_route_trial where tenant_id = $1")
    assert len(trials) == 3 and all(row["reports"] > 0 for row in trials), "loaded once, tried against reports"
