"""Following a report and watching a place: who hears of what, and of what nobody hears."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from leancity.core.testing.city import TestUser
from tests.graphql.kernel.notifications.desk import account
from tests.modules.city_problems.conftest import POINT, REPORT, Town

pytestmark = pytest.mark.usefixtures("mailbox")
WATCH = """mutation ($input: CityProblemsWatchInput!) { cityProblemsWatch(input: $input) {
  errors { field code } watch { id title radius categoryId point { lat lon } } } }"""
MINE = "{ cityProblems { myWatches { id title } } }"
LIST = "{ notifications { edges { node { key text isOwn } } } }"
NEAR = {"lat": POINT["lat"] + 0.0044, "lon": POINT["lon"]}  # about 490 m to the north
FAR = {"lat": POINT["lat"] + 0.0046, "lon": POINT["lon"]}  # about 510 m


@pytest_asyncio.fixture
async def neighbour(town: Town) -> TestUser:
    return await account(town.city, kind="resident")


async def watch(town: Town, as_: TestUser | None, **fields: Any) -> dict[str, Any]:
    given = {"title": "Home", "point": POINT, "radius": 500, **fields}
    payload: dict[str, Any] = (await town.city.data(WATCH, {"input": given}, as_=as_))["cityProblemsWatch"]
    return payload


async def reported(town: Town, as_: TestUser | None = None, **fields: Any) -> str:
    given = {"point": POINT, "category": "pothole", "text": "A deep hole", **fields}
    payload = (await town.city.data(REPORT, {"input": given}, as_=as_))["cityProblemsReport"]
    assert payload["errors"] == []
    case: str = payload["report"]["id"]
    return case


async def told(town: Town, as_: TestUser) -> list[str]:
    """Do what is due and return by which rules a person was told, oldest first."""
    while await town.city.run_jobs():
        pass
    edges = (await town.city.data(LIST, as_=as_))["notifications"]["edges"]
    return [edge["node"]["key"] for edge in reversed(edges)]


async def follow(town: Town, case: str, as_: TestUser | None, *, verb: str = "Follow") -> list[str]:
    """Follow a report, or not, and return the codes of what was wrong."""
    answer = await town.city.graphql(
        f'mutation {{ done: cityProblems{verb}(id: "{case}") {{ errors {{ code }} }} }}', as_=as_
    )
    if "errors" in answer:
        return [error["extensions"]["code"] for error in answer["errors"]]
    return [error["code"] for error in answer["data"]["done"]["errors"]]


async def is_followed(town: Town, case: str, as_: TestUser | None) -> bool:
    data = await town.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ isFollowedByMe }} }} }}', as_=as_)
    answer: bool = data["cityProblems"]["report"]["isFollowedByMe"]
    return answer


async def refused(town: Town, case: str) -> None:
    done = await town.do(town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "not_ours", note: "Of the region")')
    assert done["errors"] == []


async def test_who_follows_hears_how_it_ends_until_they_no_longer_do(town: Town, neighbour: TestUser) -> None:
    case, other = await reported(town), await reported(town)
    assert await follow(town, case, neighbour) == await follow(town, case, neighbour) == []
    assert await follow(town, other, neighbour) == []
    assert await is_followed(town, case, neighbour) and not await is_followed(town, case, None)
    assert await follow(town, other, neighbour, verb="Unfollow") == []
    assert not await is_followed(town, other, neighbour)
    await refused(town, case)
    await refused(town, other)
    assert await told(town, neighbour) == ["city_problems.closed_followed"]


async def test_a_stranger_and_a_report_that_is_not_shown_are_refused(town: Town, neighbour: TestUser) -> None:
    case = await reported(town)
    assert await follow(town, case, None) == ["NOT_SIGNED_IN"]
    assert await follow(town, str(uuid4()), neighbour) == ["not_found"]
    hide = "update city_problems_report set is_shown = false where tenant_id = $1 returning 1"
    await town.city.rows(hide)
    assert await follow(town, case, neighbour) == ["not_found"]
    assert await town.city.rows("select 1 from case_follower where tenant_id = $1") == []


async def test_who_watches_a_place_follows_what_is_reported_there_from_then_on(town: Town, neighbour: TestUser) -> None:
    assert (await watch(town, neighbour))["errors"] == []
    far_away = await account(town.city, kind="resident")
    await watch(town, far_away, point={"lat": -POINT["lat"], "lon": POINT["lon"]})
    case, beyond = await reported(town, point=NEAR), await reported(town, point=FAR)
    assert await told(town, neighbour) == ["city_problems.published_nearby"]
    assert await is_followed(town, case, neighbour) and not await is_followed(town, beyond, neighbour)
    await refused(town, case)
    await refused(town, beyond)
    assert await told(town, neighbour) == ["city_problems.published_nearby", "city_problems.closed_followed"]
    assert await told(town, far_away) == []


async def test_a_watch_of_one_category_leaves_the_others_alone(town: Town, neighbour: TestUser) -> None:
    rows = (await town.city.data("{ cityProblems { categories { id key } } }"))["cityProblems"]["categories"]
    lighting = next(row["id"] for row in rows if row["key"] == "lighting")
    assert (await watch(town, neighbour, categoryId=lighting))["watch"]["categoryId"] == lighting
    await reported(town)
    assert await told(town, neighbour) == []
    await reported(town, category="lighting")
    assert await told(town, neighbour) == ["city_problems.published_nearby"]


async def test_who_reported_is_not_told_that_there_is_a_new_report(town: Town, neighbour: TestUser) -> None:
    await watch(town, neighbour)
    case = await reported(town, as_=neighbour)
    assert await told(town, neighbour) == []
    assert not await is_followed(town, case, neighbour)


async def test_a_place_that_does_not_fit_is_refused_by_its_fields(town: Town, neighbour: TestUser) -> None:
    async def wrong(**fields: Any) -> list[tuple[str, str]]:
        return [(each["field"], each["code"]) for each in (await watch(town, neighbour, **fields))["errors"]]

    invalid = "city_problems.radius_invalid"
    assert await wrong(title=" ", radius=49) == [("title", "required"), ("radius", invalid)]
    assert await wrong(radius=5001) == [("radius", invalid)]
    assert await wrong(title="x" * 201) == [("title", "too_long")]
    assert await wrong(categoryId=str(uuid4())) == [("categoryId", "not_found")]
    assert await town.city.rows("select 1 from city_problems_watch where tenant_id = $1") == []
    answer = await town.city.graphql(WATCH, {"input": {"title": "Home", "point": POINT, "radius": 500}})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_a_person_watches_twenty_places_and_no_more_even_at_once(town: Town, neighbour: TestUser) -> None:
    async with town.city.serving():
        add = (
            "insert into city_problems_watch (id, tenant_id, user_id, title, lat, lon, radius, at)"
            " select gen_random_uuid(), $1, $2, n::text, 0, 0, 50, now() from generate_series(1, 18) n returning id"
        )
        await town.city.rows(add, neighbour.id)
    done = await asyncio.gather(*(watch(town, neighbour, title=str(n)) for n in range(5)))
    codes = sorted(code["code"] for payload in done for code in payload["errors"])
    assert codes == ["city_problems.watches_full"] * 3
    mine = (await town.city.data(MINE, as_=neighbour))["cityProblems"]["myWatches"]
    assert len(mine) == 20


async def test_places_are_ones_own(town: Town, neighbour: TestUser) -> None:
    made = (await watch(town, neighbour))["watch"]["id"]
    other = await account(town.city, kind="resident")
    assert await follow(town, made, other, verb="Unwatch") == ["not_found"]
    for person in (other, None):
        assert (await town.city.data(MINE, as_=person))["cityProblems"]["myWatches"] == []
    assert await follow(town, made, neighbour, verb="Unwatch") == []
    assert (await town.city.data(MINE, as_=neighbour))["cityProblems"]["myWatches"] == []
    await reported(town)
    assert await told(town, neighbour) == []


async def test_a_report_that_is_hidden_tells_nobody_and_shown_again_tells_who_watches(
    town: Town, neighbour: TestUser
) -> None:
    follower = await account(town.city, kind="resident")
    await watch(town, neighbour)
    case = await reported(town)
    assert await follow(town, case, follower) == []
    assert await told(town, neighbour) == ["city_problems.published_nearby"]
    hide, show = [f'cityProblemsModerate(id: "{case}", isShown: {each})' for each in ("false", "true")]
    assert (await town.do(town.clerk, hide))["errors"] == []
    assert await told(town, neighbour) == await told(town, follower) == []
    assert not await town.city.rows("select 1 from case_follower where tenant_id = $1")
    assert (await town.do(town.clerk, show))["errors"] == []
    await refused(town, case)
    assert await told(town, neighbour) == ["city_problems.published_nearby", "city_problems.closed_followed"]
    assert await told(town, follower) == []
