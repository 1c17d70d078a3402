"""Functions through GraphQL: entered, described, moved, found, counted, ranked."""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.identity.service import create_user
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.registry.demo import load_registry
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City
from tests.core.processes.registry.conftest import FUNCTION, Town, Word, furnished
from tests.core.processes.registry.test_passport import PRINTED

KEYS = "{ cityFunctions(first: 100, filter: %s) { totalCount edges { node { key } } } }"
AUDIT = "select action, data from audit_event where tenant_id = $1 and subject = 'city_function' order by at, id"


async def keys(town: Town, filter: str) -> list[str]:
    found = await town.ask(KEYS % filter)
    listed = [edge["node"]["key"] for edge in found["edges"]]
    assert found["totalCount"] == len(listed)
    return listed


async def test_a_function_is_entered_changed_and_what_is_wrong_is_named(town: Town) -> None:
    card: dict[str, Any] = {"key": "Ф-1", "title": "Выдача ордера", "unitId": town.units["roads"]}
    made = (await town.done("functionCreate", input=card))["function"]
    assert (made["stage"], made["version"]) == ("INVENTORIED", 1)
    assert await town.codes("functionCreate", input=card) == [("key", "key_taken")]
    nobody = uuid.uuid4()
    bad = {
        **card, "key": " ", "leadDays": 0, "dayHours": 25, "launches": -1, "errorShare": 1.5, "fitStrategy": 6,
        "hourlyRate": -1,
    }  # fmt: skip
    outside = ("leadDays", "dayHours", "launches", "errorShare", "hourlyRate", "fitStrategy")
    assert await town.codes("functionChange", id=made["id"], input=bad) == [
        ("key", "required"),
        *((field, "registry_number_outside") for field in outside),
    ]
    missing = {**card, "unitId": nobody, "ownerId": nobody, "powerId": nobody, "positionId": nobody}
    assert {field for field, code in await town.codes("functionChange", id=made["id"], input=missing)} == {
        "unitId", "ownerId", "powerId", "positionId",
    }  # fmt: skip
    changed = {**card, "title": "Выдача ордера на работы", "leadDays": 5.5}
    again = (await town.done("functionChange", id=made["id"], input=changed, expectedVersion=1))["function"]
    assert again["version"] == 2
    assert await town.codes("functionChange", id=made["id"], input=card, expectedVersion=1) == [
        ("expectedVersion", "function_changed")
    ]
    same = (await town.done("functionChange", id=made["id"], input=changed))["function"]
    assert same["version"] == 2, "nothing differs"
    assert [row["action"] for row in await town.city.rows(AUDIT)] == ["core.function.created", "core.function.changed"]


async def test_a_stage_asks_for_what_it_needs_and_back_is_free(town: Town) -> None:
    made = (await town.done("functionCreate", input={"key": "Ф-1", "title": "Ордер"}))["function"]

    async def missing(stage: str) -> set[str]:
        return {code for _, code in await town.codes("functionStageMove", id=made["id"], stage=Word(stage))}

    described = {"function_needs_unit", "function_needs_operations", "function_needs_lead", "function_needs_launches"}
    planned = described | {"function_needs_owner", "function_needs_plan"}
    assert await missing("DESCRIBED") == described
    assert await missing("PLANNED") == planned
    assert await missing("LIVE") == planned | {"function_needs_process"}
    card = {
        "key": "Ф-1", "title": "Ордер", "unitId": town.units["roads"], "leadDays": 5, "launches": 10,
        "ownerId": town.analyst.id, "plannedFor": "2027-06-30",
    }  # fmt: skip
    await town.done("functionChange", id=made["id"], input=card)
    await town.done("functionOperationsSet", id=made["id"], operations=[{"title": "Приём", "minutes": 15}])
    moved = (await town.done("functionStageMove", id=made["id"], stage=Word("PLANNED")))["function"]
    assert moved["stage"] == "PLANNED"
    assert await missing("IN_WORK") == {"function_needs_process"}
    back = (await town.done("functionStageMove", id=made["id"], stage=Word("INVENTORIED")))["function"]
    assert back["stage"] == "INVENTORIED"


async def test_operations_keep_their_order_whatever_is_done_to_them(town: Town) -> None:
    made = (await town.done("functionCreate", input={"key": "Ф-1", "title": "Ордер"}))["function"]

    async def listed() -> list[tuple[int, str]]:
        found = await town.ask(f'{{ cityFunction(id: "{made["id"]}") {{ operations {{ id place title }} }} }}')
        ids.update({each["title"]: each["id"] for each in found["operations"]})
        return [(each["place"], each["title"]) for each in found["operations"]]

    ids: dict[str, str] = {}
    await town.done("functionOperationsSet", id=made["id"], operations=[{"title": "а"}, {"title": "б"}, {"title": "в"}])
    await town.done("functionOperationAdd", id=made["id"], operation={"title": "г"}, place=2)
    assert await listed() == [(1, "а"), (2, "г"), (3, "б"), (4, "в")]
    await town.done("functionOperationChange", operationId=ids["в"], operation={"title": "в", "minutes": 5}, place=1)
    await town.done("functionOperationRemove", operationId=ids["г"])
    await town.done("functionOperationAdd", id=made["id"], operation={"title": "д"})
    assert await listed() == [(1, "в"), (2, "а"), (3, "б"), (4, "д")]
    wrong = [{"title": "а"}, {"title": "", "minutes": -1, "valueClass": "x", "positionId": uuid.uuid4()}]
    assert ("operations.1.title", "required") in await town.codes(
        "functionOperationsSet", id=made["id"], operations=wrong
    )
    assert len(await listed()) == 4
    assert await town.codes("functionOperationRemove", operationId=uuid.uuid4()) == [("operationId", "not_found")]


async def test_the_demos_registry_is_found_counted_ranked_and_its_passport_is_the_sources(town: Town) -> None:
    async with town.city.serving():
        for login in ("administrator", "dispatcher", "executor", "gardener"):
            await _staff(login)
        await load_registry()
        await load_registry()
        await change_settings(installed_modules(), "core", {"functions_planned": 225, "functions_live": 10})
    assert len(await keys(town, "{}")) == 40
    assert await keys(town, '{text: "ЗЕМЛЯНЫЕ"}') == ["Ф-0002"]
    live = await keys(town, "{stages: [LIVE]}")
    assert len(live) == 7
    assert set(await keys(town, f'{{unitId: "{town.units["dispatch"]}", stages: [LIVE]}}')) == {"Ф-0008", "Ф-0009"}
    below = await keys(town, f'{{unitId: "{town.units["roads"]}"}}')
    assert {"Ф-0008", "Ф-0004"} <= set(below), "with the units below it"
    assert await keys(town, "{powerKind: DELEGATED}") == ["Ф-0020"]
    assert await keys(town, '{reviewDue: "2027-08-31"}') == []
    assert len(await keys(town, '{reviewDue: "2027-09-01"}')) == 35
    costly = await keys(town, "{costAbove: 100000000}")
    assert "Ф-0001" in costly and "Ф-0011" in costly

    page = await town.ask("{ cityFunctions(first: 2) { edges { node { key } cursor } pageInfo { hasNextPage } } }")
    rest = await town.ask(
        f'{{ cityFunctions(first: 1, after: "{page["edges"][1]["cursor"]}") {{ edges {{ node {{ key }} }} }} }}'
    )
    assert rest["edges"][0]["node"]["key"] == "Ф-0003"

    (top,) = await town.ask("{ functionTree { unitId title hasUnits functions stages { stage functions } } }")
    assert (top["title"], top["hasUnits"], top["functions"]) == ("Администрация города", True, 40)
    assert {each["stage"]: each["functions"] for each in top["stages"]}["LIVE"] == 7
    level = await town.ask(f'{{ functionTree(unitId: "{top["unitId"]}") {{ title functions ownFunctions }} }}')
    roads = next(each for each in level if each["title"] == "Департамент городского хозяйства")
    assert (roads["functions"], roads["ownFunctions"]) == (len(below), len(below) - 7)
    plan = {each["stage"]: each for each in await town.ask("{ functionPlan { stage functions reached target } }")}
    assert (plan["LIVE"]["reached"], plan["LIVE"]["target"], plan["PLANNED"]["target"]) == (7, 10, 225)
    assert plan["IN_WORK"]["target"] is None and plan["INVENTORIED"]["reached"] == 40

    ranked = await town.ask("{ functionRanking(subject: POWERS, first: 100) { edges { node { key score missing } } } }")
    rows = [edge["node"] for edge in ranked["edges"]]
    assert (rows[0]["key"], rows[0]["score"]) == ("П-02", 19)
    assert rows[-1]["key"] == "П-14" and rows[-1]["missing"] == ["fit_national"]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)

    source = (await town.ask('{ cityFunctions(filter: {text: "Ф-0001"}) { edges { node { id } } } }'))["edges"][0]
    printed = ", ".join(
        f'{{figure: "operations.{place}.{name}", value: "{value}"}}'
        for place, (_, hours, capacity) in enumerate(PRINTED, 1)
        for name, value in (("hours_a_month", hours.replace(".", ",")), ("capacity", capacity))
    )
    passport = await town.ask(
        f'{{ functionPassport(functionId: "{source["node"]["id"]}") {{ leadDays payloadDays waitingDays capacity '
        f"labourHours efficiency isCostly costAYear measured {{ cases }} misprints(printed: [{printed}]) "
        "{ figure printed computed } } }"
    )
    assert (passport["payloadDays"], passport["waitingDays"], passport["labourHours"]) == (10.53, 40.25, 84.25)
    assert (passport["capacity"], passport["efficiency"], passport["isCostly"]) == (0.02, 0.207, True)
    assert passport["measured"] is None
    assert [(each["printed"], each["computed"]) for each in passport["misprints"]] == [
        ("1854.60", "1854.00"), ("6.33", "0.33"),
    ]  # fmt: skip


async def test_the_matrix_shows_gaps_and_duplicates(town: Town) -> None:
    async with town.city.serving():
        for login in ("administrator", "dispatcher", "executor", "gardener"):
            await _staff(login)
        await load_registry()
    query = (
        "{ dutyMatrix { duties withoutPower { key } duplicates { key position { title } } withoutPerformer { key } } }"
    )
    found = await town.ask(query)
    assert found["duties"] == 24
    assert [duty["key"] for duty in found["withoutPower"]] == ["О-21", "О-22"]
    assert [[duty["key"] for duty in group] for group in found["duplicates"]] == [["О-03", "О-04"], ["О-10", "О-11"]]
    assert [power["key"] for power in found["withoutPerformer"]] == ["П-07", "П-12", "П-13", "П-15"]
    duties = "{ positionDuties(filter: {withoutPower: true}) { totalCount edges { node { key power { key } } } } }"
    assert (await town.ask(duties))["totalCount"] == 2


async def test_nobody_without_the_right_and_no_other_city_sees_any_of_it(town: Town, another_city: City) -> None:
    made = (await town.done("functionCreate", input={"key": "Ф-1", "title": "Ордер"}))["function"]
    system = (await town.done("itSystemSave", "system { id }", input={"key": "с", "title": "Система"}))["system"]
    await town.done("functionSystemSet", FUNCTION, id=made["id"], systemId=system["id"], purpose="учёт")
    for query in (
        "{ cityFunctions { totalCount } }",
        f'{{ cityFunction(id: "{made["id"]}") {{ key }} }}',
        f'{{ functionPassport(functionId: "{made["id"]}") {{ labourHours }} }}',
        "{ functionTree { title } }",
        "{ itSystems { totalCount } }",
        "{ dutyMatrix { duties } }",
        "{ functionRanking(subject: POWERS) { totalCount } }",
    ):
        for who, code in ((town.outsider, "FORBIDDEN"), (None, "NOT_SIGNED_IN")):
            answer = await town.city.graphql(query, as_=who)
            assert answer["errors"][0]["extensions"]["code"] == code, query
    refused = await town.city.graphql(
        'mutation { powerSave(input: {key: "x", title: "x"}) { errors { code } } }', as_=town.reader
    )
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    other = await furnished(another_city)
    assert await other.ask("{ cityFunctions { totalCount } }") == {"totalCount": 0}
    assert await other.ask(f'{{ cityFunction(id: "{made["id"]}") {{ key }} }}') is None
    assert await other.codes("functionStageMove", id=made["id"], stage=Word("DESCRIBED")) == [
        ("functionId", "not_found")
    ]
    theirs = (await other.done("functionCreate", input={"key": "Ф-1", "title": "Своя"}))["function"]
    assert await other.codes("functionSystemSet", id=theirs["id"], systemId=system["id"]) == [("systemId", "not_found")]


async def _staff(login: str) -> None:
    await create_user(login, f"Сотрудник {login}", "correct horse", email=f"{login}@example.org")
