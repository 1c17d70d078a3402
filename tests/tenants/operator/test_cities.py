"""Looking after cities from the operator's place: doors, modules, regions, hosts, and what is left in the logs."""

from __future__ import annotations

import asyncio

import httpx

from leancity.core.jobs.outbox import enqueue
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.plain import NO_TLS
from tests.tenants.operator.asking import CITY, asked, do, logged, refused
from tests.tenants.operator.conftest import MakeCity

SOON = 2.0  # seconds


async def door(city: City) -> tuple[int, str]:
    answer = await city.request("POST", "/graphql", json={"query": "{ city { title } }"})
    return answer.status_code, answer.json().get("code", "")


async def state(city: City, job: object) -> str:
    (row,) = await city.rows("select state from job where tenant_id = $1 and id = $2", job)
    return str(row["state"])


async def test_a_suspended_city_is_closed_its_jobs_wait_and_it_goes_on_when_resumed(
    place: City, boss: TestUser, town: City
) -> None:
    slug = town.tenant.slug
    async with town.socket(await town.user()) as socket:
        done = await do(place, boss, "operatorCitySuspend", slug=slug, reason="Долг за март")
        code, _, seconds = await socket.closed()
    assert done["city"]["state"] == "SUSPENDED"
    assert (code, seconds < SOON) == (4403, True)
    assert await door(town) == (503, "city_suspended")
    async with town.serving():
        job = await enqueue("core.prune_jobs", {})
    await town.run_jobs()
    assert await state(town, job) == "waiting"

    assert (await do(place, boss, "operatorCityResume", slug=slug))["city"]["state"] == "OPEN"
    assert (await door(town))[0] == 200
    await town.run_jobs(all_due=True)
    assert await state(town, job) == "done"

    reason = {"reason": "Долг за март", "operator": boss.login}
    assert await logged(town, "core.city.suspended") == [reason]
    assert [row["operator"] for row in await logged(town, "core.city.resumed")] == [boss.login]
    assert await logged(place, "operator.city.suspended") == [{"city": slug, "reason": "Долг за март"}]
    assert await logged(place, "operator.city.resumed") == [{"city": slug}]


async def test_two_suspensions_at_once_are_one(place: City, boss: TestUser, town: City) -> None:
    asking = [do(place, boss, "operatorCitySuspend", slug=town.tenant.slug, reason="x") for _ in range(4)]
    assert {each["city"]["state"] for each in await asyncio.gather(*asking)} == {"SUSPENDED"}
    assert len(await logged(town, "core.city.suspended")) == len(await logged(place, "operator.city.suspended")) == 1


async def test_modules_are_left_and_taken_again(place: City, boss: TestUser, town: City) -> None:
    slug = town.tenant.slug
    left = await do(place, boss, "operatorModulesLeave", slug=slug, modules=["city_problems"])
    assert left["city"]["modules"] == []
    assert "errors" in await town.graphql("{ cityProblems { __typename } }")
    back = await do(place, boss, "operatorModulesSubscribe", slug=slug, modules=["city_problems"])
    assert back["city"]["modules"] == [{"name": "city_problems", "isInstalled": True}]
    assert "errors" not in await town.graphql("{ cityProblems { __typename } }")
    by = {"modules": ["city_problems"], "operator": boss.login}
    assert await logged(town, "core.modules.left") == await logged(town, "core.modules.subscribed") == [by]
    assert await logged(place, "operator.modules.left") == [{"city": slug, "modules": ["city_problems"]}]


async def test_a_region_is_given_and_taken(place: City, boss: TestUser, town: City, make_city: MakeCity) -> None:
    region, slug = await make_city(kind="region"), town.tenant.slug
    given = await do(place, boss, "operatorCityRegion", slug=slug, region=region.tenant.slug)
    assert given["city"]["region"] == region.tenant.slug
    assert (await do(place, boss, "operatorCityRegion", slug=slug))["city"]["region"] is None
    assert [row["region"] for row in await logged(town, "core.region.set")] == [region.tenant.slug, None]
    assert await refused(place, boss, "operatorCityRegion", slug=slug, region="nowhere") == [("region", "city_unknown")]
    assert await refused(place, boss, "operatorCityRegion", slug=slug, region=place.tenant.slug) == [
        ("region", "region_expected")
    ]
    assert await refused(place, boss, "operatorCityRegion", slug=region.tenant.slug, region=region.tenant.slug) == [
        ("slug", "region_for_cities")
    ]


async def test_hosts_are_changed_as_a_whole(place: City, boss: TestUser, town: City, another_city: City) -> None:
    slug, old = town.tenant.slug, town.host
    new = f"www.{old}"
    changed = await do(place, boss, "operatorCityHosts", slug=slug, hosts=[new.upper(), f"m.{old}"])
    assert changed["city"]["hosts"] == [f"m.{old}", new]
    address = f"http://127.0.0.1:{town.platform.port}/graphql"
    query = {"query": "{ city { slug } }"}
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        assert (await client.post(address, json=query, headers={"Host": old})).status_code == 404
        answer = await client.post(address, json=query, headers={"Host": new})
    assert answer.json()["data"]["city"]["slug"] == slug
    assert await logged(town, "core.hosts.changed") == [
        {"added": sorted([new, f"m.{old}"]), "removed": [old], "operator": boss.login}
    ]
    for hosts, code in (([], "required"), (["no host"], "host_invalid"), ([new, another_city.host], "host_taken")):
        assert await refused(place, boss, "operatorCityHosts", slug=slug, hosts=hosts) == [("hosts", code)]
    assert len(await logged(town, "core.hosts.changed")) == 1
    await do(place, boss, "operatorCityHosts", slug=slug, hosts=[new, f"m.{old}"])
    assert len(await logged(town, "core.hosts.changed")) == 1, "nothing changed, and it was recorded"


async def test_bad_input_names_its_field(place: City, boss: TestUser, town: City) -> None:
    slug, own = town.tenant.slug, place.tenant.slug
    wrong: list[tuple[str, dict[str, object], tuple[str, str]]] = [
        ("operatorCitySuspend", {"slug": "nowhere", "reason": "x"}, ("slug", "city_unknown")),
        ("operatorCitySuspend", {"slug": slug, "reason": " "}, ("reason", "required")),
        ("operatorCitySuspend", {"slug": slug, "reason": "x" * 501}, ("reason", "operator.reason_long")),
        ("operatorCitySuspend", {"slug": own, "reason": "x"}, ("slug", "operators_own_place")),
        ("operatorCitySuspend", {"slug": "\0", "reason": "x"}, ("slug", "city_unknown")),
        ("operatorCityPlan", {"slug": slug, "plan": "\0"}, ("plan", "operator.plan_unknown")),
        ("operatorCityResume", {"slug": "nowhere"}, ("slug", "city_unknown")),
        ("operatorModulesSubscribe", {"slug": slug, "modules": []}, ("modules", "required")),
        ("operatorModulesSubscribe", {"slug": slug, "modules": ["nothing"]}, ("modules", "module_unknown")),
        ("operatorModulesSubscribe", {"slug": slug, "modules": ["operator"]}, ("modules", "module_unknown")),
        ("operatorModulesLeave", {"slug": slug, "modules": ["nothing"]}, ("modules", "module_unknown")),
        ("operatorModulesLeave", {"slug": own, "modules": ["operator"]}, ("slug", "operators_own_place")),
        ("operatorCityPlan", {"slug": slug, "plan": "nothing"}, ("plan", "operator.plan_unknown")),
        ("operatorPlanDrop", {"key": "nothing"}, ("key", "operator.plan_unknown")),
    ]
    for name, arguments, expected in wrong:
        assert await refused(place, boss, name, **arguments) == [expected], name
    assert (await door(town))[0] == 200


async def test_cities_are_listed_searched_and_paged(
    place: City, boss: TestUser, town: City, make_city: MakeCity
) -> None:
    slug, region = town.tenant.slug, await make_city(kind="region")
    await do(place, boss, "operatorCitySuspend", slug=slug, reason="x")
    query = f"query($s: String!, $k: OperatorPlaceKind, $t: OperatorCityState) {{ operator {{\
      cities(search: $s, kind: $k, state: $t) {{ totalCount edges {{ node {{ {CITY} }} }} }} }} }}"

    async def found(search: str, kind: str | None = None, state: str | None = None) -> list[str]:
        answer = await place.data(query, {"s": search, "k": kind, "t": state}, as_=boss)
        cities = answer["operator"]["cities"]
        assert cities["totalCount"] == len(cities["edges"])
        return [edge["node"]["slug"] for edge in cities["edges"]]

    assert await found(slug.upper()) == [slug]
    assert await found(slug, "CITY", "SUSPENDED") == [slug]
    assert await found(slug, "REGION") == await found(slug, state="OPEN") == []
    assert await found(region.host, "REGION", "OPEN") == [region.tenant.slug]
    assert await found(place.tenant.slug, "OPERATOR") == [place.tenant.slug]

    seen: list[str] = []
    after = None
    paged = "query($a: String) { operator { cities(first: 2, after: $a) {\
      edges { node { slug } } pageInfo { hasNextPage endCursor } } } }"
    while True:
        page = (await place.data(paged, {"a": after}, as_=boss))["operator"]["cities"]
        seen += [edge["node"]["slug"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"] or len(seen) > 20:
            break
    assert seen == sorted(set(seen)) and len(seen) >= 3


async def test_modules_and_queues_are_shown(place: City, boss: TestUser, town: City) -> None:
    answer = await place.data(
        "{ operator { modules { name title version kind requires serves cities } queues { name waiting dead lag } } }",
        as_=boss,
    )
    modules = {each["name"]: each for each in answer["operator"]["modules"]}
    assert modules["city_problems"]["title"] == "City problems" and modules["city_problems"]["cities"] >= 1
    assert modules["operator"]["serves"] == ["OPERATOR"]
    assert [each["name"] for each in answer["operator"]["queues"]] == ["interactive", "default", "bulk"]


async def test_the_place_does_not_exist_in_a_city_or_a_region(town: City, make_city: MakeCity) -> None:
    for city in (town, await make_city("city_problems", kind="region")):
        user = await city.user(roles=["core.administrator"])
        for text in ("{ operator { __typename } }", asked("operatorCityResume", "__typename", slug=city.tenant.slug)):
            (error,) = (await city.graphql(text, as_=user))["errors"]
            assert "Cannot query field" in error["message"]
