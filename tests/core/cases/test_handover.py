"""Assignment and hand-over: it counts when accepted."""

import asyncio
import uuid

import pytest

from leancity.core.cases.assignment import assign
from leancity.core.cases.handover import accept, hand_over, open_offer, return_, withdraw
from leancity.core.cases.moves import move
from leancity.core.cases.reads import read_case, read_parts
from leancity.core.cases.tables import CaseHandover, CaseRecord
from leancity.core.errors import Forbidden, Refused
from tests.core.cases.town import Town, events, filed, person, refused


async def test_the_giver_holds_the_case_until_the_receiver_accepts(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        case = await filed(unit_id=town.road_unit)
        await assign(case.id, town.clerk.id)
        offer = await hand_over(case.id, town.park_unit, "деревья")
        held = await read_case(case.id)
        assert (held.unit_id, held.assignee_id) == (town.road_unit, town.clerk.id)
        with refused("case_handover_elsewhere", "handover_id"):
            await accept(offer.id)
    async with town.city.serving(as_=town.gardener):
        case = await accept(offer.id)
        assert [case.unit_id, case.assignee_id] == [town.park_unit, None]
        await assign(case.id, town.gardener.id)
        with refused("case_handover_answered", "handover_id"):
            await return_(offer.id, "late")
        kinds = [event.kind for event in await events(case.id)]
    assert kinds == ["state_entered", "assigned", "handover_offered", "handover_accepted", "assigned"]


async def test_an_offer_turned_down_or_taken_back_leaves_the_case_where_it_is(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        case = await filed(unit_id=town.road_unit)
        offer = await hand_over(case.id, town.park_unit)
        with refused("case_handover_open", "case_id"):
            await hand_over(case.id, town.park_unit)
    async with town.city.serving(as_=town.gardener):
        with refused("required", "reason"):
            await return_(offer.id, " ")
        case = await return_(offer.id, "не наше")
        assert case.unit_id == town.road_unit
    async with town.city.serving(as_=town.clerk):
        with refused("case_not_offered", "case_id"):
            await open_offer(case.id)
        again = await hand_over(case.id, town.park_unit)
        assert (await open_offer(case.id)).id == again.id
        await withdraw(again.id)
        rows = (await read_parts(CaseHandover, [case.id]))[case.id]
        assert [(row.state, row.reason) for row in rows] == [("returned", "не наше"), ("withdrawn", "")]
        assert (await read_case(case.id)).unit_id == town.road_unit


async def test_what_a_hand_over_needs(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        case = await filed(unit_id=town.road_unit)
        with refused("case_handover_same_unit", "receiver_id"):
            await hand_over(case.id, town.road_unit)
        with refused("not_found", "receiver_id"):
            await hand_over(case.id, uuid.uuid4())
        with refused("not_found", "handover_id"):
            await accept(uuid.uuid4())
        with refused("case_changed", "expected_version"):
            await hand_over(case.id, town.park_unit, expected_version=9)
        offer = await hand_over(case.id, town.park_unit)
        await move(case.id, "reject", outcome="not_ours", note="x")
        with refused("case_closed", "case_id"):
            await hand_over(case.id, town.park_unit)
        with refused("case_handover_answered", "handover_id"):
            await withdraw(offer.id)
    async with town.city.serving():
        reader = await person("core.case.read", unit_id=town.park_unit)
    async with town.city.serving(as_=reader):
        for verb in (hand_over(case.id, town.park_unit), accept(offer.id), return_(offer.id, "x"), withdraw(offer.id)):
            with pytest.raises(Forbidden):
                await verb


async def test_two_answers_at_once_count_once(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        case = await filed()
        offers = await asyncio.gather(
            hand_over(case.id, town.park_unit), hand_over(case.id, town.road_unit), return_exceptions=True
        )
        (offer,) = [row for row in offers if isinstance(row, CaseHandover)]
    receiver = town.gardener if offer.receiver_id == town.park_unit else town.clerk
    async with town.city.serving(as_=receiver):
        answers = await asyncio.gather(
            accept(offer.id), return_(offer.id, "x"), withdraw(offer.id), return_exceptions=True
        )
    lost = [answer for answer in answers if isinstance(answer, Refused)]
    assert [error.problems[0].code for error in lost] == ["case_handover_answered"] * 2
    assert sum(isinstance(answer, CaseRecord) for answer in answers) == 1


async def test_only_people_of_the_holding_unit_are_assigned(desk: Town) -> None:
    case = await filed()
    with refused("case_without_unit", "case_id"):
        await assign(case.id, desk.clerk.id)
    case = await filed(unit_id=desk.road_unit)
    with refused("case_assignee_elsewhere", "user_id"):
        await assign(case.id, desk.gardener.id)
    with refused("not_found", "user_id"):
        await assign(case.id, uuid.uuid4())
    with refused("case_changed", "expected_version"):
        await assign(case.id, desk.clerk.id, expected_version=5)
    assert (await assign(case.id, desk.clerk.id)).assignee_id == desk.clerk.id
    assert (await assign(case.id, None)).assignee_id is None
    await move(case.id, "reject", outcome="not_ours", note="x")
    with refused("case_closed", "case_id"):
        await assign(case.id, desk.clerk.id)


async def test_assigning_asks_for_a_permission(town: Town) -> None:
    async with town.city.serving():
        reader = await person("core.case.read")
    async with town.city.serving(as_=reader):
        case = await filed()
        with pytest.raises(Forbidden):
            await assign(case.id, None)
