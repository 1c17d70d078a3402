"""«Me too» of a resident, and a clerk's mark that a report repeats another: counted, followed, taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import TestUser
from tests.modules.city_problems.conftest import POINT, REPORT, Town
from tests.modules.city_problems.test_nearby import NEARBY, ids

SEEN = """query ($id: UUID!) { cityProblems { report(id: $id) {
  supporters isSupportedByMe isFollowedByMe duplicateOf { id } duplicates { id } } } }"""


async def filed(town: Town, by: TestUser | None = None, **fields: Any) -> str:
    data = await town.city.data(
        REPORT, {"input": {"point": POINT, "category": "pothole", "text": "A hole", **fields}}, as_=by
    )
    assert data["cityProblemsReport"]["errors"] == []
    return str(data["cityProblemsReport"]["report"]["id"])


async def seen(town: Town, case: str, as_: TestUser | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await town.city.data(SEEN, {"id": case}, as_=as_))["cityProblems"]["report"]
    return answer


async def do(town: Town, as_: TestUser, mutation: str, case: str) -> list[tuple[str, str]]:
    """Join or leave, and return what was refused."""
    done = await town.do(as_, f'cityProblems{mutation}(id: "{case}")')
    return [(error["code"], error["field"]) for error in done["errors"]]


async def mark(town: Town, case: str, original: str | None) -> list[tuple[str, str]]:
    named = f', duplicateOf: "{original}"' if original else ""
    refusing = f'cityProblemsRefuse(id: "{case}", outcome: "duplicate", note: "seen"{named})'
    done = await town.do(town.clerk, refusing)
    return [(error["code"], error["field"]) for error in done["errors"]]


async def test_a_resident_joins_once_and_leaves_again(town: Town) -> None:
    anna, boris = await town.city.user(), await town.city.user()
    case = await filed(town, anna)
    assert await do(town, boris, "Join", case) == [] and await do(town, boris, "Join", case) == []
    told = await seen(town, case, boris)
    assert (told["supporters"], told["isSupportedByMe"], told["isFollowedByMe"]) == (1, True, True)
    assert (await seen(town, case))["isSupportedByMe"] is False
    assert await do(town, boris, "Leave", case) == [] and await do(town, boris, "Leave", case) == []
    told = await seen(town, case, boris)
    assert (told["supporters"], told["isSupportedByMe"], told["isFollowedByMe"]) == (0, False, False)
    lines = await town.city.rows(
        "select action, actor_id from audit_event where tenant_id = $1 and action like 'city_problems.report.%'"
        " and action ~ '(supported|left)$' order by at"
    )
    assert [tuple(line) for line in lines] == [
        ("city_problems.report.supported", boris.id),
        ("city_problems.report.left", boris.id),
    ]


async def test_what_can_not_be_joined(town: Town) -> None:
    anna, boris = await town.city.user(), await town.city.user()
    case = await filed(town, anna)
    assert await do(town, anna, "Join", case) == [("city_problems.own_report", "id")]
    answer = await town.city.graphql(f'mutation {{ cityProblemsJoin(id: "{case}") {{ errors {{ code }} }} }}')
    assert answer["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    nothing = "01900000-0000-7000-8000-000000000000"
    assert await do(town, boris, "Join", nothing) == await do(town, boris, "Leave", nothing) == [("not_found", "id")]
    await town.do(town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "not_ours", note: "x")')
    assert await do(town, boris, "Join", case) == [("city_problems.report_anew", "id")]
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"shown": "sorted"})
    hidden = await filed(town, anna)
    assert await do(town, boris, "Join", hidden) == await do(town, boris, "Leave", hidden) == [("not_found", "id")]
    assert await do(town, town.clerk, "Join", hidden) == [("not_found", "id")], "nobody follows what is not shown"
    assert (await seen(town, hidden, town.clerk))["supporters"] == (await seen(town, case))["supporters"] == 0


async def test_all_who_join_at_once_are_counted(town: Town) -> None:
    case = await filed(town)
    people = [await town.city.user() for _ in range(6)]
    refused = await asyncio.gather(*(do(town, person, "Join", case) for person in people for _ in range(2)))
    assert refused == [[]] * 12
    assert (await seen(town, case))["supporters"] == 6


async def test_a_duplicate_is_closed_into_its_original_and_its_people_hear_of_that(town: Town) -> None:
    anna, boris, vera = [await town.city.user() for _ in range(3)]
    original, case = await filed(town, anna), await filed(town, boris)
    assert await do(town, vera, "Join", case) == []
    assert await mark(town, case, None) == [("required", "duplicate_of".replace("_of", "Of"))]
    assert await mark(town, case, original) == []
    told = await seen(town, case)
    assert (told["duplicateOf"], told["duplicates"]) == ({"id": original}, [])
    assert (await seen(town, original))["duplicates"] == [{"id": case}]
    for person in (boris, vera):
        told = await seen(town, original, person)
        assert (told["supporters"], told["isSupportedByMe"], told["isFollowedByMe"]) == (2, True, True)
    near = await town.city.data(NEARBY, {"point": POINT, "category": "pothole", "text": ""})
    assert ids(near["cityProblems"]["nearby"]) == [original], "the original is offered, not what repeats it"

    third = await filed(town)
    assert await mark(town, third, case) == [], "what repeats a duplicate repeats its original"
    assert (await seen(town, third))["duplicateOf"] == {"id": original}
    assert {each["id"] for each in (await seen(town, original))["duplicates"]} == {case, third}

    assert await do(town, vera, "Leave", original) == [] and await do(town, vera, "Join", original) == []
    reopened = await town.do(town.clerk, f'cityProblemsReopen(id: "{case}", note: "another hole")')
    assert reopened["errors"] == []
    assert (await seen(town, case))["duplicateOf"] is None
    assert (await seen(town, original))["duplicates"] == [{"id": third}]
    assert (await seen(town, original, boris))["isSupportedByMe"] is False
    told = await seen(town, original, vera)
    assert (told["supporters"], told["isSupportedByMe"]) == (1, True), "who joined by themselves stays"


async def test_what_can_not_be_the_original(town: Town) -> None:
    original, case = await filed(town), await filed(town)
    assert await mark(town, case, case) == [("case_relation_self", "duplicateOf")]
    assert await mark(town, case, "01900000-0000-7000-8000-000000000000") == [("not_found", "duplicateOf")]
    assert await mark(town, case, original) == []
    assert await mark(town, original, case) == [("case_relation_circular", "duplicateOf")]
    refused = await town.do(
        town.clerk, f'cityProblemsRefuse(id: "{original}", outcome: "not_ours", note: "x", duplicateOf: "{case}")'
    )
    assert [error["field"] for error in refused["errors"]] == ["duplicateOf"]
    told = await seen(town, original)
    assert told["duplicateOf"] is None and told["duplicates"] == [{"id": case}], "nothing is left of what was refused"
    again = await mark(town, case, original)
    assert again, "it is closed already"
    plain = f'mutation {{ caseMove(caseId: "{case}", transition: "reopen", note: "x") {{ errors {{ code }} }} }}'
    moved = await town.city.data(plain, as_=town.clerk)
    assert moved["caseMove"]["errors"] == [{"code": "case_move_by_mutation"}], "that would leave the mark behind"


async def test_two_clerks_who_mark_each_others_report_make_no_circle(town: Town) -> None:
    one, other = await filed(town), await filed(town)
    refused = await asyncio.gather(mark(town, one, other), mark(town, other, one))
    assert sorted(map(bool, refused)) == [False, True], refused
    originals = [(await seen(town, case))["duplicateOf"] for case in (one, other)]
    assert originals.count(None) == 1


@pytest.mark.parametrize("shown", ["at_once", "sorted"])
async def test_links_show_no_hidden_report(town: Town, shown: str) -> None:
    anna = await town.city.user()
    original = await filed(town)
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"shown": shown})
    case = await filed(town, anna)
    assert await mark(town, case, original) == []
    is_open = shown == "at_once"
    assert (await seen(town, original))["duplicates"] == ([{"id": case}] if is_open else [])
    assert (await seen(town, original, anna))["duplicates"] == [{"id": case}], "their own they see"
