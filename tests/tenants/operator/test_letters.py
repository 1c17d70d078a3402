"""Dead letters of cities, as the operator's place sees and settles them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from leancity.core.jobs.outbox import enqueue
from leancity.core.testing.city import City, TestUser
from tests.tenants.operator.asking import do, logged, refused

SECRET = "Иванова Мария, +7 900 000-00-00"
LIST = """query($c: String, $j: String, $n: Int, $a: String) { operator { deadLetters(city: $c, job: $j, first: $n,
  after: $a) { totalCount pageInfo { hasNextPage endCursor }
  edges { node { id city job queue attempts diedAt error isUncertain } } } } }"""
DONE = "letters isComplete"

pytestmark = pytest.mark.usefixtures("poisoned")


async def die(city: City, amount: int) -> list[str]:
    """Let so many jobs die and return their ids."""
    ids = []
    for _ in range(amount):
        async with city.serving():
            ids.append(str(await enqueue("core.poison", {"who": SECRET})))
    await city.run_jobs()
    return ids


async def listed(place: City, who: TestUser, **wanted: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await place.data(LIST, wanted, as_=who))["operator"]["deadLetters"]
    return found


async def test_they_are_listed_without_what_they_carry_and_the_city_sees_it(
    place: City, boss: TestUser, town: City, another_city: City
) -> None:
    ids = await die(town, 3)
    others = await die(another_city, 1)
    page = await listed(place, boss, c=town.tenant.slug)
    assert [edge["node"]["id"] for edge in page["edges"]] == ids and page["totalCount"] == 3
    node = page["edges"][0]["node"]
    assert (node["city"], node["job"], node["error"]) == (town.tenant.slug, "core.poison", "refused for good")
    assert "Иванова" not in json.dumps(page, ensure_ascii=False)
    assert await logged(town, "core.job.seen") == [{"jobs": 3, "operator": boss.login}]

    seen: list[tuple[str, str]] = []
    after, more = None, True
    while more:
        page = await listed(place, boss, j="core.poison", n=2, a=after)
        seen += [(edge["node"]["city"], edge["node"]["id"]) for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    mine = [pair for pair in seen if pair[1] in {*ids, *others}]
    assert sorted(mine) == mine and len(mine) == 4 and len({*seen}) == len(seen)
    assert page["totalCount"] == len(seen)
    assert (await listed(place, boss, c=town.tenant.slug, j="core.nothing"))["totalCount"] == 0


async def test_they_are_replayed_and_discarded(
    place: City, boss: TestUser, town: City, poisoned: Callable[[], None]
) -> None:
    first, second, third = await die(town, 3)
    poisoned()
    done = await do(place, boss, "operatorDeadLettersDiscard", DONE, ids=[first])
    assert (done["letters"], done["isComplete"]) == (1, True)
    slug = town.tenant.slug
    done = await do(place, boss, "operatorDeadLettersReplay", DONE, city=slug, job="core.poison")
    assert (done["letters"], done["isComplete"]) == (2, True)
    await town.run_jobs()
    rows = await town.rows("select id::text, state from job where tenant_id = $1 and name = 'core.poison'")
    assert {row["id"]: row["state"] for row in rows} == {first: "discarded", second: "done", third: "done"}
    assert await logged(town, "core.job.replayed") == [{"jobs": 2, "operator": boss.login}]
    assert await logged(place, "operator.job.replayed") == [{"city": slug, "jobs": 2, "job": "core.poison"}]
    assert await logged(place, "operator.job.discarded") == [{"city": slug, "jobs": 1, "job": None}]


async def test_bad_input_names_its_field(place: City, boss: TestUser, town: City, another_city: City) -> None:
    (letter,) = await die(town, 1)
    for name in ("operatorDeadLettersReplay", "operatorDeadLettersDiscard"):
        assert await refused(place, boss, name) == [("city", "operator.letters_unchosen")]
        assert await refused(place, boss, name, city="nowhere") == [("city", "city_unknown")]
        unknown = [letter, str(uuid.uuid4())]
        assert await refused(place, boss, name, ids=unknown) == [("ids", "dead_letter_unknown")]
        assert await refused(place, boss, name, ids=[letter], city=another_city.tenant.slug) == [
            ("ids", "dead_letter_unknown")
        ]
    assert (await listed(place, boss, c=town.tenant.slug))["totalCount"] == 1
    (error,) = (await place.graphql(LIST, {"c": "nowhere"}, as_=boss))["errors"]
    assert error["extensions"]["code"] == "CITY_UNKNOWN"
