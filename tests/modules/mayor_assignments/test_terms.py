"""Reminders, escalation, and what is measured: from the issue to the signed resolution, beside the 15 and the 70."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.modules.mayor_assignments.conftest import Hall
from tests.modules.mayor_assignments.test_life import ACQUAINT, RESOLVE, WORK

Issued = tuple[Hall, uuid.UUID]
_TOLD = "select data from case_event where tenant_id = $1 and case_id = $2 and kind = 'escalated' order by at, id"
_NOTED = "select user_id, key from notification where tenant_id = $1 and case_id = $2 and event = 'escalated'"
_FACT = """select f.opened_at, f.closed_at, f.closed_w from process_case_fact f
join process_instance i on i.tenant_id = f.tenant_id and i.id = f.id where f.tenant_id = $1 and i.case_id = $2"""
_TERMS = """select kind, amount, unit, assumed, elapsed from case_term
where tenant_id = $1 and case_id = $2 and stage = '*' order by kind"""
_FIGURES = """query ($process: UUID!) { processFigures(cut: { processId: $process }) { closed } }"""


async def _told(hall: Hall, case_id: uuid.UUID) -> list[str]:
    return [json.loads(row["data"])["to"] for row in await hall.city.rows(_TOLD, case_id)]


async def test_who_does_not_take_note_is_told_of_and_holds_nobody_up(hall: Hall) -> None:
    (case,) = await hall.issue(hall.assignment("Заделать ямы", hall.executor, hall.gardener))
    assert await hall.do(ACQUAINT, hall.executor) == []
    assert await hall.items(hall.executor) == []
    await hall.let_timers_run_out("acquaint_late")
    assert await _told(hall, case["id"]) == ["mayor_assignments.controller"]
    assert await hall.items(hall.gardener) == []
    assert [item["title"] for item in await hall.items(hall.executor)] == [WORK]


async def test_the_day_that_comes_near_and_the_day_that_has_passed_are_told_of(issued: Issued) -> None:
    hall, case_id = issued
    (soon,) = await hall.city.rows("select due_at from process_timer where tenant_id = $1 and node_id = 'due_soon'")
    (late,) = await hall.city.rows("select due_at from process_timer where tenant_id = $1 and node_id = 'overdue'")
    zone = hall.city.tenant.zone_info
    assert [each["due_at"].astimezone(zone).strftime("%Y-%m-%d %H") for each in (soon, late)] == [
        f"{hall.day(7).isoformat()} 09",
        f"{hall.day(11).isoformat()} 09",
    ]
    await hall.let_timers_run_out("due_soon")
    assert await _told(hall, case_id) == ["mayor_assignments.controller"]
    await hall.let_timers_run_out("overdue")
    assert await _told(hall, case_id) == ["mayor_assignments.controller", "mayor_assignments.mayor"]
    # The work goes on: a reminder takes it from nobody. Who has it, the controller and the mayor have heard.
    assert [item["title"] for item in await hall.items(hall.executor)] == [WORK]
    noted = {(row["user_id"], row["key"]) for row in await hall.city.rows(_NOTED, case_id)}
    assert {user for user, _ in noted} == {hall.executor.id, hall.controller.id, hall.mayor.id}


async def test_what_it_took_is_measured_beside_what_was_and_what_is_promised(issued: Issued) -> None:
    hall, case_id = issued
    assert await hall.do(WORK, hall.executor, {"report": "Заделано"}) == []
    assert await hall.do("Проверить доклад", hall.controller) == []
    assert await hall.do(RESOLVE, hall.mayor, {"result": "done", "resolution": "Снять с контроля"}) == []
    case = await hall.case(case_id)
    (fact,) = await hall.city.rows(_FACT, case_id)
    assert case["opened_at"] <= fact["opened_at"] < fact["closed_at"] <= case["closed_at"]
    assert fact["closed_w"] is not None
    terms = [tuple(row.values())[:4] for row in await hall.city.rows(_TERMS, case_id)]
    assert terms == [("baseline", 70.0, "calendar_days", True), ("target", 15.0, "calendar_days", True)]
    reader = await hall.city.user("core.process.read")
    (process,) = await hall.city.rows(
        "select id from process where tenant_id = $1 and key = 'mayor_assignments.assignment'"
    )
    data: dict[str, Any] = await hall.city.data(_FIGURES, {"process": str(process["id"])}, as_=reader)
    assert data["processFigures"]["closed"] == 1
