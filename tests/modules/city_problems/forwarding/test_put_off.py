"""Forwarding that waits for somebody's approval: nothing leaves, and no forwarding is there, before it is given."""

from __future__ import annotations

from typing import Any

from tests.modules.city_problems.drawing_board import Service
from tests.modules.city_problems.forwarding.desk import Desk
from tests.modules.city_problems.models import with_second_look


async def standing(desk: Desk, case: str) -> tuple[str, list[str], int]:
    """Return where a report stands, its forwardings' states, and how many forms have come to the other body."""
    await desk.city.run_jobs(all_due=True)
    seen: dict[str, Any] = await desk.seen(case)
    return seen["status"], [each["state"] for each in seen["forwardings"]], len(desk.body.posted)


async def test_a_report_is_forwarded_when_that_is_approved(desk: Desk, service: Service) -> None:
    await service.work_on(with_second_look("forward_reported"))
    case = await desk.reported()
    for approved in (False, True):
        asked = await desk.forward(case)
        assert (asked["errors"], asked["report"]["status"]) == ([], "reported")
        assert await standing(desk, case) == ("reported", [], 0)
        if not approved:
            await service.answer(case, approved=False)
            assert await standing(desk, case) == ("reported", [], 0)
    removed = 'mutation { cityProblemsEndpointRemove(key: "region") { errors { code } } }'
    assert (await desk.city.data(removed, as_=desk.clerk))["cityProblemsEndpointRemove"]["errors"] == []
    assert await service.answered(case, approved=True) == ["not_found"], "whom it was for is gone"
    assert await standing(desk, case) == ("reported", [], 0)
    assert (await desk.save())["errors"] == []
    await service.answer(case, approved=True)
    assert await standing(desk, case) == ("closed", ["there"], 1)
