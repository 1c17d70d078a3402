"""The health of a city: each check turns with what it looks at, and the city stands as its worst check."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.tenancy.tables import Subscription
from leancity.core.testing.city import City, TestUser
from leancity.tenants.operator.thresholds import BOUNDS
from tests.tenants.operator.asking import do, health
from tests.tenants.operator.conftest import MakeCity


async def change(city: City, sql: str, *values: Any) -> None:
    """Change rows of a city (``tenant_id = $1``) past any service, as time and mishaps do."""
    connection = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    try:
        await connection.execute(sql, city.tenant.id, *values)
    finally:
        await connection.close()


async def test_a_fresh_city_is_well_and_every_check_speaks_both_languages(
    place: City, boss: TestUser, town: City
) -> None:
    english, russian = await health(place, boss, town), await health(place, boss, town, "ru")
    assert english["status"] == "OK", english
    assert {*english["checks"]} == {*BOUNDS}, "a check without bounds, or bounds without a check"
    for key, check in english["checks"].items():
        assert check["status"] == "OK"
        for word in ("title", "text"):
            assert check[word] and not check[word].startswith("operator."), key
            assert check[word] != russian["checks"][key][word] or check[word][0].isdigit(), key


async def test_a_dead_letter_is_critical_until_it_is_settled(
    place: City, boss: TestUser, town: City, poisoned: Callable[[], None]
) -> None:
    async with town.serving():
        await enqueue("core.poison", {})
    await town.run_jobs()
    found = await health(place, boss, town)
    assert (found["status"], found["checks"]["dead_letters"]["status"]) == ("CRITICAL", "CRITICAL")
    assert found["checks"]["dead_letters"]["figure"] == 1
    poisoned()
    await do(place, boss, "operatorDeadLettersReplay", "letters", city=town.tenant.slug)
    await town.run_jobs()
    assert (await health(place, boss, town))["status"] == "OK"


@pytest.mark.parametrize(
    ("key", "status", "sql", "amount"),
    [
        ("queue_interactive", "CRITICAL", "update due set queue = 'interactive', run_at = $2 where tenant_id = $1", 400),  # noqa: E501
        ("queue_default", "WARNING", "update due set run_at = $2 where tenant_id = $1", 400),
        ("schedules_broken", "WARNING", "delete from job where tenant_id = $1 and $2 < now()", 0),
        ("audit", "WARNING", "update audit_event set at = $2 where tenant_id = $1", 400),
        ("audit", "CRITICAL", "update audit_event set at = $2 where tenant_id = $1", 4000),
        ("activity", "WARNING", "update audit_event set at = $2 where tenant_id = $1", 40 * 86400),
        ("roles", "WARNING", "update role set offered = '{}' where tenant_id = $1 and $2 < now()", 0),
        ("uncertain", "WARNING", "update job set state = 'done', is_uncertain = true, finished_at = $2 "
         "where tenant_id = $1", 86400),
    ],
)  # fmt: skip
async def test_what_turns_a_check(
    place: City, boss: TestUser, town: City, key: str, status: str, sql: str, amount: int
) -> None:
    await change(town, sql, now() - timedelta(seconds=amount))
    found = await health(place, boss, town)
    assert found["checks"][key]["status"] == status, found["checks"][key]
    assert found["status"] in (status, "CRITICAL")


async def test_a_closed_door_full_limits_and_a_module_that_is_gone(
    place: City, boss: TestUser, town: City, make_city: MakeCity
) -> None:
    key = f"plan-{town.tenant.slug}"
    limits, title = {"people": 1, "modules": 1}, {"ru": "Малый", "en": "Small"}
    await town.user()
    await do(place, boss, "operatorPlanSave", "plan { key }", key=key, title=title, limits=limits)
    await do(place, boss, "operatorCityPlan", slug=town.tenant.slug, plan=key)
    await do(place, boss, "operatorCitySuspend", slug=town.tenant.slug, reason="x")
    await Subscription.insert(Subscription(tenant_id=town.tenant.id, module="gone_module", since=now()))
    checks = (await health(place, boss, town))["checks"]
    told = {key: checks[key]["status"] for key in ("door", "people", "modules", "storage", "modules_missing")}
    assert told == {
        "door": "WARNING",
        "people": "CRITICAL",
        "modules": "OK",
        "storage": "OK",
        "modules_missing": "CRITICAL",
    }
    assert "gone_module" in checks["modules_missing"]["text"]
    done = await do(place, boss, "operatorModulesLeave", slug=town.tenant.slug, modules=["gone_module"])
    assert [module["name"] for module in done["city"]["modules"]] == ["city_problems"]


async def test_what_a_city_takes_is_counted(place: City, boss: TestUser, town: City) -> None:
    await town.user()
    await town.user()
    query = "query($s: String!) { operator { city(slug: $s) { used { people storage modules } } } }"
    found = (await place.data(query, {"s": town.tenant.slug}, as_=boss))["operator"]["city"]["used"]
    assert found == {"people": 2, "storage": 0.0, "modules": 1}


async def test_many_who_ask_at_once_do_not_starve_each_other(place: City, boss: TestUser, town: City) -> None:
    """A request that held its snapshot's connection while it waits for a city's would: the web process has five."""
    query = """query($s: String!) { operator { certificates { totalCount } plans { key }
      city(slug: $s) { health { status } used { people } } } }"""
    asking = [place.data(query, {"s": town.tenant.slug}, as_=boss) for _ in range(12)]
    for answer in await asyncio.gather(*asking):
        assert answer["operator"]["city"]["health"]["status"] == "OK"
