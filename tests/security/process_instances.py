"""Running processes of the matrix's world: one at work, and one that stands still."""

from __future__ import annotations

import uuid

from leancity.core.errors import refuse
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.failures import record_failure
from leancity.core.testing.city import City
from tests.core.processes.publishing import drawing, publish
from tests.security.actors import within_city

KEY = "matrix-of-processes"
NEWER = "matrix-of-versions"
MESSAGE = "papers"

_WAITING = drawing(
    '<bpmn:startEvent id="begun"/><bpmn:intermediateCatchEvent id="papers" name="Papers">'
    '<bpmn:messageEventDefinition id="heard" messageRef="message"/></bpmn:intermediateCatchEvent>'
    '<bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="papers"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="papers" targetRef="e"/>',
    extra=f'<bpmn:message id="message" name="{MESSAGE}"/>',
)


async def make_processes(city: City) -> dict[str, str]:
    """Publish a process that waits for a message, and begin it twice; return the ids, the version's too."""
    version = await publish(city, _WAITING, KEY)
    instance, failed = await new_instance(city), await failed_instance(city)
    found = {"instance": str(instance), "failed": str(failed), "process_version": str(version.id)}
    return found | await _newer(city)


async def _newer(city: City) -> dict[str, str]:
    """Publish a process twice, begun on its first version; return both versions' ids and the instance's."""
    old = await publish(city, _WAITING, NEWER)
    instance = await movable_instance(city)
    new = await publish(city, _WAITING, NEWER)
    return {"older_version": str(old.id), "newer_version": str(new.id), "movable": str(instance)}


async def movable_instance(city: City) -> uuid.UUID:
    """Begin the process that has versions."""
    async with within_city(city):
        return (await begin(NEWER, {}, title="Look")).id


async def failed_instance(city: City) -> uuid.UUID:
    """Begin the process and let it stand still."""
    instance = await new_instance(city)
    async with within_city(city):
        await record_failure(instance, refuse("process_closed"))
    return instance


async def new_instance(city: City) -> uuid.UUID:
    """Begin the process."""
    async with within_city(city):
        return (await begin(KEY, {"depth": 1}, title="Look")).id
