"""What routing does to a report: once when filed, once when corrected, and by itself where the city lets it."""

from __future__ import annotations

import json
from typing import Any

from leancity.core.geo.cells import cell_of
from leancity.core.geo.territories import save_territory
from leancity.core.identity.units import create_unit
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.modules.city_problems.routing.sending import send_routed
from tests.modules.city_problems.conftest import POINT, Town
from tests.modules.city_problems.routing.desk import change, reported, suggestion, switched_on
from tests.modules.city_problems.routing.test_matching import NORTH, square

STATUS = "{ cityProblems { report(id: %s) { status } } }"
JOBS = "select payload from job where tenant_id = $1 and name = 'city_problems.send_routed' order by id"
EVENTS = """select kind, data from case_event where tenant_id = $1 and case_id = $2::uuid
  and kind in ('routed', 'promised', 'handover_offered') order by at, id"""


async def status(town: Town, case: str) -> str:
    data = await town.city.data(STATUS % f'"{case}"', as_=town.clerk)
    found: str = data["cityProblems"]["report"]["status"]
    return found


async def events(town: Town, case: str) -> list[tuple[str, Any]]:
    """Return of the timeline what was routed, promised and offered."""
    rows = await town.city.rows(EVENTS, case)
    told = [(row["kind"], json.loads(row["data"])) for row in rows]
    fields = {"routed": "route", "promised": "amount", "handover_offered": "note"}
    return [(kind, data.get(fields[kind])) for kind, data in told]


async def let_rules_send(town: Town) -> None:
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"is_routing_automatic": True})


async def test_without_being_let_a_rule_only_suggests(town: Town) -> None:
    await switched_on(town, "holes", words=["яма"], unit="roads", days=3, note="Срочно")
    case = await reported(town)
    assert await town.city.run_jobs() >= 0 and await status(town, case) == "reported"
    assert await town.city.rows(JOBS) == []
    assert await events(town, case) == [("routed", "holes"), ("promised", 3)]
    suggested = f'{{ cityProblems {{ report(id: "{case}") {{ suggestion {{ rule }} }} }} }}'
    for who in (None, town.executor):
        answer = await town.city.graphql(suggested, as_=who)
        assert answer["data"]["cityProblems"]["report"]["suggestion"] is None
        assert answer["errors"][0]["extensions"]["code"] in {"NOT_SIGNED_IN", "FORBIDDEN"}
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
    sent = await town.do(town.clerk, f'cityProblemsSend(id: "{case}")')
    assert (sent["errors"], sent["report"]["status"]) == ([], "sent")
    assert (await events(town, case))[-1] == ("handover_offered", "Срочно")
    assert await suggestion(town, case) is None, "it is sent"


async def test_a_rule_sends_by_itself_and_once(town: Town) -> None:
    await let_rules_send(town)
    await switched_on(town, "holes", words=["яма"], unit="roads", note="Срочно")
    case, other = await reported(town), await reported(town, "Бордюр")
    await town.city.run_jobs()
    assert (await status(town, case), await status(town, other)) == ("sent", "reported")
    assert await events(town, case) == [("routed", "holes"), ("handover_offered", "Срочно")]
    async with town.city.serving():
        await send_routed({"case_id": case, "route": "holes", "status": "reported"})
    assert len(await events(town, case)) == 2, "a second run does nothing"


async def test_what_a_clerk_has_begun_or_a_unit_returned_is_left_alone(town: Town) -> None:
    await let_rules_send(town)
    await switched_on(town, "holes", words=["яма"], unit="roads")
    begun = await reported(town)
    await town.do(town.clerk, f'cityProblemsSort(id: "{begun}")')
    await town.city.run_jobs()
    assert await status(town, begun) == "sorted"

    returned = await reported(town)
    await town.city.run_jobs()
    assert await status(town, returned) == "sent"
    await town.do(town.executor, f'cityProblemsSendBack(id: "{returned}", reason: "not our street")')
    await town.city.run_jobs()
    assert await status(town, returned) == "sorted"
    assert await suggestion(town, returned) == {"unit": None, "rule": "holes", "note": ""}, "not to them again"
    named = await town.do(town.clerk, f'cityProblemsSend(id: "{returned}", unitId: "{town.unit_id}")')
    assert named["errors"] == [], "a clerk may"


async def test_what_nobody_has_read_is_not_shown_where_a_clerk_decides_that(town: Town) -> None:
    await let_rules_send(town)
    await switched_on(town, "holes", words=["яма"], unit="roads")
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"shown": "sorted"})
    by_rule = await reported(town)
    await town.city.run_jobs()
    by_clerk = await reported(town, "Бордюр")
    await town.do(town.clerk, f'cityProblemsSort(id: "{by_clerk}")')
    assert (await status(town, by_rule), await status(town, by_clerk)) == ("sent", "sorted")
    listed = (await town.city.data("{ cityProblems { reports { edges { node { id } } } } }"))["cityProblems"]["reports"]
    assert [edge["node"]["id"] for edge in listed["edges"]] == [by_clerk]


async def test_a_rule_switched_off_or_a_city_that_changed_its_mind_sends_nothing(town: Town) -> None:
    await let_rules_send(town)
    await switched_on(town, "holes", words=["яма"], unit="roads")
    case = await reported(town)
    assert await change(town, "holes", isOn=False) == []
    await town.city.run_jobs()
    assert await status(town, case) == "reported"


async def test_a_corrected_category_is_routed_anew_once(town: Town) -> None:
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
    await town.city.user(unit_id=parks)
    await let_rules_send(town)
    await switched_on(town, "snow", categories=["snow"], unit="parks", hours=4)
    await switched_on(town, "holes", categories=["pothole"], unit="roads", days=2)
    case, kept, plain = [await reported(town, "Сугроб") for _ in range(3)]
    assert await events(town, case) == [("routed", "holes"), ("promised", 2)]
    sorting = 'cityProblemsSort(id: "%s", category: "%s")'
    assert (await town.do(town.clerk, sorting % (case, "snow")))["errors"] == []
    assert (await events(town, case))[2:] == [("routed", "snow"), ("promised", 4)]
    assert (await town.do(town.clerk, sorting % (kept, "pothole")))["errors"] == []
    assert len(await events(town, kept)) == 2, "nothing was corrected"
    assert (await town.do(town.clerk, sorting % (plain, "litter")))["errors"] == []
    assert (await events(town, plain))[2:] == [("routed", ""), ("promised", 10)], "back to what its kind has"
    await town.city.run_jobs()
    assert [await status(town, each) for each in (case, kept, plain)] == ["sent", "sorted", "sorted"]
    assert len(await town.city.rows(JOBS)) == 4, "three when filed, one when corrected"


async def test_category_and_place_corrected_together_are_routed_once(town: Town) -> None:
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
        await save_territory("north", "Север", square(*NORTH))
    await town.city.user(unit_id=parks)
    await let_rules_send(town)
    await switched_on(town, "north", order=1, territories=["north"], categories=["snow"], unit="parks", days=1)
    await switched_on(town, "snow", order=2, categories=["snow"], unit="roads", days=2)
    await switched_on(town, "lenin", order=3, words=["ленин"], unit="roads", days=3)
    case, moved, named, same = [await reported(town, "Сугроб") for _ in range(4)]
    sort = """mutation ($id: UUID!, $category: String, $point: GeoPointInput, $address: String) {
      done: cityProblemsSort(id: $id, category: $category, point: $point, address: $address) {
        errors { field code } } }"""
    north = {"lat": NORTH[0], "lon": NORTH[1]}

    async def done(case: str, **corrected: Any) -> list[dict[str, str]]:
        data = await town.city.data(sort, {"id": case, **corrected}, as_=town.clerk)
        errors: list[dict[str, str]] = data["done"]["errors"]
        return errors

    assert await done(case, address="x" * 201) == [{"field": "address", "code": "too_long"}]
    assert (await status(town, case), await events(town, case)) == ("reported", [])
    assert await done(case, category="snow", point=north, address="улица Ленина, 1") == []
    assert await done(moved, point=north) == []
    assert await done(named, address="улица Ленина, 1") == []
    assert await done(same, category="pothole", point=POINT, address="") == []
    assert await events(town, case) == [("routed", "north"), ("promised", 1)]
    assert await events(town, named) == [("routed", "lenin"), ("promised", 3)]
    assert (await events(town, moved), await events(town, same)) == ([], [])
    assert len(await town.city.rows(JOBS)) == 2
    await town.city.run_jobs()
    assert [await status(town, each) for each in (case, moved, named, same)] == ["sent", "sorted", "sent", "sorted"]
    cells = await town.city.rows("select cell from case_record where tenant_id = $1 and id = $2::uuid", case)
    assert cells[0]["cell"] == cell_of(*NORTH)
