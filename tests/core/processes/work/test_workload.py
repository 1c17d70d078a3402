"""Work against hours, and who could do an item."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leancity.core.clock.city import city_clock
from leancity.core.moment import now
from tests.core.processes.publishing import publish
from tests.core.processes.work.conftest import FORM, KEY, PERMIT, Office, codes
from tests.core.processes.work.test_absence import add, days

LOAD = "load { open overdue dueSoon hours unestimated }"
WORKLOAD = """query ($units: [UUID!]!, $days: Int! = 7) { workload(unitIds: $units, days: $days) {
  unit { key } LOAD queue { open hours } availableHours people { user { id } availableHours awayUntil LOAD } } }
""".replace("LOAD", LOAD)
CANDIDATES = (
    "query ($id: UUID!) { workItemCandidates(itemId: $id) { user { id } workload { availableHours load { hours } } } }"
)


async def workload(office: Office, *units: Any, **more: Any) -> list[dict[str, Any]]:
    asked = {"units": [str(each) for each in units], **more}
    found: list[dict[str, Any]] = (await office.city.data(WORKLOAD, asked, as_=office.head))["workload"]
    return found


async def test_open_work_is_held_against_the_hours_there_are(office: Office) -> None:
    await office.begin()
    await office.begin()
    (item, _) = await office.items(office.clerk)
    await office.do("Claim", item, office.clerk)
    (roads,) = await workload(office, office.roads, office.parks)
    assert roads["unit"]["key"] == "roads", "the parks are out of the head's reach"
    assert roads["queue"] == {"open": 1, "hours": 2.0}
    assert roads["load"] == {"open": 2, "overdue": 0, "dueSoon": 0, "hours": 4.0, "unestimated": 0}
    people = {each["user"]["id"]: each for each in roads["people"]}
    assert people[str(office.clerk.id)]["load"]["hours"] == 2.0
    assert people[str(office.colleague.id)]["load"]["open"] == 0
    async with office.city.serving():
        clock = await city_clock()
    at = now()
    hours = clock.between(at, at + timedelta(days=7)) / 3600
    assert abs(people[str(office.clerk.id)]["availableHours"] - hours) < 0.1


async def test_absences_take_hours_and_half_a_seat_has_half(office: Office) -> None:
    await add(office, office.clerk, days(office, 0, 30))
    await office.city.rows(
        "with p as (insert into staff_position (id, tenant_id, key, title, unit_id, seats, is_active)"
        " values (gen_random_uuid(), $1, 'half', 'Inspector', $2, 0.5, true))"
        " update user_account set position = 'inspector' where tenant_id = $1 and id = $3",
        office.roads,
        office.colleague.id,
    )
    (roads,) = await workload(office, office.roads)
    people = {each["user"]["id"]: each for each in roads["people"]}
    away, half, full = [people[str(each.id)] for each in (office.clerk, office.colleague, office.head)]
    assert away["availableHours"] == 0 and away["awayUntil"] is not None
    assert abs(half["availableHours"] * 2 - full["availableHours"]) < 0.1


async def test_what_nobody_estimated_is_measured_or_counted(office: Office) -> None:
    bare = PERMIT.replace(b'<lean:metrics processingTime="PT2H"/>', b"")
    await publish(office.city, bare, KEY, forms={"check": FORM})
    await office.begin()
    (roads,) = await workload(office, office.roads)
    assert (roads["load"]["hours"], roads["load"]["unestimated"]) == (0.0, 1)
    (item,) = await office.items(office.clerk)
    await office.do("Complete", item, office.clerk, facts={"depth": 1})
    took = "update process_step_fact set labour_s = 7200 where tenant_id = $1 and node_id = 'check'"
    await office.city.rows(took)
    await office.begin()
    (roads,) = await workload(office, office.roads)
    assert roads["queue"] == {"open": 2, "hours": 2.0}, "one is to be checked, one to be signed"
    assert roads["load"]["unestimated"] == 1


async def test_candidates_are_who_fits_and_who_has_room_comes_first(office: Office) -> None:
    await office.begin()
    await office.begin()
    (busy, item) = await office.items(office.clerk)
    await office.do("Claim", busy, office.clerk)
    await add(office, office.head, days(office, 0, 0))
    found = (await office.city.data(CANDIDATES, {"id": item["id"]}, as_=office.head))["workItemCandidates"]
    assert [each["user"]["id"] for each in found] == [
        str(office.colleague.id),
        str(office.clerk.id),
        str(office.head.id),
    ]
    assert found[1]["workload"]["load"]["hours"] == 2.0
    seen = (await office.city.data(CANDIDATES, {"id": item["id"]}, as_=office.clerk))["workItemCandidates"]
    assert {each["user"]["id"] for each in seen} == {each["user"]["id"] for each in found}
    assert [each["workload"] for each in seen] == [None] * 3, "how busy others are is for who assigns"
    result = await office.city.graphql(CANDIDATES, {"id": item["id"]}, as_=office.gardener)
    assert result["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_an_owner_who_does_no_work_sees_whom_to_assign(office: Office) -> None:
    await office.begin()
    (item,) = await office.items(office.clerk)
    owner = await office.city.user(roles=["core.process_owner"], unit_id=office.roads)
    found = (await office.city.data(CANDIDATES, {"id": item["id"]}, as_=owner))["workItemCandidates"]
    assert {each["user"]["id"] for each in found} >= {str(office.clerk.id), str(office.colleague.id)}
    assert all(each["workload"] is not None for each in found)
    nobody = await office.city.user("core.process.read", unit_id=office.roads)
    result = await office.city.graphql(CANDIDATES, {"id": item["id"]}, as_=nobody)
    assert result["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_horizon_out_of_bounds_is_refused(office: Office) -> None:
    asked = {"units": [str(office.roads)], "days": 400}
    result = await office.city.graphql(WORKLOAD, asked, as_=office.head)
    assert result["errors"][0]["extensions"]["code"] == "WORKLOAD_DAYS"
    assert codes({"errors": []}) == []
