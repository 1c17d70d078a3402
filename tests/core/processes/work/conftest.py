"""A city where permits are checked and signed: two units, people of each, and a process with a form and a way back."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio

from leancity.core.identity.units import create_unit
from leancity.core.processes.running.begin import begin
from leancity.core.testing.city import City, TestUser
from tests.core.processes.publishing import drawing, publish

KEY = "permits"
WORKER = ("core.task.work@unit", "core.unit.read", "core.case.read")
HEAD = (*WORKER, "core.task.assign@unit")

LANES = """
<bpmn:laneSet id="lanes">
  <bpmn:lane id="clerks" name="Clerks"><bpmn:flowNodeRef>check</bpmn:flowNodeRef></bpmn:lane>
  <bpmn:lane id="signers" name="Signers"><bpmn:flowNodeRef>sign</bpmn:flowNodeRef></bpmn:lane>
</bpmn:laneSet>
"""
PERMIT = drawing(
    LANES
    + """
<bpmn:startEvent id="filed"/>
<bpmn:userTask id="check" name="Check the papers"><bpmn:extensionElements>
  <lean:form key="check"/><lean:metrics processingTime="PT2H"/>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="sign" name="Sign the permit"/>
<bpmn:exclusiveGateway id="signed" default="given"/>
<bpmn:endEvent id="done"/>
<bpmn:sequenceFlow id="f1" sourceRef="filed" targetRef="check"/>
<bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="sign"/>
<bpmn:sequenceFlow id="f3" sourceRef="sign" targetRef="signed"/>
<bpmn:sequenceFlow id="given" sourceRef="signed" targetRef="done"/>
<bpmn:sequenceFlow id="back" sourceRef="signed" targetRef="check">
  <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">send_back = true</bpmn:conditionExpression>
</bpmn:sequenceFlow>
"""
)
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "depth": {"type": "integer", "minimum": 1, "maximum": 500},
        "street": {"type": "string", "maxLength": 40},
        "applicant": {"type": "string", "readOnly": True},
        "site_plan": {"type": "string", "format": "file"},
    },
    "required": ["depth"],
}
ITEM = "id title state version assignee { id } caseNumber"


@dataclass(kw_only=True)
class Office:
    """``clerk`` and ``colleague`` sit in the roads unit with its ``head``, ``gardener`` in the parks."""

    city: City
    roads: uuid.UUID
    parks: uuid.UUID
    clerk: TestUser
    colleague: TestUser
    head: TestUser
    gardener: TestUser
    facts: dict[str, Any] = field(default_factory=lambda: {"applicant": "Anna", "secret": "not for the form"})

    async def begin(self, unit_id: uuid.UUID | None = None, key: str = KEY, **more: Any) -> Any:
        """Begin a process for the roads unit, or another."""
        async with self.city.serving():
            return await begin(key, self.facts, title="A trench", unit_id=unit_id or self.roads, **more)

    async def items(self, as_: TestUser, filter: str = "{}") -> list[dict[str, Any]]:
        """Return a person's work list."""
        data = await self.city.data(f"{{ workItems(filter: {filter}) {{ edges {{ node {{ {ITEM} }} }} }} }}", as_=as_)
        return [edge["node"] for edge in data["workItems"]["edges"]]

    async def do(self, verb: str, item: dict[str, Any] | str, as_: TestUser, locale: str = "en", **more: Any) -> Any:
        """Do something to an item and return the payload."""
        types = {"facts": "JSON!", "reason": "String!", "userId": "UUID", "note": "String", "expectedVersion": "Int"}
        if verb == "Delegate":
            types["userId"] = "UUID!"
        given = "".join(f", ${name}: {types[name]}" for name in more)
        passed = "".join(f", {name}: ${name}" for name in more)
        text = (
            f"mutation ($id: UUID!{given}) {{ workItem{verb}(itemId: $id{passed}) {{ errors {{ field code message }}"
            f" item {{ {ITEM} }} case {{ number status }} nextItems {{ title }} }} }}"
        )
        id_ = item if isinstance(item, str) else item["id"]
        data = await self.city.data(text, {"id": id_, **more}, as_=as_, locale=locale)
        return data[f"workItem{verb}"]


MakeOffice = Callable[..., Awaitable[Office]]


@pytest_asyncio.fixture
async def office(make_city: Callable[..., Awaitable[City]]) -> Office:
    city = await make_city()
    async with city.serving():
        roads, parks = await create_unit("roads", "Roads"), await create_unit("parks", "Parks")
    clerk, colleague = [await city.user(*WORKER, unit_id=roads) for _ in range(2)]
    head = await city.user(*HEAD, unit_id=roads)
    gardener = await city.user(*WORKER, unit_id=parks)
    lanes = {"Clerks": {"unit_id": roads}, "Signers": {"unit_id": roads}}
    await publish(city, PERMIT, KEY, lanes=lanes, forms={"check": FORM})
    return Office(city=city, roads=roads, parks=parks, clerk=clerk, colleague=colleague, head=head, gardener=gardener)


def codes(payload: Any) -> list[str]:
    """Return the codes of what was refused."""
    return [error["code"] for error in payload["errors"]]
