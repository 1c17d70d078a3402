"""What somebody answerable for a process does to an instance from outside: stop it, let it try again."""

from __future__ import annotations

import uuid

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, one_text
from leancity.core.cases.moves import Asked, make_move
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.processes.running.asking import withdraw_all
from leancity.core.processes.running.failures import TOPIC
from leancity.core.processes.running.kind import PROCESS, STOP, STOPPED
from leancity.core.processes.running.locking import take
from leancity.core.processes.running.services import ask_again
from leancity.core.processes.running.settling import finish
from leancity.core.processes.running.tables import ProcessInstance, ProcessTimer, ServiceCall
from leancity.core.processes.running.timers import ask_job

PERMISSION = "core.process.publish"


async def stop(instance_id: uuid.UUID, reason: str) -> ProcessInstance:
    """Stop an instance: its work is withdrawn, nothing comes any more. Its case is closed as stopped.

    The case of a service of its own kind stays as it is: how it ends is the service's to say.
    """
    current_principal().require(PERMISSION)
    reason = one_text("reason", reason, limit=LONG, required=True)
    async with tenant_tx(write=True):
        turn = await take(instance_id)
        await withdraw_all(turn)
        step = None if turn.kind is None or turn.kind.key != PROCESS.key else turn.kind.transition(STOP)
        if step is not None and turn.kind is not None and turn.case is not None and turn.case.closed_at is None:
            turn.case = await make_move(turn.case, turn.kind, Asked(step=step, outcome=STOPPED, note=reason))
        await finish(turn, STOPPED, status="stopped")
        turn.instance.revision += 1
        await turn.instance.save()
        await record("core.process.stopped", "process_instance", instance_id)
        await announce(TOPIC, instance_id, turn.instance.revision)
    return turn.instance


async def retry(instance_id: uuid.UUID) -> ProcessInstance:
    """Let an instance that stands still try again what failed: timers that are due, services that gave no answer."""
    current_principal().require(PERMISSION)
    async with tenant_tx(write=True):
        turn = await take(instance_id)
        instance = turn.instance
        if instance.status != "failed":
            raise refuse("process_not_failed", "instance_id")
        instance.status, instance.failure, instance.revision = "running", "", instance.revision + 1
        await instance.save()
        mine = ProcessTimer.instance_id == instance_id
        for timer in await ProcessTimer.objects().where(mine & (ProcessTimer.due_at <= turn.moment.at)):
            await ask_job(timer, again=f"revision {instance.revision}")
        failed = (ServiceCall.instance_id == instance_id) & (ServiceCall.state == "failed")
        for call in await ServiceCall.objects().where(failed):
            await ask_again(call)
        await record("core.process.retried", "process_instance", instance_id)
        await announce(TOPIC, instance_id, instance.revision)
    return instance
