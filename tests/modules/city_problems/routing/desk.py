"""Working on routing rules as the city does: by GraphQL alone."""

from __future__ import annotations

from typing import Any

from tests.modules.city_problems.conftest import Town

CHANGE = """mutation ($key: String!, $values: JSON!) {
  customChange(collection: "city_problems.routes", key: $key, values: $values) { errors { field code } hasChanged } }"""
TRY = """mutation ($input: CityProblemsTryRouteInput!) { cityProblemsTryRoute(input: $input) {
  errors { field code } trial { id route reports fitted matched unmatched agreed differed undecided closed kept
    taken { rule reports } left { rule reports } elsewhere { unit { key title } reports }
    examples { caseId number unitId } } } }"""
SUGGESTION = "{ cityProblems { report(id: %s) { suggestion { unit { key } rule note } } } }"


async def change(town: Town, key: str, **values: Any) -> list[dict[str, str]]:
    """Set fields of a rule and return what was wrong."""
    answer = await town.city.data(CHANGE, {"key": key, "values": values}, as_=town.clerk)
    errors: list[dict[str, str]] = answer["customChange"]["errors"]
    return errors


async def attempt(town: Town, **asked: Any) -> dict[str, Any]:
    """Try a rule and return the payload."""
    answer = await town.city.data(TRY, {"input": asked}, as_=town.clerk)
    payload: dict[str, Any] = answer["cityProblemsTryRoute"]
    return payload


async def switched_on(town: Town, key: str, **values: Any) -> None:
    """Add a rule, try it and switch it on."""
    assert await change(town, key, **values) == []
    assert (await attempt(town, key=key))["errors"] == []
    assert await change(town, key, isOn=True) == []


async def suggestion(town: Town, case: str) -> dict[str, Any] | None:
    """Return where a report would go, as the clerk sees it."""
    answer = await town.city.data(SUGGESTION % f'"{case}"', as_=town.clerk)
    found: dict[str, Any] | None = answer["cityProblems"]["report"]["suggestion"]
    return found


async def reported(town: Town, text: str = "Яма", **fields: Any) -> str:
    """Report as a stranger and return the id."""
    payload = await town.report(text=text, **fields)
    assert payload["errors"] == []
    case: str = payload["report"]["id"]
    return case
