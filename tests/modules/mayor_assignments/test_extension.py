"""More time: asked for before the day has passed, with a reason, and decided by who issued the assignment."""

from __future__ import annotations

import uuid
from typing import Any

from tests.modules.mayor_assignments.conftest import Hall
from tests.modules.mayor_assignments.test_life import EXTEND, WORK

Issued = tuple[Hall, uuid.UUID]
_FORM = "{ workItems { edges { node { title form { visible } } } } }"
_SHIFT = """
update process_instance set facts = jsonb_set(facts, '{due}', to_jsonb($3::text))
where tenant_id = $1 and case_id = $2 returning id
"""


def _asked(hall: Hall, days: int) -> dict[str, Any]:
    return {"extension": True, "extension_reason": "Ждём асфальт", "wanted_due": hall.day(days).isoformat()}


async def test_a_granted_extension_moves_the_day_of_the_case_and_of_the_work(issued: Issued) -> None:
    hall, case_id = issued
    before = (await hall.case(case_id))["due_at"]
    missing = await hall.do(WORK, hall.executor, {"extension": True})
    assert {error["field"] for error in missing} == {"facts.extension_reason", "facts.wanted_due"}
    assert await hall.do(WORK, hall.executor, _asked(hall, 20)) == []
    assert (await hall.case(case_id))["status"] == "extension_asked"
    # It is the mayor's own to decide: the controller, who signs nothing, has nothing to do.
    assert await hall.items(hall.controller) == []
    refused = await hall.do(EXTEND, hall.mayor, {"extension_decision": "granted"})
    assert refused == [{"field": "facts.due", "code": "required"}]
    granted = {"extension_decision": "granted", "due": hall.day(18).isoformat()}
    assert await hall.do(EXTEND, hall.mayor, granted) == []
    case = await hall.case(case_id)
    zone = hall.city.tenant.zone_info
    assert case["status"] == "in_work" and case["due_at"] > before
    assert case["due_at"].astimezone(zone).date() == hall.day(19)
    (item,) = await hall.items(hall.executor)
    assert item["dueAt"][:10] == case["due_at"].date().isoformat()
    (told,) = await hall.city.rows(
        "select data from case_event where tenant_id = $1 and case_id = $2 and kind = 'extended'", case_id
    )
    assert "due_at" in told["data"]


async def test_a_refused_extension_leaves_the_day_as_it_was(issued: Issued) -> None:
    hall, case_id = issued
    before = (await hall.case(case_id))["due_at"]
    assert await hall.do(WORK, hall.executor, _asked(hall, 20)) == []
    # A day typed in and then hidden by the answer is dropped.
    refused = {"extension_decision": "refused", "due": hall.day(18).isoformat(), "extension_note": "Срок прежний"}
    assert await hall.do(EXTEND, hall.mayor, refused) == []
    case = await hall.case(case_id)
    assert (case["status"], case["due_at"]) == ("in_work", before)
    assert await hall.do(WORK, hall.executor, {"report": "Заделано"}) == []
    assert (await hall.case(case_id))["status"] == "reported"


async def test_once_the_day_has_passed_nobody_asks_for_more(hall: Hall) -> None:
    (case,) = await hall.issue(hall.assignment("Заделать ямы", hall.executor, due_in=0))
    await hall.do("Ознакомиться с поручением", hall.executor)
    data = await hall.city.data(_FORM, as_=hall.executor)
    (item,) = [edge["node"] for edge in data["workItems"]["edges"]]
    assert "extension" in item["form"]["visible"]
    await hall.city.rows(_SHIFT, case["id"], hall.day(-1).isoformat())
    data = await hall.city.data(_FORM, as_=hall.executor)
    (item,) = [edge["node"] for edge in data["workItems"]["edges"]]
    assert "extension" not in item["form"]["visible"] and "report" in item["form"]["visible"]
    assert await hall.do(WORK, hall.executor, _asked(hall, 20)) == [{"field": "facts.report", "code": "required"}]
    assert await hall.do(WORK, hall.executor, {**_asked(hall, 20), "report": "С опозданием"}) == []
    assert (await hall.case(case["id"]))["status"] == "reported"
