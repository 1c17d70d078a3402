"""A rule that sends by itself, where the city has drawn an approval before, or lets no rule do that."""

from __future__ import annotations

import json
import uuid

import pytest

from leancity.core.identity.units import create_unit
from leancity.modules.city_problems.routing.sending import send_routed
from tests.core.processes.killing import killed_on_the_way
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.drawing_board import Service
from tests.modules.city_problems.models import with_second_look, without_sending
from tests.modules.city_problems.routing.desk import reported, switched_on
from tests.modules.city_problems.routing.test_sending import let_rules_send, status

_NOTES = """select kind, data ->> 'note' as note from case_event
where tenant_id = $1 and case_id = $2 and kind = any($3::text[]) order by at, id"""
_KINDS = ["routing_waits", "routing_stopped"]
_OFFERS = "select receiver_id, state from case_handover where tenant_id = $1 and case_id = $2"
_JOBS = """select id from job where tenant_id = $1 and name = 'city_problems.send_routed'
order by created_at desc, id desc limit 1"""


async def notes(town: Town, case: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in await town.city.rows(_NOTES, uuid.UUID(case), _KINDS)]


async def test_it_goes_on_by_itself_when_its_sorting_is_approved(service: Service) -> None:
    town = service.town
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
    await town.city.user(unit_id=parks)
    await let_rules_send(town)
    await switched_on(town, "holes", title="Ямы", categories=["pothole"], unit="roads")
    await switched_on(town, "snow", categories=["snow"], unit="parks")
    await service.work_on(with_second_look("sort"))
    case, refused, corrected = [await reported(town) for _ in range(3)]
    sorting = f'cityProblemsSort(id: "{corrected}", category: "snow")'
    assert (await service.done(town.clerk, sorting))["status"] == "reported"
    await town.city.run_jobs()
    assert [await status(town, each) for each in (case, refused, corrected)] == ["reported"] * 3
    (told,) = await notes(town, case)
    assert told[0] == "routing_waits" and "«Ямы»" in told[1] and "«Roads»" in told[1]
    assert await notes(town, corrected) == [], "a clerk asked for that one"
    await service.answer(refused, approved=False)
    for each in (case, corrected):
        await service.answer(each, approved=True)
        assert await status(town, each) == "sorted"
    await town.city.run_jobs()
    assert [await status(town, each) for each in (case, refused, corrected)] == ["sent", "reported", "sent"]
    assert [tuple(row) for row in await town.city.rows(_OFFERS, uuid.UUID(corrected))] == [(parks, "offered")]
    asked = json.loads((await service.instances(case))[0]["facts"])
    assert asked["goes_on"] is True


async def test_what_the_drawing_lets_no_rule_do_is_said_on_the_timeline(service: Service) -> None:
    town = service.town
    await let_rules_send(town)
    await switched_on(town, "holes", title="Ямы", categories=["pothole"], unit="roads")
    await service.work_on(without_sending())
    case = await reported(town)
    await town.city.run_jobs(all_due=True)
    (told,) = await notes(town, case)
    assert told[0] == "routing_stopped" and "«Ямы»" in told[1] and "Выбрать исполнителя" in told[1]
    assert await status(town, case) == "reported", "undone whole: a clerk begins where it began"
    dead = "select 1 from job where tenant_id = $1 and name = 'city_problems.send_routed' and state <> 'done'"
    assert await town.city.rows(dead) == []


@pytest.mark.long
@pytest.mark.parametrize("is_approved", [False, True])
async def test_its_worker_is_killed_between(
    service: Service, monkeypatch: pytest.MonkeyPatch, is_approved: bool
) -> None:
    """The report is sorted and sent once, whenever the worker dies; and once more nothing is done."""
    town = service.town
    await let_rules_send(town)
    await switched_on(town, "holes", categories=["pothole"], unit="roads")
    if is_approved:
        await service.work_on(with_second_look("sort"))
    case = await reported(town)
    if is_approved:
        await town.city.run_jobs()
        await service.answer(case, approved=True)
    ((job,),) = await town.city.rows(_JOBS)

    async def look() -> tuple[str, int, int]:
        offers = await town.city.rows(_OFFERS, uuid.UUID(case))
        return await status(town, case), len(offers), len(await service.items(case))

    before = await look()
    deaths, found = await killed_on_the_way(town.city, job, monkeypatch, look, stride=1)
    assert deaths > 40 and found[-1] == ("sent", 1, 4 if is_approved else 3)
    assert all(each in (before, found[-1]) for each in found), "a report between before and after"
    async with town.city.serving():
        await send_routed({"case_id": case, "route": "holes", "status": before[0]})
    assert await look() == found[-1]
