"""Moving a case."""

import asyncio
import json
import uuid

import pytest

from leancity.core.audit.tables import AuditRow
from leancity.core.cases.handover import hand_over
from leancity.core.cases.moves import Standing, available_moves, move
from leancity.core.cases.pauses import pause
from leancity.core.cases.tables import CaseHandover, CasePause, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden, Refused
from tests.core.cases.town import Town, events, filed, person, refused


async def test_a_case_goes_its_way_and_closes_with_an_outcome(desk: Town) -> None:
    case = await filed()
    case = await move(case.id, "take", data={"crew": "3"})
    assert [case.status, case.closed_at, case.version] == ["in_work", None, 2]
    case = await move(case.id, "close", outcome="fixed", note="Заделали")
    assert [case.status, case.outcome, case.due_at] == ["closed", "fixed", None]
    entries = await events(case.id)
    assert [event.status for event in entries] == ["new", "in_work", "closed"]
    assert entries[-1].at == case.closed_at
    last = json.loads(entries[-1].data)
    assert last == {"from": "in_work", "transition": "close", "outcome": "fixed", "final": True, "note": "Заделали"}
    async with tenant_tx():
        audit = await AuditRow.select(AuditRow.data).where(AuditRow.subject_id == case.id)
        stored = await CaseRecord.objects().get(CaseRecord.id == case.id)
    assert len(audit) == 3
    assert not any("Заделали" in row["data"] for row in audit)
    assert stored is not None
    assert (stored.status, stored.closed_at, stored.version) == (case.status, case.closed_at, 3)


async def test_what_a_move_needs(desk: Town) -> None:
    case = await filed()
    with refused("not_found", "transition"):
        await move(case.id, "fly")
    with refused("case_transition_unavailable", "transition"):
        await move(case.id, "close", outcome="fixed")
    with refused("required", "note"):
        await move(case.id, "reject", outcome="not_ours")
    with refused("required", "outcome"):
        await move(case.id, "reject", note="x")
    with refused("case_choice_unknown", "outcome"):
        await move(case.id, "reject", outcome="fixed", note="x")
    with refused("case_outcome_unexpected", "outcome"):
        await move(case.id, "take", outcome="fixed")
    with refused("case_changed", "expected_version"):
        await move(case.id, "take", expected_version=2)
    with refused("not_found", "case_id"):
        await move(uuid.uuid4(), "take")
    assert len(await events(case.id)) == 1
    await move(case.id, "take", expected_version=1)


async def test_a_transition_asks_for_its_permission(town: Town) -> None:
    async with town.city.serving():
        worker = await person("core.case.read", "desk.request.work")
    async with town.city.serving(as_=worker):
        case = await filed()
        assert [step.name for step in (await available_moves([Standing.of(case)]))[case.id]] == ["take"]
        with pytest.raises(Forbidden):
            await move(case.id, "reject", outcome="not_ours", note="x")
        case = await move(case.id, "take")
        assert [step.name for step in (await available_moves([Standing.of(case)]))[case.id]] == ["close"]


async def test_a_rule_keeps_a_case_open_and_leaves_nothing_behind(desk: Town) -> None:
    case = await filed(title="keep")
    await move(case.id, "take")
    await pause(case.id, "waits")
    with refused("forbidden", "outcome"):
        await move(case.id, "close", outcome="fixed")
    async with tenant_tx():
        stored = await CaseRecord.objects().get(CaseRecord.id == case.id)
        assert await CasePause.exists().where(CasePause.until_at.is_null())
    assert stored is not None
    assert [stored.status, stored.closed_at] == ["in_work", None]


async def test_of_two_moves_at_once_one_wins(desk: Town) -> None:
    case = await filed()
    results = await asyncio.gather(
        move(case.id, "take"), move(case.id, "reject", outcome="not_ours", note="x"), move(case.id, "take"),
        return_exceptions=True,
    )  # fmt: skip
    won = [result for result in results if isinstance(result, CaseRecord)]
    lost = [result for result in results if isinstance(result, Refused)]
    # Taking leaves the rejection possible, so either one or both of the different moves went through in turn.
    assert len(won) + len(lost) == 3
    assert 1 <= len(won) <= 2
    assert len(await events(case.id)) == 1 + len(won)

    other = await filed()
    takes = [move(other.id, "take", expected_version=1) for _ in range(4)]
    taken = await asyncio.gather(*takes, return_exceptions=True)
    assert sum(isinstance(result, CaseRecord) for result in taken) == 1
    lost = [result for result in taken if isinstance(result, Refused)]
    assert [(p.code, p.field) for error in lost for p in error.problems] == [("case_changed", "expected_version")] * 3


async def test_closing_ends_the_pause_and_takes_back_the_offer(desk: Town) -> None:
    case = await filed()
    await move(case.id, "take")
    await pause(case.id, "waits")
    offer = await hand_over(case.id, desk.park_unit)
    case = await move(case.id, "close", outcome="not_fixed")
    async with tenant_tx():
        await offer.refresh()
        (row,) = await CasePause.objects()
        assert not await CaseHandover.exists().where(CaseHandover.state == "offered")
    assert offer.state == "withdrawn"
    assert row.until_at == case.closed_at
    assert [event.kind for event in await events(case.id)][-3:] == ["handover_withdrawn", "resumed", "state_entered"]


async def test_a_reopened_case_has_no_outcome(desk: Town) -> None:
    case = await filed()
    await move(case.id, "reject", outcome="not_ours", note="x")
    case = await move(case.id, "reopen")
    assert [case.status, case.outcome, case.closed_at] == ["in_work", None, None]
    assert case.due_at is not None
