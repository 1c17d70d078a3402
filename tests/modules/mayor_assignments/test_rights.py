"""Who may what: an executor sees what is theirs, and only who holds the right withdraws or issues."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from leancity.core.testing.city import TestUser
from tests.modules.mayor_assignments.conftest import Hall
from tests.modules.mayor_assignments.test_life import RESOLVE, WORK

Issued = tuple[Hall, uuid.UUID]
_SEEN = "query ($id: UUID!) { case(id: $id) { status } }"
_MOVE = """mutation ($id: UUID!, $note: String!) { answer: caseMove(caseId: $id, transition: "withdraw",
  outcome: "withdrawn", note: $note) { errors { code field } } }"""
_SAY = """mutation ($id: UUID!) { answer: processMessage(name: "Мэр отозвал поручение", instanceId: $id) {
  errors { code } } }"""


async def _move(hall: Hall, case_id: uuid.UUID, as_: TestUser, note: str = "Вопрос снят") -> dict[str, Any]:
    return await hall.city.graphql(_MOVE, {"id": str(case_id), "note": note}, as_=as_)


async def test_an_executor_sees_their_own_assignments_only(issued: Issued) -> None:
    hall, case_id = issued
    for person, is_seen in (
        (hall.mayor, True),
        (hall.controller, True),
        (hall.executor, True),
        (hall.colleague, False),
        (hall.gardener, False),
    ):
        data = await hall.city.data(_SEEN, {"id": str(case_id)}, as_=person)
        assert (data["case"] is not None) == is_seen, person.login
    inbox = "{ inbox { edges { node { number } } } }"
    assert (await hall.city.data(inbox, as_=hall.colleague))["inbox"]["edges"] == []
    assert len((await hall.city.data(inbox, as_=hall.executor))["inbox"]["edges"]) == 1


async def test_an_executor_begins_neither_a_protocol_nor_an_assignment(hall: Hall) -> None:
    for process in ("protocol", "assignment"):
        answer = await hall.begin(process, hall.executor)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", process
    assert await hall.city.rows("select id from case_record where tenant_id = $1") == []


async def test_the_mayor_withdraws_and_nobody_else_does(issued: Issued) -> None:
    hall, case_id = issued
    for person in (hall.executor, hall.controller):
        answer = await _move(hall, case_id, person)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    answer = await _move(hall, case_id, hall.colleague)
    assert answer["data"]["answer"]["errors"][0]["code"] == "not_found" if not answer.get("errors") else True
    (instance,) = await hall.city.rows("select id from process_instance where tenant_id = $1 and case_id = $2", case_id)
    said = await hall.city.graphql(_SAY, {"id": str(instance["id"])}, as_=hall.executor)
    assert said.get("errors") or said["data"]["answer"]["errors"], "a message is no way round the right"
    assert (await hall.case(case_id))["status"] == "in_work"
    answer = await _move(hall, case_id, hall.mayor, note="")
    assert answer["data"]["answer"]["errors"] == [{"code": "required", "field": "note"}]
    answer = await _move(hall, case_id, hall.mayor)
    assert answer["data"]["answer"]["errors"] == []
    case = await hall.case(case_id)
    assert (case["status"], case["outcome"]) == ("closed", "withdrawn")
    assert await hall.items(hall.executor) == []
    (fact,) = await hall.city.rows(
        "select closed_at, closed_w from process_case_fact where tenant_id = $1 and id = $2", instance["id"]
    )
    assert fact["closed_at"] is not None and fact["closed_w"] is None, "nobody has done it: it took no lead time"
    (instance,) = await hall.city.rows(
        "select status from process_instance where tenant_id = $1 and case_id = $2", case_id
    )
    assert instance["status"] == "done"


@pytest.mark.long
async def test_the_mayor_closes_what_was_not_done_as_such(issued: Issued) -> None:
    hall, case_id = issued
    assert await hall.do(WORK, hall.executor, {"report": "Не успели"}) == []
    assert await hall.do("Проверить доклад", hall.controller) == []
    assert await hall.do(RESOLVE, hall.mayor, {"result": "not_done", "resolution": "Выговор"}) == []
    case = await hall.case(case_id)
    assert (case["status"], case["outcome"]) == ("closed", "not_done")


async def test_the_mayor_returns_a_protocol_to_be_mended(hall: Hall) -> None:
    await hall.begin("protocol", hall.controller)
    one = hall.assignment("Заделать ямы", hall.executor)
    title = "Записать поручения в протокол"
    wrong = await hall.do(title, hall.controller, hall.protocol(one | {"executor": str(uuid.uuid4())}))
    assert [error["field"] for error in wrong] == ["facts.assignments.0.executor"]
    late = await hall.do(title, hall.controller, hall.protocol(one | {"due": hall.day(-1).isoformat()}))
    assert [error["field"] for error in late] == ["facts.assignments.0.due"]
    assert await hall.do(title, hall.controller, hall.protocol(one)) == []
    await hall.send_back("Подписать протокол", hall.mayor, "Добавьте срок по мосту")
    more = hall.assignment("Покрасить мост", hall.colleague)
    assert await hall.do(title, hall.controller, hall.protocol(one, more)) == []
    assert await hall.do("Подписать протокол", hall.mayor) == []
    await hall.city.run_jobs()
    issued = await hall.city.rows(
        "select id from case_record where tenant_id = $1 and kind = 'mayor_assignments.assignment'"
    )
    assert len(issued) == 2
