"""What everybody sees of a report is seen by the staff of other units too, and nothing beyond it."""

from __future__ import annotations

from typing import Any

from leancity.core.identity.units import create_unit
from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.permissions import SETTINGS
from tests.graphql.kernel.notifications.desk import account
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.test_answering import close_again
from tests.modules.city_problems.test_following import follow, reported
from tests.modules.city_problems.test_questions import ask

ASKED = """query ($id: UUID!) { cityProblems { report(id: $id) {
  text originalText originalAddress mayShare marks { mark } forwardings { state } answers { values }
  reporter { phone isMasked } } } }"""


async def seen(town: Town, case: str, as_: TestUser) -> dict[str, Any]:
    """Return what somebody sees of a report; what is refused to them is null."""
    answer = await town.city.graphql(ASKED, {"id": case}, as_=as_)
    report: dict[str, Any] = answer["data"]["cityProblems"]["report"]
    return report


async def test_another_units_staff_see_of_a_public_report_what_everybody_sees(town: Town) -> None:
    editor = await town.city.user(SETTINGS)
    assert await ask(town, editor, "more", titleRu="Подробности", datatype="text") == []
    resident = await account(town.city, kind="resident")
    answers = [{"question": "more", "values": ["the blue house"]}]
    text = "A hole, call 8 914 123-45-67"
    case = await reported(town, resident, text=text, answers=answers, reporterPhone="8 914 123-45-67")
    await close_again(town, case)
    assert await follow(town, case, resident, verb="Confirm") == []
    async with town.city.serving():
        parks = await create_unit("parks", "Parks")
    other = await town.city.user(roles=["city_problems.executor"], unit_id=parks)

    mine = await seen(town, case, town.executor)
    assert mine["originalText"] == text and mine["originalAddress"] == "" and mine["mayShare"] is False
    assert (mine["marks"], mine["forwardings"]) == ([{"mark": None}], [])
    assert mine["answers"] == [{"values": ["the blue house"]}]

    theirs = await seen(town, case, other)
    assert "914" not in theirs["text"] and theirs["answers"] == []
    assert {theirs[name] for name in ("originalText", "originalAddress", "mayShare", "reporter")} == {None}
    assert not theirs["marks"] and not theirs["forwardings"]
