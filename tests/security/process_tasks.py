"""Tasks and absences of the matrix's world: a task of the roads unit that nobody has, and a clerk who will be away."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, timedelta
from typing import Any

from leancity.core.processes.running.absence import NewAbsence, add_absence
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.tables import Absence, WorkItem
from leancity.core.testing.city import City
from tests.core.processes.publishing import drawing, publish
from tests.security.actors import Actor, one, within_city

KEY = "matrix-of-work"
_FORM: dict[str, Any] = {"type": "object", "properties": {"depth": {"type": "integer"}}}
_FIRST = date(2090, 1, 1)
_weeks = itertools.count()

_TASK = drawing(
    '<bpmn:laneSet id="l"><bpmn:lane id="lane" name="Roads"><bpmn:flowNodeRef>look</bpmn:flowNodeRef></bpmn:lane>'
    '</bpmn:laneSet><bpmn:startEvent id="begun"/><bpmn:userTask id="look" name="Look"><bpmn:extensionElements>'
    '<lean:form key="look"/></bpmn:extensionElements></bpmn:userTask><bpmn:exclusiveGateway id="seen" default="good"/>'
    '<bpmn:endEvent id="done"/><bpmn:endEvent id="bad"/><bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="look"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="seen"/>'
    '<bpmn:sequenceFlow id="good" sourceRef="seen" targetRef="done"/>'
    '<bpmn:sequenceFlow id="back" sourceRef="seen" targetRef="bad"><bpmn:conditionExpression'
    ' xsi:type="bpmn:tFormalExpression">send_back = true</bpmn:conditionExpression></bpmn:sequenceFlow>'
)


async def make_work(city: City, roads: uuid.UUID, clerk: Actor) -> dict[str, str]:
    """Publish the process and begin it, let the clerk be away in another year; return the ids of both."""
    await publish(city, _TASK, KEY, lanes={"Roads": {"unit_id": roads}}, forms={"look": _FORM})
    return {"task": str(await new_task(city, roads)), "absence": str((await away(city, clerk)).id)}


async def new_task(city: City, roads: uuid.UUID) -> uuid.UUID:
    """Begin the process for the roads unit and return what there is to do."""
    async with within_city(city):
        instance = await begin(KEY, {}, title="Look", unit_id=roads)
        return uuid.UUID(str((await one(WorkItem, WorkItem.instance_id == instance.id)).id))


async def away(city: City, clerk: Actor) -> Absence:
    """Let the clerk be away for two days."""
    async with within_city(city, clerk.principal):
        return await add_absence(week())


def week() -> NewAbsence:
    """Return two days of a week in which nobody is away yet."""
    first = _FIRST + timedelta(days=7 * next(_weeks))
    return NewAbsence(from_on=first, until_on=first + timedelta(days=1))
