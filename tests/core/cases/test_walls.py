"""What is not the city's, or not of a module it has, does not exist: on every path to a case."""

import uuid

import pytest

from leancity.core.cases.assignment import assign
from leancity.core.cases.attachments import Attachment, attach_file
from leancity.core.cases.bulk import bulk
from leancity.core.cases.comments import comment
from leancity.core.cases.filing import find_external
from leancity.core.cases.handover import accept, hand_over, open_offer, return_, withdraw
from leancity.core.cases.inbox import InboxFilter, count_cases, folder_counts, list_cases
from leancity.core.cases.lead_time import case_times
from leancity.core.cases.lists import read_relations
from leancity.core.cases.moves import move
from leancity.core.cases.pauses import extend, pause, resume
from leancity.core.cases.reads import (
    read_case,
    read_cases,
    read_parts,
    read_published,
)
from leancity.core.cases.relations import relate, unrelate
from leancity.core.cases.tables import CaseComment, CaseEvent, CaseHandover, CaseRecord, CaseRelation
from leancity.core.clock.units import DeadlineUnit
from leancity.core.plugins.gate import ModuleClosed
from tests.core.cases.town import NewTown, Town, filed, refused, terms


async def furnished(town: Town) -> tuple[CaseRecord, CaseRecord, CaseHandover, CaseRelation, uuid.UUID]:
    """Return a request, an issue related to it, the request's offer, the relation, and a term of the request."""
    case = await filed("Яма на дороге", unit_id=town.road_unit, source="crm", external_id="1")
    issue = await filed("Issue", kind="park.issue")
    await comment(case.id, "x", "public")
    offer = await hand_over(case.id, town.park_unit)
    relation = await relate(issue.id, case.id, "related")
    return case, issue, offer, relation, (await terms(case.id))["new", "target"].id


async def assert_no_trace(case: CaseRecord, town: Town) -> None:
    """Hold every path to ``case`` closed for whoever is being served."""
    for read in (InboxFilter(), InboxFilter(text="дорога"), InboxFilter(number=case.number), InboxFilter(offered=True)):
        assert case.id not in {row.id for row in await list_cases(read)}
        assert await count_cases(read) == len(await list_cases(read))
    counts = await folder_counts()
    assert all(kind != "desk.request" for kind, _ in counts.states)
    assert counts.offered == 0
    assert await read_cases([case.id]) == {}
    assert await read_parts(CaseEvent, [case.id]) == {}
    assert await read_published(CaseComment, [case.id]) == {}
    assert await case_times([case.id]) == {}
    for verb in (
        read_case(case.id),
        move(case.id, "take"),
        comment(case.id, "x"),
        attach_file(case.id, Attachment(file_id=uuid.uuid4())),
        assign(case.id, None),
        hand_over(case.id, town.park_unit),
        open_offer(case.id),
        pause(case.id, "x"),
        resume(case.id),
        relate(case.id, uuid.uuid4(), "related"),
    ):
        with refused("not_found", "case_id"):
            await verb
    (result,) = await bulk([case.id], lambda case_id: move(case_id, "take"))
    assert [problem.code for problem in result.problems] == ["not_found"]


async def test_a_closed_modules_cases_are_invisible_and_come_back(town: Town) -> None:
    serving = town.city.serving
    async with serving(as_=town.clerk):
        case, issue, offer, _, term_id = await furnished(town)
    await town.city.leave("desk")
    async with serving(as_=town.gardener):
        await assert_no_trace(case, town)
        assert await read_relations([issue.id]) == {}
        assert [row.id for row in await list_cases(InboxFilter())] == [issue.id]
        for verb in (accept(offer.id), return_(offer.id, "x"), withdraw(offer.id)):
            with refused("not_found", "case_id"):
                await verb
        with refused("not_found", "case_id"):
            await extend(term_id, "x", amount=1, unit=DeadlineUnit.WORKING_HOURS)
        with refused("not_found", "other_id"):
            await relate(issue.id, case.id, "child_of")
        with pytest.raises(ModuleClosed):
            await filed()
    await town.city.leave("park")
    async with serving(as_=town.gardener):
        assert await list_cases(InboxFilter()) == []
        assert (await folder_counts()).states == {}
    await town.city.subscribe("desk", "park")
    async with serving(as_=town.gardener):
        assert (await read_case(case.id)).version == case.version
        assert len((await read_relations([issue.id]))[issue.id]) == 1
        await accept(offer.id)


async def test_another_citys_ids_are_not_found(town: Town, new_town: NewTown) -> None:
    async with town.city.serving(as_=town.clerk):
        case, _, offer, relation, term_id = await furnished(town)
    other = await new_town()
    async with other.city.serving(as_=other.clerk):
        await assert_no_trace(case, other)
        for verb in (accept(offer.id), return_(offer.id, "x"), withdraw(offer.id)):
            with refused("not_found", "handover_id"):
                await verb
        with refused("not_found", "term_id"):
            await extend(term_id, "x", amount=1, unit=DeadlineUnit.WORKING_HOURS)
        with refused("not_found", "relation_id"):
            await unrelate(relation.id)
        assert await find_external("crm", "1") is None
        own = await filed(unit_id=other.road_unit, source="crm", external_id="1")
        assert own.number.endswith("-000001")
        with refused("not_found", "unit_id"):
            await filed(unit_id=town.road_unit)
        with refused("not_found", "receiver_id"):
            await hand_over(own.id, town.park_unit)
        with refused("not_found", "user_id"):
            await assign(own.id, town.clerk.id)
