"""Plans: set, changed, renewed by the job, dropped."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from leancity.core.testing.city import City, TestUser
from tests.tenants.operator.asking import do, logged, refused

GIGABYTE = 1024**3
PLAN = "plan { key title titles { ru en } limits { people storage modules } cities behind }"
FREE = {"people": None, "storage": None, "modules": None}


@pytest.fixture
def key() -> str:
    """The directory knows plans by key: in production there is one operator's place, here are many."""
    return f"plan-{secrets.token_hex(4)}"


async def save(place: City, who: TestUser, key: str, **limits: Any) -> dict[str, Any]:
    title = {"ru": "Малый", "en": "Small"}
    saved = await do(place, who, "operatorPlanSave", PLAN, key=key, title=title, limits=limits)
    plan: dict[str, Any] = saved["plan"]
    return plan


async def limits_of(place: City, who: TestUser, city: City) -> dict[str, Any]:
    query = "query($s: String!) { operator { city(slug: $s) { plan limits { people storage modules } } } }"
    found: dict[str, Any] = (await place.data(query, {"s": city.tenant.slug}, as_=who))["operator"]["city"]
    return found


async def test_a_plans_limits_come_to_its_cities_and_change_with_it(
    place: City, boss: TestUser, town: City, another_city: City, key: str
) -> None:
    small = {"people": 5, "storage": float(3 * GIGABYTE), "modules": 2}
    plan = await save(place, boss, key, **small)
    assert plan == {
        "key": key,
        "title": "Small",
        "titles": {"ru": "Малый", "en": "Small"},
        "limits": small,
        "cities": 0,
        "behind": 0,
    }
    for city in (town, another_city):
        await do(place, boss, "operatorCityPlan", slug=city.tenant.slug, plan=key)
        assert await limits_of(place, boss, city) == {"plan": key, "limits": small}
    await town.refresh()
    assert town.tenant.limits.storage == 3 * GIGABYTE
    assert await logged(town, "core.plan.set") == [
        {"plan": key, "limits": {**small, "storage": 3 * GIGABYTE}, "operator": boss.login}
    ]
    assert {"city": town.tenant.slug, "plan": key} in await logged(place, "operator.city.plan_set")

    plan = await save(place, boss, key, people=9)
    assert (plan["limits"]["people"], plan["cities"], plan["behind"]) == (9, 2, 2)
    await place.run_jobs()
    (plan,) = (await place.data(f"{{ operator {{ {PLAN.replace('plan', 'plans', 1)} }} }}", as_=boss))["operator"][
        "plans"
    ]
    assert (plan["cities"], plan["behind"]) == (2, 0)
    assert (await limits_of(place, boss, town))["limits"] == {**FREE, "people": 9}
    assert [row["limits"]["people"] for row in await logged(town, "core.limits.renewed")] == [9]
    await save(place, boss, key, people=9)
    await place.run_jobs()
    assert len(await logged(town, "core.limits.renewed")) == 1, "once more changes nothing"


async def test_a_plan_is_dropped_when_no_city_is_on_it(place: City, boss: TestUser, town: City, key: str) -> None:
    await save(place, boss, key, people=5)
    await do(place, boss, "operatorCityPlan", slug=town.tenant.slug, plan=key)
    assert await refused(place, boss, "operatorPlanDrop", key=key) == [("key", "operator.plan_used")]
    await do(place, boss, "operatorCityPlan", slug=town.tenant.slug)
    assert await limits_of(place, boss, town) == {"plan": None, "limits": FREE}
    await do(place, boss, "operatorPlanDrop", "__typename", key=key)
    assert (await place.data("{ operator { plans { key } } }", as_=boss))["operator"]["plans"] == []
    assert [row["plan"] for row in await logged(place, "operator.plan.dropped")] == [key]


async def test_bad_input_names_its_field(place: City, boss: TestUser) -> None:
    title = {"ru": "Малый", "en": "Small"}

    async def wrong(**changed: Any) -> list[tuple[str | None, str]]:
        return await refused(place, boss, "operatorPlanSave", **{"key": "a", "title": title, "limits": {}, **changed})

    assert await wrong(key="No key") == [("key", "operator.plan_key_invalid")]
    assert await wrong(title={"ru": " ", "en": "x" * 201}) == [
        ("title.ru", "required"),
        ("title.en", "operator.title_long"),
    ]
    assert await wrong(limits={"people": -1, "storage": 2.0**60}) == [
        ("limits.people", "operator.limit_invalid"),
        ("limits.storage", "operator.limit_invalid"),
    ]
    assert await wrong(limits={"storage": 0.5}) == [("limits.storage", "operator.limit_invalid")]
    assert (await place.data("{ operator { plans { key } } }", as_=boss))["operator"]["plans"] == []
