"""Service tasks: work that a process asks of a module, by topic, as a job.

A handler's answer and the step that it lets the process make commit together. The key it is given is the call's: the
same at every attempt, after a kill, and after a person let it be tried anew.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.current import effect_key
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.outcomes import Rejected
from leancity.core.jobs.tables import JobRow
from leancity.core.plugins.contributions import ServiceTask
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.engine.run import Wait
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.tables import ServiceCall

SERVICE = "core.process.service"
BEGIN = "core.begin"
"""The topic of ``lean:begin``: what the platform does itself."""
ATTEMPTS = 8
"""Then the process goes on at the error boundary ``SERVICE_FAILED``, or waits for a person."""
SERVICE_FAILED = "service_failed"
UNKNOWN = timedelta(hours=1)
"""How long a task waits whose module is installed in no version that knows its topic."""


def topic_of(node: Node | None, wait: Wait) -> str:
    """Return by what topic a service task asks."""
    if node is not None and node.begin is not None:
        return BEGIN
    return node.topic if node is not None and node.topic else wait.name


async def ask_service(turn: Turn, wait: Wait, topic: str) -> uuid.UUID:
    """Ask for a service: its row, and the job that calls the handler."""
    call = ServiceCall(
        instance_id=turn.instance.id,
        task_id=wait.task_id,
        node_id=wait.node_id,
        topic=topic,
        asked_at=turn.moment.at,
    )
    call.job_id = await enqueue(SERVICE, {"call_id": call.id})
    await call.save()
    return call.id


async def ask_again(call: ServiceCall) -> None:
    """Let a call that failed be tried anew, under the key it had."""
    call.state, call.error = "waiting", ""
    call.job_id = await enqueue(SERVICE, {"call_id": call.id})
    await call.save([ServiceCall.state, ServiceCall.error, ServiceCall.job_id])


async def find_call(payload: dict[str, Any]) -> ServiceCall | None:
    """Return the call that a job is for; None where it was answered, or the process went on without it."""
    async with tenant_tx():
        call = await ServiceCall.objects().where(ServiceCall.id == uuid.UUID(payload["call_id"])).first()
    mine = call is not None and call.state == "waiting" and str(call.job_id) == effect_key()
    return call if mine else None


async def run(task: ServiceTask, call: ServiceCall, facts: dict[str, Any]) -> dict[str, Any]:
    """Call the handler with the facts that it asked for."""
    given = {name: facts.get(name) for name in task.inputs} if task.inputs else facts
    return await task.run(given, str(call.id))


async def gives_up(error: Exception) -> bool:
    """Tell whether the job that is being done is not tried again after this error."""
    if isinstance(error, Rejected):
        return True
    async with tenant_tx():
        mine = JobRow.id == uuid.UUID(effect_key())
        row = await JobRow.select(JobRow.attempts).where(mine).first()
    return row is None or row["attempts"] + 1 >= ATTEMPTS


def told(error: Exception) -> str:
    """Return an error as the row keeps it: a handler's own words may name people, ``Rejected``'s must not."""
    return str(error) if isinstance(error, Rejected) else type(error).__name__
