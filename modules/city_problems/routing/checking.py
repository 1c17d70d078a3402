"""What is wrong with a routing rule, by its fields; and the collection that asks."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.customs.collection import Collection
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem
from leancity.core.geo.tables import Territory
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.routing.rules import NAME, RouteItem, digest_of
from leancity.modules.city_problems.routing.tables import CityProblemsRouteTrial
from leancity.modules.city_problems.routing.units import find_unit
from leancity.modules.city_problems.routing.words import lexemes_of
from leancity.modules.city_problems.tables import CityProblemsCategory


async def check(key: str, item: RouteItem) -> list[Problem]:
    """Return what is wrong with a rule as it would hold; one that is on must have been tried just so."""
    problems = await check_draft(item)
    if item.is_on and not problems and not await is_tried(item):
        problems.append(Problem(code="city_problems.route_untried", field="is_on"))
    return problems


async def check_draft(item: RouteItem) -> list[Problem]:
    """Return what is wrong with what a rule says, tried or not."""
    async with tenant_tx():
        return [*_window(item), *await _unknown(item), *await _words(item), *await _unit(item)]


async def is_tried(item: RouteItem) -> bool:
    """Tell whether there was a trial of just what a rule says."""
    async with tenant_tx():
        return bool(await CityProblemsRouteTrial.exists().where(CityProblemsRouteTrial.digest == digest_of(item)))


def _window(item: RouteItem) -> Iterable[Problem]:
    if (item.from_time is None) != (item.to_time is None):
        yield Problem(code="required", field="to_time" if item.to_time is None else "from_time")
    elif item.from_time is not None and item.from_time == item.to_time:
        yield Problem(code="city_problems.route_window_empty", field="to_time")
    if item.days and item.hours:
        yield Problem(code="city_problems.route_two_terms", field="hours")


async def _unknown(item: RouteItem) -> list[Problem]:
    found = []
    if item.categories:
        rows = await CityProblemsCategory.select(CityProblemsCategory.key).output(as_list=True)
        for place, key in enumerate(item.categories):
            if key not in rows:
                problem = Problem(
                    code="city_problems.category_unknown", field=f"categories.{place}", params={"category": key}
                )
                found.append(problem)
    if item.territories:
        rows = await Territory.select(Territory.key).output(as_list=True)
        for place, key in enumerate(item.territories):
            if key not in rows:
                problem = Problem(
                    code="city_problems.route_territory_unknown",
                    field=f"territories.{place}",
                    params={"territory": key},
                )
                found.append(problem)
    return found


async def _words(item: RouteItem) -> list[Problem]:
    """A word that search passes over («на», «—») would stand in no text."""
    found = []
    for field, words in (("words", item.words), ("words_none", item.words_none)):
        for place, lexemes in enumerate(await lexemes_of(words)):
            if not lexemes:
                params = {"word": words[place]}
                found.append(Problem(code="city_problems.route_word_empty", field=f"{field}.{place}", params=params))
    return found


async def _unit(item: RouteItem) -> list[Problem]:
    if not item.unit.strip():
        return [Problem(code="required", field="unit")]
    unit = await find_unit(item.unit)
    if unit is None:
        return [Problem(code="not_found", field="unit")]
    # One that is off may name a unit that was closed meanwhile: it could not even be switched off otherwise.
    if item.is_on and not unit.is_open:
        return [Problem(code="city_problems.route_unit_closed", field="unit", params={"unit": unit.title})]
    return []


COLLECTION = Collection(
    name=NAME,
    title={"en": "Routing rules", "ru": "Правила маршрутизации"},
    item=RouteItem,
    may_add=True,
    permission=SETTINGS,
    check=check,
    # Rules speak of a city's own units, categories and territories, and are tried against its own history.
    own_only=frozenset(RouteItem.__struct_fields__),
)
