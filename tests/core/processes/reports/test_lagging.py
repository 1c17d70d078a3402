"""Who lags, by unit, person, process and lane: for the mayor the city, for a head their units."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from leancity.core.identity.units import create_unit
from leancity.core.processes.running.begin import begin
from leancity.core.testing.city import City, TestUser
from tests.core.processes.publishing import publish
from tests.core.processes.work.conftest import FORM, HEAD, KEY, PERMIT, WORKER

ROW = (
    "open overdue dueSoon suspended oldestAt lateSince done promised onTimeRate processId lane unit { key } user { id }"
)
STANDING = """query ($by: ProcessStandingBy!, $process: String, $soon: Int! = 3, $limit: Int! = 50) {
  processStanding(by: $by, processKey: $process, soonDays: $soon, limit: $limit) {
    count total { ROW } rows { ROW } } }""".replace("ROW", ROW)
_LATE = (
    "update work_item set due_at = now() - interval '1 day' where tenant_id = $1 and state = 'open'"
    " and id in (select id from work_item where tenant_id = $1 and unit_id = $2 order by available_at limit 1)"
)
_SOON = (
    "update work_item set due_at = now() + interval '2 days' where tenant_id = $1 and state <> 'done' and unit_id = $2"
)


async def standing(city: City, as_: TestUser, by: str, **more: Any) -> Any:
    return (await city.data(STANDING, {"by": by, **more}, as_=as_))["processStanding"]


class _Town:
    """Two units, a head of the first, a mayor; a test's life in it."""

    city: City
    roads: uuid.UUID
    parks: uuid.UUID
    head: TestUser
    clerk: TestUser
    mayor: TestUser

    async def settle(self, city: City) -> None:
        self.city = city
        async with city.serving():
            self.roads, self.parks = await create_unit("roads", "Roads"), await create_unit("parks", "Parks")
        self.head = await city.user(*HEAD, unit_id=self.roads)
        self.clerk = await city.user(*WORKER, unit_id=self.roads)
        self.mayor = await city.user("core.process.read", "core.unit.read")
        await publish(city, PERMIT, KEY, forms={"check": FORM})
        async with city.serving():
            for unit in (self.roads, self.roads, self.parks):
                await begin(KEY, {}, title="A trench", unit_id=unit)


async def town_in(make_city: Callable[..., Awaitable[City]]) -> _Town:
    town = _Town()
    await town.settle(await make_city())
    return town


async def test_the_mayor_sees_the_city_and_a_head_their_unit(make_city: Callable[..., Awaitable[City]]) -> None:
    town = await town_in(make_city)
    await town.city.rows(_SOON, town.parks)
    await town.city.rows(_LATE, town.roads)
    found = await standing(town.city, town.mayor, "UNIT")
    assert [(each["unit"]["key"], each["open"], each["overdue"], each["dueSoon"]) for each in found["rows"]] == [
        ("roads", 2, 1, 0),
        ("parks", 1, 0, 1),
    ]
    assert (found["total"]["open"], found["total"]["overdue"], found["count"]) == (3, 1, 2)
    assert found["rows"][0]["lateSince"] is not None and found["rows"][1]["lateSince"] is None
    assert (await standing(town.city, town.mayor, "UNIT", soon=1))["total"]["dueSoon"] == 0
    mine = await standing(town.city, town.head, "UNIT")
    assert [each["unit"]["key"] for each in mine["rows"]] == ["roads"]
    assert mine["total"]["open"] == 2, "what lies with the parks is none of the roads' head's"


async def test_people_lanes_and_processes_are_told_apart(make_city: Callable[..., Awaitable[City]]) -> None:
    town = await town_in(make_city)
    (item,) = await town.city.rows(
        "select id from work_item where tenant_id = $1 and unit_id = $2 order by available_at limit 1", town.roads
    )
    text = "mutation ($id: UUID!) { workItemComplete(itemId: $id, facts: {depth: 1}) { errors { code } } }"
    done = (await town.city.data(text, {"id": str(item["id"])}, as_=town.clerk))["workItemComplete"]
    assert done["errors"] == []
    promise = "update work_item set due_at = done_at + interval '1 hour' where tenant_id = $1 and state = 'done'"
    await town.city.rows(promise)
    people = {
        each["user"] and each["user"]["id"]: each for each in (await standing(town.city, town.mayor, "PERSON"))["rows"]
    }
    assert people[str(town.clerk.id)]["done"] == 1 and people[str(town.clerk.id)]["onTimeRate"] == 1
    assert people[None]["open"] == 3, "nobody has taken the others"
    lanes = {each["lane"]: each for each in (await standing(town.city, town.mayor, "LANE"))["rows"]}
    assert {name: each["open"] for name, each in lanes.items()} == {"Clerks": 2, "Signers": 1}
    assert lanes["Signers"]["onTimeRate"] is None
    (process,) = (await standing(town.city, town.mayor, "PROCESS"))["rows"]
    assert (process["open"], process["done"], process["promised"]) == (3, 1, 1)
    assert (await standing(town.city, town.mayor, "PROCESS", process="other"))["rows"] == []
    cut = await standing(town.city, town.mayor, "LANE", limit=1)
    assert (len(cut["rows"]), cut["count"]) == (1, 2)


async def test_the_test_stand_and_outsiders_have_no_part_in_it(make_city: Callable[..., Awaitable[City]]) -> None:
    town = await town_in(make_city)
    await town.city.rows("update work_item set mark = 'test' where tenant_id = $1 and unit_id = $2", town.parks)
    assert (await standing(town.city, town.mayor, "UNIT"))["total"]["open"] == 2
    asked = {"by": "UNIT"}
    answer = await town.city.graphql(STANDING, asked, as_=town.clerk)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", "a clerk neither assigns nor reads processes"
    answer = await town.city.graphql(STANDING, {"by": "UNIT", "soon": 0}, as_=town.mayor)
    assert answer["errors"][0]["extensions"]["code"] == "PROCESS_NUMBER_OUTSIDE"
