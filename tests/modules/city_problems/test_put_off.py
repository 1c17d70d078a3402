"""A move that waits for somebody's approval does nothing yet, and nothing at all where that is refused."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

from leancity.core.identity.units import create_unit
from tests.core.processes.work.handing_over import handed_over
from tests.modules.city_problems.drawing_board import Service
from tests.modules.city_problems.models import with_approval, with_second_look

_LINKS = "select case_id, other_id from case_relation where tenant_id = $1"
_SUPPORT = "select case_id, user_id from city_problems_supporter where tenant_id = $1"
_OFFERS = "select state from case_handover where tenant_id = $1 and case_id = $2"
_CASE = "select status, unit_id from case_record where tenant_id = $1 and id = $2"
_PHOTOS = """select data ->> 'visibility' as visibility from case_event
where tenant_id = $1 and case_id = $2 and kind = 'file_attached' order by at, id"""
_TOLD = "select event from notification where tenant_id = $1 and user_id = $2 order by at, id"


async def rows(service: Service, sql: str, *values: Any) -> list[Any]:
    return [tuple(row) for row in await service.town.city.rows(sql, *values)]


async def asked(service: Service, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await service.instances(case))[-1]["asked"])
    return found


async def test_a_duplicate_is_marked_when_its_refusal_is_approved(service: Service) -> None:
    town, author = service.town, await service.town.city.user()
    first, original = await service.filed(), await service.filed()
    await service.work_on(with_second_look("refuse_reported"))
    case = await service.filed(author)

    def refusing(case: str, of: str) -> str:
        return f'cityProblemsRefuse(id: "{case}", outcome: "duplicate", note: "seen", duplicateOf: "{of}")'

    assert await service.codes(town.clerk, refusing(case, case)) == ["case_relation_self"], "said at once"
    assert (await service.done(town.clerk, refusing(case, original)))["status"] == "reported"
    assert (await asked(service, case))["given"] == {"duplicate_of": original}
    assert (await rows(service, _LINKS), await rows(service, _SUPPORT)) == ([], [])
    await service.answer(case, approved=False)
    assert (await service.items(case))[-1] == ("reported", "open")
    assert (await asked(service, case), await rows(service, _LINKS), await rows(service, _SUPPORT)) == ({}, [], [])

    await service.done(town.clerk, refusing(case, original))
    await service.done(town.clerk, refusing(original, first))  # it began before somebody looked twice
    await service.answer(case, approved=True)
    ids = [uuid.UUID(each) for each in (case, original, first)]
    assert sorted(await rows(service, _LINKS)) == sorted([(ids[1], ids[2]), (ids[0], ids[2])]), "the end of the chain"
    assert await rows(service, _SUPPORT) == [(ids[2], author.id)]
    assert await rows(service, _CASE, ids[0]) == [("closed", None)]


@pytest.mark.long
async def test_of_two_refusals_that_name_each_other_one_is_approved(service: Service) -> None:
    """Both approvals hold their own report: neither may wait for the other's."""
    await service.work_on(with_second_look("refuse_reported"))
    for _ in range(5):
        one, other = await service.filed(), await service.filed()
        for case, of in ((one, other), (other, one)):
            named = f'outcome: "duplicate", note: "seen", duplicateOf: "{of}"'
            await service.done(service.town.clerk, f'cityProblemsRefuse(id: "{case}", {named})')
        answers = await asyncio.gather(*(service.answered(case, approved=True) for case in (one, other)))
        assert sorted(map(len, answers)) == [0, 1], answers
        ((code,),) = [each for each in answers if each]
        assert code in ("case_relation_circular", "city_problems.original_is_duplicate")


async def test_a_unit_holds_a_report_when_its_taking_is_approved(service: Service) -> None:
    town = service.town
    await service.work_on(with_second_look("start"))
    case = await service.filed()
    await service.sent(case)
    for approved in (False, True):
        assert (await service.done(town.executor, f'cityProblemsTake(id: "{case}")'))["status"] == "sent"
        assert await rows(service, _OFFERS, uuid.UUID(case)) == [("offered",)]
        assert await rows(service, _CASE, uuid.UUID(case)) == [("sent", None)]
        await service.answer(case, approved=approved)
    assert await rows(service, _OFFERS, uuid.UUID(case)) == [("accepted",)]
    assert await rows(service, _CASE, uuid.UUID(case)) == [("in_work", uuid.UUID(town.unit_id))]


async def test_proofs_are_shown_when_a_closing_is_approved(service: Service) -> None:
    town, author = service.town, await service.town.city.user()
    await service.work_on(with_approval())
    case = await service.filed(author)
    await service.in_work(case)
    photo = await town.photo()
    named = f'{{id: "{photo["id"]}", claim: "{photo["claim"]}"}}'
    closing = f'cityProblemsClose(id: "{case}", outcome: "fixed", note: "done", proofs: [{named}])'
    assert (await service.done(town.executor, closing))["status"] == "in_work"
    await town.city.run_jobs()
    assert (await town.city.request("GET", f"/files/{photo['id']}")).status_code == 404
    assert ("file_attached",) not in await rows(service, _TOLD, author.id)
    until = "select confirm_until from city_problems_report where tenant_id = $1 and case_id = $2"
    assert await rows(service, until, uuid.UUID(case)) == [(None,)], "nobody is asked whether it is done"
    await service.answer(case, approved=False)
    await service.done(town.executor, f'cityProblemsClose(id: "{case}", outcome: "fixed", note: "said better")')
    await service.answer(case, approved=True)
    assert (await town.city.request("GET", f"/files/{photo['id']}")).status_code == 200, "the photo waited"
    assert await rows(service, _PHOTOS, uuid.UUID(case)) == [("internal",), ("public",)]


async def test_work_goes_with_its_report_to_another_unit(service: Service) -> None:
    town = service.town
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
    gardener = await town.city.user(roles=["city_problems.executor"], unit_id=parks)
    await service.work_on(with_approval())
    case = await service.filed()
    await service.in_work(case)
    await handed_over(town.city, case, parks, by=town.clerk, to=gardener)
    waiting = """select w.unit_id from work_item w join process_instance i
        on i.tenant_id = w.tenant_id and i.id = w.instance_id
        where w.tenant_id = $1 and i.case_id = $2 and w.node_id = 'in_work' order by w.available_at, w.id"""
    assert await rows(service, waiting, uuid.UUID(case)) == [(parks,)]
    closing = f'cityProblemsClose(id: "{case}", outcome: "not_fixed", note: "no")'
    await service.done(gardener, closing)
    facts = json.loads((await service.instances(case))[0]["facts"])
    assert facts["unit"] == str(parks), "who approves, and who does it again, are of the unit that has it now"
    assert (await service.items(case))[-1] == ("approve", "open"), "its head is nobody"
