"""Running processes of the matrix's world: one at work, and one that stands still."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.failures import record_failure
from leancity.core.processes.running.tables import ProcessMoveRun
from leancity.core.processes.versions.tables import Process, ProcessVersion
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


async def make_processes(city: City, chief: str) -> dict[str, str]:
    """Publish a process that waits for a message, and begin it twice; return the ids, the version's too.

    Another has two versions, and the chief asked for its cases to be moved.
    """
    version = await publish(city, _WAITING, KEY)
    instance, failed = await new_instance(city), await failed_instance(city)
    found = {"instance": str(instance), "failed": str(failed), "process_version": str(version.id)}
    return found | await _newer(city, uuid.UUID(chief))


async def _newer(city: City, chief: uuid.UUID) -> dict[str, str]:
    """Publish a process twice, begun on its first version; return both versions' ids and the instance's."""
    old = await publish(city, _WAITING, NEWER)
    instance = await movable_instance(city)
    new = await publish(city, _WAITING, NEWER)
    found = {"versioned": str(new.process_id), "older_version": str(old.id), "newer_version": str(new.id)}
    run = await move_run(city, found, author_id=chief)
    return found | {"movable": str(instance), "move_run": str(run)}


async def move_run(city: City, ids: Mapping[str, str], *, author_id: uuid.UUID | None = None) -> uuid.UUID:
    """Keep a run that has kept a case where it is and has no job to go on; return its id."""
    kept = [{"code": "process_move_gone", "params": {"element": "Papers"}, "amount": 1}]
    async with within_city(city), tenant_tx(write=True):
        run = ProcessMoveRun(
            process_id=uuid.UUID(ids["versioned"]),
            version_id=uuid.UUID(ids["older_version"]),
            from_version_id=uuid.UUID(ids["newer_version"]),
            state="running",
            total=2,
            kept=1,
            reasons=json.dumps(kept),
            author_id=author_id,
            made_at=now(),
        )
        await run.save()
    return run.id


async def another_version(city: City) -> uuid.UUID:
    """Copy a version of the process that has versions, so that nobody else moves what runs on it."""
    async with within_city(city), tenant_tx(write=True):
        process = await Process.objects().get(Process.key == NEWER)
        assert process is not None
        (row,) = await ProcessVersion.select().where(ProcessVersion.id == process.production_id)
        no = random.randrange(1_000, 2_000_000_000)  # noqa: S311 - of two made at once each has its own
        copy = ProcessVersion(**{**row, "id": new_id(), "no": no})
        await copy.save()
    return copy.id


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
