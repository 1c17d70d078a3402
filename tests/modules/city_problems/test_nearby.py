"""What is offered before a report is sent: found, ranked, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.duplicates.nearby import OFFERED
from leancity.modules.city_problems.service import NewReport, report
from tests.modules.city_problems.conftest import POINT, Town
from tests.modules.city_problems.synthetic_duplicates import Told, synthetic

NEARBY = """
query ($point: GeoPointInput!, $category: String!, $text: String!) { cityProblems {
  nearby(point: $point, category: $category, text: $text) { distance likeness reason report { id number } } } }
"""
A_DEGREE = 111_195


def north(metres: float) -> dict[str, float]:
    return {"lat": POINT["lat"] + metres / A_DEGREE, "lon": POINT["lon"]}


async def offered(
    town: Town,
    point: dict[str, float] = POINT,
    category: str = "pothole",
    text: str = "",
    as_: TestUser | None = None,
) -> list[dict[str, Any]]:
    data = await town.city.data(NEARBY, {"point": point, "category": category, "text": text}, as_=as_)
    rows: list[dict[str, Any]] = data["cityProblems"]["nearby"]
    return rows


async def filed(town: Town, **fields: Any) -> str:
    payload = await town.report(**fields)
    assert payload["errors"] == []
    return str(payload["report"]["id"])


async def settings(town: Town, **values: Any) -> None:
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", values)


def ids(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [row["report"]["id"] for row in rows]


async def test_the_near_ones_of_the_category_are_offered_the_likeliest_first(town: Town) -> None:
    near = await filed(town, point=north(20), text="Пробил колесо у остановки")
    alike = await filed(town, point=north(60), text="Огромная яма возле школы")
    await filed(town, point=north(130), text="Огромная яма возле школы")
    await filed(town, point=north(5), category="lighting", text="Огромная яма возле школы")
    rows = await offered(town, text="ОГРОМНЫЕ ямы возле школ")
    assert ids(rows) == [alike, near]
    assert [row["reason"] for row in rows] == ["words", "place"]
    assert rows[0]["distance"] == pytest.approx(60, abs=0.2) and rows[0]["likeness"] == 1
    assert ids(await offered(town)) == [near, alike], "without words the nearer comes first"

    await settings(town, duplicate_radius=150)
    assert len(await offered(town)) == 3
    await settings(town, is_duplicate_of_any_category=True, duplicate_radius=30)
    rows = await offered(town)
    assert len(rows) == 2 and rows[0]["report"]["id"] == near, "its own category first"
    for metres in range(OFFERED):
        await filed(town, point=north(metres))
    assert len(await offered(town)) == OFFERED


async def test_closed_ones_are_offered_while_they_may_have_come_back(town: Town) -> None:
    await settings(town, is_proof_required=False)
    ends = {"fixed": await filed(town), "not_fixed": await filed(town), "not_ours": await filed(town)}
    for outcome, case in ends.items():
        if outcome == "not_ours":
            await town.do(town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "{outcome}", note: "x")')
            continue
        await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
        await town.do(town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}")')
        await town.do(town.executor, f'cityProblemsTake(id: "{case}")')
        closed = await town.do(town.executor, f'cityProblemsClose(id: "{case}", outcome: "{outcome}", note: "x")')
        assert closed["errors"] == []
    rows = await offered(town)
    assert [(row["report"]["id"], row["reason"]) for row in rows] == [(ends["fixed"], "repaired")]
    await settings(town, duplicate_days=0)
    assert await offered(town) == []


async def test_who_may_not_see_the_list_is_offered_nothing_and_what_is_hidden_is_not_shown(town: Town) -> None:
    await settings(town, shown="sorted")
    case = await filed(town)
    assert await offered(town) == []
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
    assert ids(await offered(town)) == [case]
    await settings(town, is_list_public=False)
    answer = await town.city.graphql(NEARBY, {"point": POINT, "category": "pothole", "text": ""})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    assert ids(await offered(town, as_=town.clerk)) == [case]


async def test_how_like_a_text_is_does_not_tell_what_is_hidden_in_another(town: Town) -> None:
    await filed(town, text="Яма, звоните +7 914 555 12 34")
    plain = await offered(town, text="яма звоните")
    guessed = await offered(town, text="яма звоните +7 914 555 12 34")
    assert guessed[0]["likeness"] < plain[0]["likeness"]


@pytest.mark.parametrize("lon", [179.9999, -179.9999])
async def test_it_works_across_the_antimeridian(town: Town, lon: float) -> None:
    case = await filed(town, point={"lat": 64.7, "lon": 179.9998})
    rows = await offered(town, {"lat": 64.7, "lon": lon})
    assert ids(rows) == [case] and rows[0]["distance"] < 20


@pytest.mark.parametrize(
    ("category", "text", "code"),
    [("dragons", "", "CITY_PROBLEMS.CATEGORY_UNKNOWN"), ("pot\0hole' or 1=1 --", "", "CITY_PROBLEMS.CATEGORY_UNKNOWN")],
)
async def test_what_does_not_fit_names_the_field(town: Town, category: str, text: str, code: str) -> None:
    answer = await town.city.graphql(NEARBY, {"point": POINT, "category": category, "text": text})
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code], answer
    assert answer["errors"][0]["extensions"]["field"] == "category"


async def test_no_text_breaks_it(town: Town) -> None:
    case = await filed(town)
    for text in ("\0", "' ; drop table x; --", "{{7*7}} %s $1", "яма & ! | <-> ()", "ё" * 20_000, "🕳️‮"):
        assert ids(await offered(town, text=text)) == [case], text


@pytest.mark.long
async def test_recall_and_precision_on_reports_of_which_the_truth_is_known(town: Town) -> None:
    told = synthetic(60)
    truth = {}
    async with town.city.serving():
        for each in told.known:
            new = NewReport(lat=each.lat, lon=each.lon, category=each.category, text=each.text)
            truth[str((await report(new)).id)] = each.problem
    repeated = set(truth.values())
    found = first = right = shown = likely = likely_right = 0
    for asked, rows in await _ask_all(town, told.asked):
        problems = [truth[row["report"]["id"]] for row in rows]
        likeliest = [truth[row["report"]["id"]] for row in rows if row["reason"] == "words"]
        if asked.problem in repeated:
            found += asked.problem in problems
            first += bool(problems) and problems[0] == asked.problem
        right, shown = right + problems.count(asked.problem), shown + len(problems)
        likely, likely_right = likely + len(likeliest), likely_right + likeliest.count(asked.problem)
    of = sum(asked.problem in repeated for asked in told.asked)
    measured = (
        f"{len(told.known)} known, {len(told.asked)} asked, {of} repeats; recall {found / of:.3f},"
        f" first {first / of:.3f}, precision {right / shown:.3f}, of words {likely_right / likely:.3f} of {likely}"
    )
    assert found / of >= 0.95, f"recall: {measured}"
    assert first / of >= 0.85, f"the likeliest first: {measured}"
    assert right / shown >= 0.7, f"precision: {measured}"
    assert likely_right / likely >= 0.7, f"precision of words: {measured}"


async def _ask_all(town: Town, asked: list[Told]) -> list[tuple[Told, list[dict[str, Any]]]]:
    """Ask for each, twenty in one request."""
    found = []
    for begin in range(0, len(asked), 20):
        part = asked[begin : begin + 20]
        declared, fields = [], []
        variables: dict[str, Any] = {}
        for place, each in enumerate(part):
            declared.append(f"$p{place}: GeoPointInput!, $t{place}: String!")
            arguments = f'point: $p{place}, category: "{each.category}", text: $t{place}'
            fields.append(f"n{place}: nearby({arguments}) {{ reason report {{ id }} }}")
            variables |= {f"p{place}": {"lat": each.lat, "lon": each.lon}, f"t{place}": each.text}
        query = f"query ({', '.join(declared)}) {{ cityProblems {{ {' '.join(fields)} }} }}"
        answer = (await town.city.data(query, variables))["cityProblems"]
        found += [(each, answer[f"n{place}"]) for place, each in enumerate(part)]
    return found
