"""The operator's commands, as a shell runs them: what they print, with which code they end."""

from __future__ import annotations

import json

import pytest

from leancity.core.jobs.outbox import enqueue
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from leancity.tenants.operator.demo import make_demo_operator
from tests.tenants.operator.asking import logged

pytestmark = pytest.mark.usefixtures("poisoned")


@pytest.mark.long
async def test_the_place_is_made_once_and_plans_are_kept_from_it(platform: Platform, town: City) -> None:
    slug = town.tenant.slug
    asked = ("operator", "create", "--host", "operator.localhost", "--admin", "Boss", "--json")
    existed = await tenant_by_slug("operator")  # the demo's, of an earlier test of this process
    password = {"LEANCITY_ADMIN_PASSWORD": "correct horse battery"}
    platform.environment.update(password)
    try:
        made = platform.command(*asked, check=existed is None)
        again = platform.command(*asked, check=False)
    finally:
        del platform.environment["LEANCITY_ADMIN_PASSWORD"]
    assert existed or json.loads(made.stdout)["slug"] == "operator"
    assert (again.returncode, "there already" in again.stderr) == (1, True)

    saved = platform.command("plan", "save", "tiny", "--title", "Малый", "--people", "3", "--storage-mb", "2", "--json")
    assert json.loads(saved.stdout)["limits"] == {"people": 3, "storage": 2 * 1024 * 1024, "modules": None}
    put = platform.command("plan", "set", slug, "tiny", "--json")
    assert json.loads(put.stdout)["plan"] == "tiny"
    refused = platform.command("plan", "drop", "tiny", check=False)
    assert (refused.returncode, "key: " in refused.stderr) == (1, True)
    platform.command("plan", "set", slug, "--none")
    assert json.loads(platform.command("plan", "drop", "tiny", "--json").stdout) == {"dropped": "tiny"}
    assert "tiny" not in platform.command("plan", "list").stdout
    assert [row["plan"] for row in await logged(town, "core.plan.set")] == ["tiny", ""]


async def test_health_tells_monitoring_by_its_exit_code(platform: Platform, town: City) -> None:
    slug = town.tenant.slug
    well = platform.command("city", "health", slug)
    assert (well.returncode, well.stdout) == (0, f"{slug}\tok\n")
    platform.command("city", "suspend", slug, "--reason", "Долг")
    (row,) = await logged(town, "core.city.suspended")
    assert row["reason"] == "Долг" and row["operator"]
    warned = platform.command("city", "health", slug, "--json", check=False)
    told = json.loads(warned.stdout)
    assert (warned.returncode, told["status"]) == (4, "warning")
    assert [check["key"] for check in told["checks"] if check["status"] == "warning"] == ["door"]


@pytest.mark.long
async def test_lists_and_codes_for_programs(platform: Platform, town: City) -> None:
    slug = town.tenant.slug
    left = platform.command("module", "leave", slug, "city_problems", "--json")
    assert json.loads(left.stdout) == {"city": slug, "modules": []}
    back = platform.command("module", "subscribe", slug, "city_problems", "--json")
    assert json.loads(back.stdout) == {"city": slug, "modules": ["city_problems"]}
    lines = platform.command("city", "list", "--kind", "city", "--state", "open", "--json").stdout.splitlines()
    (mine,) = [facts for line in lines if (facts := json.loads(line))["slug"] == slug]
    assert mine["hosts"] == [town.host] and "id" not in mine and [*mine["modules"]] == ["city_problems"]
    async with town.serving():
        await enqueue("core.poison", {})
    await town.run_jobs()
    dead = platform.command("city", "health", slug, check=False)
    assert dead.returncode == 5 and "critical: Dead letters" in dead.stdout
    settled = platform.command("deadletters", "discard", "--city", slug, "--json")
    assert json.loads(settled.stdout) == {"discarded": 1}
    assert platform.command("city", "health", "nowhere", check=False).returncode == 1


async def test_the_demos_place_is_made_once(platform: Platform, database: None, modules: Modules) -> None:
    tenant = await make_demo_operator(modules)
    place = City(platform, tenant)
    counted = """select (select count(*) from operator_plan where tenant_id = $1) as plans, count(*) as accounts
      from user_account where tenant_id = $1"""
    before = await place.rows(counted)
    assert (await make_demo_operator(modules)).id == tenant.id
    assert await place.rows(counted) == before
    assert before[0]["plans"] >= 2 and before[0]["accounts"] >= 1
    host = {"Host": "operator.localhost"}
    shown = await place.request("POST", "/graphql", json={"query": "{ city { slug modules } }"}, headers=host)
    assert shown.json()["data"]["city"] == {"slug": "operator", "modules": ["operator"]}
