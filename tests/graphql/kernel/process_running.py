"""What the walls are asked about running processes."""

from __future__ import annotations

import uuid

from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.move_runs import begin_moving
from tests.core.processes.publishing import publish
from tests.graphql.kernel.conftest import Office
from tests.graphql.kernel.process_work import TASK

# Another city's in the hands of ours.
RUNNING_MIXED: list[tuple[str, str]] = [
    ('process_instance(id: "INSTANCE") { status }', "null"),
    ('process_instances(processId: "PROCESS") { totalCount }', "nothing"),
    ('process_begin(process: "KEY_OF_PROCESS", title: "x") ERRORS', "not_found"),
    ('process_try(versionId: "DRAWN", title: "x") ERRORS', "not_found"),
    ('process_stop(id: "INSTANCE", reason: "x") ERRORS', "not_found"),
    ('process_movable(versionId: "DRAWN", fromVersionId: "DRAWN") { totalCount }', "NOT_FOUND"),
    ('process_instances_move(versionId: "DRAWN", ids: ["INSTANCE"]) ERRORS', "not_found"),
    ('process_move_runs(processId: "PROCESS") { totalCount }', "nothing"),
    ('process_move_run(id: "MOVE_RUN") { state }', "NOT_FOUND"),
    ('process_move_run_begin(versionId: "NEWER", fromVersionId: "DRAWN") ERRORS', "not_found"),
    ('process_move_run_cancel(id: "MOVE_RUN") ERRORS', "not_found"),
    ('process_move_run_resume(id: "MOVE_RUN") ERRORS', "not_found"),
    ('process_retry(id: "INSTANCE") ERRORS', "not_found"),
    ('process_message(name: "x", instanceId: "INSTANCE") ERRORS', "not_found"),
]


async def furnished_processes(office: Office) -> dict[str, str]:
    """Return the ids of a running process, of its process and its versions, its key, and a run that moves it."""
    key = f"running-{uuid.uuid4().hex}"
    version = await publish(office.city, TASK, key)
    async with office.city.serving():
        instance = await begin(key, {}, title="Look", unit_id=uuid.UUID(office.roads))
    newer = await publish(office.city, TASK, key)
    async with office.city.serving():
        run = await begin_moving(newer.id, version.id)
    return {
        "INSTANCE": str(instance.id),
        "PROCESS": str(version.process_id),
        "KEY_OF_PROCESS": key,
        "DRAWN": str(version.id),
        "NEWER": str(newer.id),
        "MOVE_RUN": str(run.id),
    }
