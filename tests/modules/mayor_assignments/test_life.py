"""The life of an assignment, over GraphQL as each of its people: issued by a protocol, done, checked, signed."""

from __future__ import annotations

from typing import Any

from tests.modules.mayor_assignments.conftest import Hall

WORK = "Исполнить поручение и доложить"
ACQUAINT = "Ознакомиться с поручением"
CHECK = "Проверить доклад"
RESOLVE = "Подписать резолюцию"
REWORK = "Доработать по замечаниям"
EXTEND = "Решить о продлении срока"


def _titles(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["title"] for item in items)


async def test_a_protocol_issues_each_assignment_as_a_case_of_its_own(hall: Hall) -> None:
    wanted = [
        hall.assignment("А. Заделать ямы", hall.executor, hall.gardener),
        hall.assignment("Б. Посадить липы", hall.gardener),
        hall.assignment("В. Покрасить мост", hall.colleague, due_in=3),
    ]
    cases = await hall.issue(*wanted)
    assert [case["title"] for case in cases] == ["А. Заделать ямы", "Б. Посадить липы", "В. Покрасить мост"]
    assert [case["assignee_id"] for case in cases] == [hall.executor.id, hall.gardener.id, hall.colleague.id]
    assert [case["unit_id"] for case in cases] == [hall.roads, hall.parks, hall.roads]
    assert {case["author_id"] for case in cases} == {hall.mayor.id}, "the one who signed issues them"
    zone = hall.city.tenant.zone_info
    days = [case["due_at"].astimezone(zone).date() for case in cases]
    assert days == [hall.day(11), hall.day(11), hall.day(4)], "due with the end of the day that was named"
    # Who is to take note sees that, and nobody else does.
    assert len(await hall.items(hall.executor)) == 1
    assert len(await hall.items(hall.gardener)) == 2
    # The protocol is over, and its assignments hang on it.
    (protocol,) = await hall.city.rows(
        "select id, status, outcome from case_record where tenant_id = $1 and kind = 'mayor_assignments.protocol'"
    )
    assert (protocol["status"], protocol["outcome"]) == ("issued", "issued")
    relations = await hall.city.rows("select case_id, other_id, kind from case_relation where tenant_id = $1")
    assert {row["case_id"] for row in relations} == {case["id"] for case in cases}
    assert {(row["other_id"], row["kind"]) for row in relations} == {(protocol["id"], "child_of")}


async def test_from_the_issue_to_the_signed_resolution(hall: Hall) -> None:
    (case,) = await hall.issue(hall.assignment("Заделать ямы", hall.executor, hall.gardener, due_in=9))
    assert (await hall.case(case["id"]))["status"] == "issued"
    assert await hall.do(ACQUAINT, hall.executor) == []
    assert await hall.do(ACQUAINT, hall.gardener) == []
    assert (await hall.case(case["id"]))["status"] == "in_work"
    (item,) = await hall.items(hall.executor)
    assert item["title"] == WORK and item["dueAt"] is not None
    assert await hall.items(hall.gardener) == [] == await hall.items(hall.colleague)
    assert await hall.do(WORK, hall.executor) == [{"field": "facts.report", "code": "required"}]
    assert await hall.do(WORK, hall.executor, {"report": "Заделано 14 ям"}) == []
    assert (await hall.case(case["id"]))["status"] == "reported"
    await hall.send_back(CHECK, hall.controller, "Приложите акт")
    assert (await hall.case(case["id"]))["status"] == "returned"
    assert await hall.do(REWORK, hall.executor, {"report": "Заделано 14 ям, акт у контролёра"}) == []
    assert await hall.do(CHECK, hall.controller, {"check_note": "Проверено"}) == []
    assert (await hall.case(case["id"]))["status"] == "checked"
    assert _titles(await hall.items(hall.mayor)) == [RESOLVE]
    assert await hall.do(RESOLVE, hall.mayor, {"result": "done", "resolution": "Снять с контроля"}) == []
    closed = await hall.case(case["id"])
    assert (closed["status"], closed["outcome"]) == ("closed", "done")
    for person in (hall.mayor, hall.controller, hall.executor, hall.gardener):
        assert await hall.items(person) == []
