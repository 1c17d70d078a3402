"""What a trial tells of a rule: whom it would have sent what, and what was done with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from leancity.core.identity.units import create_unit
from leancity.core.moment import now
from leancity.core.testing.city import TestUser
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.routing.desk import attempt, change, reported, switched_on

TRIALS = """query ($route: String, $after: String) { cityProblems {
  routeTrials(route: $route, first: 1, after: $after) {
    totalCount pageInfo { endCursor } edges { node { route matched examples { number } } } } } }"""


async def closed(town: Town, worker: TestUser, unit: str, text: str, **fields: Any) -> str:
    """Let a report live up to its closing by a unit."""
    case = await reported(town, text, **fields)
    for who, step in (
        (town.clerk, f'cityProblemsSort(id: "{case}")'),
        (town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{unit}")'),
        (worker, f'cityProblemsTake(id: "{case}")'),
        (worker, f'cityProblemsClose(id: "{case}", outcome: "not_fixed")'),
    ):
        assert (await town.do(who, step))["errors"] == []
    return case


async def test_a_trial_tells_what_was_done_with_what_the_rule_fits(town: Town) -> None:
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
    gardener = await town.city.user(roles=["city_problems.executor"], unit_id=parks)
    agreed = await closed(town, town.executor, town.unit_id, "Яма")
    elsewhere = await closed(town, gardener, str(parks), "Яма под деревом")
    waiting = await reported(town, "Ямы")
    await reported(town, "Снег", category="snow")
    await switched_on(town, "last", order=900, categories=["pothole"], unit="roads")
    await switched_on(town, "trees", order=1, words=["дерево"], unit="parks")
    await change(town, "off", order=0, unit="parks")

    assert await change(town, "holes", words=["яма"], unit="roads", hours=1) == []
    trial = (await attempt(town, key="holes"))["trial"]
    examples = trial.pop("examples")
    assert trial.pop("id")
    assert trial == {
        "route": "holes",
        "reports": 4,
        "fitted": 3,
        "matched": 2,
        "unmatched": 1,
        "agreed": 1,
        "differed": 0,
        "undecided": 1,
        "closed": 1,
        "kept": 1,
        "taken": [{"rule": "last", "reports": 2}],
        "left": [{"rule": "trees", "reports": 1}],
        "elsewhere": [],
    }
    assert [each["caseId"] for each in examples] == [waiting, agreed]
    before = (await attempt(town, draft={"words": ["яма"], "unit": "roads", "order": 0}))["trial"]
    assert (before["matched"], before["agreed"], before["differed"], before["kept"]) == (3, 1, 1, None)
    assert before["elsewhere"] == [{"unit": {"key": "parks", "title": "Parks"}, "reports": 1}]
    assert before["examples"][0]["caseId"] == elsewhere, "those that went elsewhere first"
    assert (before["taken"], before["left"]) == (
        [{"rule": "last", "reports": 2}, {"rule": "trees", "reports": 1}],
        [],
    )

    data = (await town.city.data(TRIALS, as_=town.clerk))["cityProblems"]["routeTrials"]
    assert (data["totalCount"], data["edges"][0]["node"]["route"]) == (4, "")
    asked = {"after": data["pageInfo"]["endCursor"]}
    data = (await town.city.data(TRIALS, asked, as_=town.clerk))["cityProblems"]["routeTrials"]
    assert data["edges"][0]["node"]["route"] == "holes"
    assert len(data["edges"][0]["node"]["examples"]) == 2
    setter = await town.city.user("city_problems.settings.change")
    blind = (await town.city.data(TRIALS, {"route": "holes"}, as_=setter))["cityProblems"]["routeTrials"]
    assert (blind["totalCount"], blind["edges"][0]["node"]["examples"]) == (1, []), "who may read no case sees none"


async def test_a_term_that_would_have_been_missed_is_counted(town: Town) -> None:
    quick = await closed(town, town.executor, town.unit_id, "Яма")
    late = await closed(town, town.executor, town.unit_id, "Яма")
    old = now() - timedelta(days=60)
    moved = "update case_record set opened_at = $2 where tenant_id = $1 and id = $3::uuid returning id"
    assert len(await town.city.rows(moved, old, late)) == 1
    rule = {"words": ["яма"], "unit": "roads"}
    for term, kept in (({"hours": 1}, 1), ({"days": 5}, 1), ({"days": 60}, 2), ({}, None)):
        trial = (await attempt(town, draft=rule | term))["trial"]
        assert (trial["closed"], trial["kept"]) == (2, kept), term
    recent = (await attempt(town, draft=rule, since=(now() - timedelta(days=1)).isoformat()))["trial"]
    assert (recent["reports"], recent["examples"][0]["caseId"]) == (1, quick)
    newest = (await attempt(town, draft=rule, limit=1))["trial"]
    assert (newest["reports"], newest["examples"][0]["caseId"]) == (1, quick)
    future = (await attempt(town, draft=rule, since=datetime(2999, 1, 1, tzinfo=UTC).isoformat()))["trial"]
    assert (future["reports"], future["matched"]) == (0, 0)


async def test_what_can_not_be_tried_names_the_field(town: Town) -> None:
    async def wrong(**asked: Any) -> list[tuple[str, str]]:
        payload = await attempt(town, **asked)
        assert payload["trial"] is None
        return [(each["field"], each["code"]) for each in payload["errors"]]

    assert await wrong() == [("key", "required")]
    assert await wrong(key="nothing") == [("key", "not_found")]
    assert await wrong(key="a\0' or 1=1") == [("key", "not_found")]
    assert await wrong(key="Big Key", draft={"unit": "roads"}) == [("key", "custom_key_unknown")]
    assert await wrong(draft={"unit": "roads"}, limit=0) == [("limit", "city_problems.route_limit")]
    assert await wrong(draft={"unit": "roads"}, limit=10_001) == [("limit", "city_problems.route_limit")]
    assert await wrong(draft=[1]) == [("draft", "setting_type")]
    assert await wrong(draft={"colour": "red", "order": "first"}) == [
        ("draft.colour", "setting_unknown"),
        ("draft.order", "setting_type"),
    ]
    assert await wrong(draft={"wordsNone": ["и"], "unit": "mars"}) == [
        ("draft.wordsNone.0", "city_problems.route_word_empty"),
        ("draft.unit", "not_found"),
    ]
    kept = await town.city.rows("select id from city_problems_route_trial where tenant_id = $1")
    assert kept == []


async def test_a_trial_judges_as_routing_does(town: Town) -> None:
    rule = {"words": ["яма", "колодец"], "wordsNone": ["дорога"], "categories": ["pothole", "other"], "unit": "roads"}
    await switched_on(town, "holes", **rule)
    texts = ("Ямы", "яма на дороге", "КОЛОДЕЦ открыт", "Бордюр", "ям не счесть", "Ёлка")
    for text in texts:
        for category in ("pothole", "snow", "other"):
            await reported(town, text, category=category)
    routed = await town.city.rows("select case_id from city_problems_report where tenant_id = $1 and route = 'holes'")
    trial = (await attempt(town, draft={**rule, "order": 7}))["trial"]
    assert trial["reports"] == 18 and trial["matched"] == len(routed) == 6
    assert trial["taken"] == [{"rule": "holes", "reports": 6}]
    assert {each["caseId"] for each in trial["examples"]} == {str(row["case_id"]) for row in routed}
