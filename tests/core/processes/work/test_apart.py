"""Four eyes: who did a step doesn't do the one that the drawing wants apart from it, by any door."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from leancity.core.testing.city import TestUser
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.work.conftest import LANES, Office, codes
from tests.core.processes.work.test_absence import add, days

APART = '<bpmn:extensionElements><lean:assign apart="check"/></bpmn:extensionElements>'
IN_A_ROW = drawing(
    LANES
    + f"""
<bpmn:startEvent id="filed"/>
<bpmn:userTask id="check" name="Check the papers"/>
<bpmn:userTask id="sign" name="Sign the permit">{APART}</bpmn:userTask>
<bpmn:endEvent id="done"/>
<bpmn:sequenceFlow id="f1" sourceRef="filed" targetRef="check"/>
<bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="sign"/>
<bpmn:sequenceFlow id="f3" sourceRef="sign" targetRef="done"/>
"""
)
AT_ONCE = drawing(
    LANES
    + f"""
<bpmn:startEvent id="filed"/><bpmn:parallelGateway id="both"/>
<bpmn:userTask id="check" name="Check the papers"/>
<bpmn:userTask id="sign" name="Sign the permit">{APART}</bpmn:userTask>
<bpmn:parallelGateway id="joined"/><bpmn:endEvent id="done"/>
<bpmn:sequenceFlow id="f1" sourceRef="filed" targetRef="both"/>
<bpmn:sequenceFlow id="f2" sourceRef="both" targetRef="check"/>
<bpmn:sequenceFlow id="f3" sourceRef="both" targetRef="sign"/>
<bpmn:sequenceFlow id="f4" sourceRef="check" targetRef="joined"/>
<bpmn:sequenceFlow id="f5" sourceRef="sign" targetRef="joined"/>
<bpmn:sequenceFlow id="f6" sourceRef="joined" targetRef="done"/>
"""
)


@pytest_asyncio.fixture
async def checked(office: Office) -> Office:
    """The office with both drawings."""
    lanes = {"Clerks": {"unit_id": office.roads}, "Signers": {"unit_id": office.roads}}
    await publish(office.city, IN_A_ROW, "in_a_row", lanes=lanes)
    await publish(office.city, AT_ONCE, "at_once", lanes=lanes)
    return office


async def _titled(office: Office, as_: TestUser, title: str) -> list[dict[str, Any]]:
    return [item for item in await office.items(as_) if item["title"] == title]


async def test_who_checked_does_not_sign_by_any_door(checked: Office) -> None:
    office = checked
    await office.begin(key="in_a_row")
    (check,) = await office.items(office.clerk)
    assert codes(await office.do("Complete", check, office.clerk, facts={})) == []
    assert await office.items(office.clerk) == [], "it isn't even listed"
    (sign,) = await office.items(office.colleague)
    for refused in (
        await office.do("Claim", sign, office.clerk),
        await office.do("Start", sign, office.clerk),
        await office.do("Complete", sign, office.clerk, facts={}),
    ):
        assert codes(refused) == ["process_item_apart"] and "Check the papers" in refused["errors"][0]["message"]
    assert codes(await office.do("Assign", sign, office.head, userId=str(office.clerk.id))) == ["process_item_apart"]
    await office.do("Claim", sign, office.colleague)
    given = await office.do("Delegate", sign, office.colleague, userId=str(office.clerk.id))
    assert [(error["code"], error["field"]) for error in given["errors"]] == [("process_item_apart", "userId")]
    await add(office, office.colleague, days(office, 0, 2, office.clerk))
    assert codes(await office.do("Complete", sign, office.clerk, facts={})) == ["process_item_apart"], "no substitute"
    assert codes(await office.do("Complete", sign, office.colleague, facts={})) == []


async def test_a_substitute_did_it_for_two(checked: Office) -> None:
    office = checked
    await office.begin(key="in_a_row")
    (check,) = await office.items(office.clerk)
    await office.do("Claim", check, office.clerk)
    await add(office, office.clerk, days(office, 0, 0, office.gardener))
    assert codes(await office.do("Complete", check, office.gardener, facts={})) == []
    assert await office.items(office.gardener) == [] == await office.items(office.clerk)
    (sign,) = await office.items(office.head)
    for barred in (office.clerk, office.gardener):
        assert codes(await office.do("Claim", sign, barred)) == ["process_item_apart"]
    assert codes(await office.do("Complete", sign, office.head, facts={})) == []


async def test_it_holds_both_ways_and_who_has_both_loses_the_other(checked: Office) -> None:
    office = checked
    await office.begin(key="at_once")
    (sign,) = await _titled(office, office.clerk, "Sign the permit")
    await office.do("Start", sign, office.clerk)
    (check,) = await _titled(office, office.clerk, "Check the papers")
    assert codes(await office.do("Complete", check, office.clerk, facts={})) == []
    (free,) = await _titled(office, office.head, "Sign the permit")
    assert (free["state"], free["assignee"]) == ("OPEN", None), "it went back to its queue"
    assert codes(await office.do("Complete", sign, office.clerk, facts={})) == ["process_item_apart"]
    assert codes(await office.do("Complete", sign, office.head, facts={})) == []
    await office.begin(key="at_once")
    (sign,) = await _titled(office, office.clerk, "Sign the permit")
    await office.do("Complete", sign, office.clerk, facts={})
    assert await office.items(office.clerk) == [], "signed first: now it is the check that others do"
    (check,) = await _titled(office, office.colleague, "Check the papers")
    assert codes(await office.do("Complete", check, office.colleague, facts={})) == []


async def test_a_task_meant_for_who_is_barred_waits_for_who_assigns(office: Office) -> None:
    personal = IN_A_ROW.replace(b'apart="check"/>', b'apart="check" person="signer"/>')
    await publish(office.city, personal, "personal", lanes={"Clerks": {"unit_id": office.roads}})
    office.facts = {"signer": str(office.clerk.id)}
    await office.begin(key="personal")
    (check,) = await office.items(office.clerk)
    await office.do("Complete", check, office.clerk, facts={})
    assert await office.items(office.clerk) == [] == await office.items(office.colleague)
    found = await office.city.data("{ workItemsOfUnits { edges { node { id state } } } }", as_=office.head)
    ((sign, state),) = [edge["node"].values() for edge in found["workItemsOfUnits"]["edges"]]
    assert state == "SUSPENDED"
    assert codes(await office.do("Assign", sign, office.head, userId=str(office.colleague.id))) == []
    assert codes(await office.do("Complete", sign, office.colleague, facts={})) == []
