"""Categories are the city's own data: changed with history and undo, by people and by profiles alike."""

from __future__ import annotations

from typing import Any

from leancity.modules.city_problems.permissions import SETTINGS
from tests.modules.city_problems.conftest import Town

NAME = "city_problems.categories"
CHANGE = f"""mutation ($key: String!, $values: JSON!) {{
  customChange(collection: "{NAME}", key: $key, values: $values) {{ errors {{ field code }} hasChanged }} }}"""
RESET = f'mutation ($key: String!) {{ customReset(collection: "{NAME}", key: $key) {{ errors {{ field code }} }} }}'
HISTORY = f'{{ customHistory(collection: "{NAME}") {{ edges {{ node {{ id key }} }} }} }}'
UNDO = "mutation ($id: UUID!) { customUndo(changeId: $id) { errors { code } } }"
OFFERED = "{ cityProblems { categories { key title } } }"


async def test_a_category_is_added_renamed_switched_off_and_put_back(town: Town) -> None:
    editor = await town.city.user(SETTINGS)

    async def done(query: str, **variables: Any) -> dict[str, Any]:
        data = await town.city.data(query, variables, as_=editor)
        answer: dict[str, Any] = next(iter(data.values()))
        return answer

    async def offered() -> dict[str, str]:
        rows = (await town.city.data(OFFERED))["cityProblems"]["categories"]
        return {row["key"]: row["title"] for row in rows}

    before = await offered()
    assert "pothole" in before and "bench" not in before
    bench = {"titleRu": "Сломана скамья", "titleEn": "Broken bench"}
    assert await done(CHANGE, key="bench", values=bench) == {"errors": [], "hasChanged": True}
    assert await done(CHANGE, key="bench", values=bench) == {"errors": [], "hasChanged": False}
    assert (await offered())["bench"] == "Broken bench"
    filed = await town.report(category="bench")
    assert filed["errors"] == []
    assert (await done(RESET, key="bench"))["errors"] == [{"field": "key", "code": "city_problems.category_used"}]
    assert (await done(CHANGE, key="bench", values={"isOff": True}))["errors"] == []
    assert await offered() == before
    refused = await town.report(category="bench")
    assert [each["code"] for each in refused["errors"]] == ["city_problems.category_unknown"]

    history = (await done(HISTORY))["edges"]
    assert [edge["node"]["key"] for edge in history] == ["bench", "bench"]
    assert (await done(UNDO, id=history[0]["node"]["id"]))["errors"] == []
    assert (await offered())["bench"] == "Broken bench"


async def test_what_does_not_fit_names_the_field(town: Town) -> None:
    editor = await town.city.user(SETTINGS)

    async def errors(key: str, **values: Any) -> list[dict[str, str]]:
        answer = await town.city.data(CHANGE, {"key": key, "values": values}, as_=editor)
        found: list[dict[str, str]] = answer["customChange"]["errors"]
        return found

    assert await errors("bench", titleEn="Bench") == [{"field": "values.titleRu", "code": "required"}]
    assert await errors("pothole", unit="nowhere") == [{"field": "values.unit", "code": "not_found"}]
    assert await errors("Big Bench", titleRu="x") == [{"field": "key", "code": "custom_key_unknown"}]
