"""The jobs of running processes: timers, service calls, messages of other instances.

Each opens its own transaction, and so is registered as one that speaks to the outside: a step that fails must be undone
while its reason is kept. A job that comes a second time finds that the row it is about is gone, and does nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.jobs.outcomes import Later
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job, ServiceTask
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.processes.engine import step as engine
from leancity.core.processes.running import messages, services, timers
from leancity.core.processes.running.begin_each import begin_for_each
from leancity.core.processes.running.clock_starts import START, mend_starts, run_start
from leancity.core.processes.running.failures import record_failure, refusing
from leancity.core.processes.running.locking import AT_WORK, Turn, take
from leancity.core.processes.running.messages import MESSAGE
from leancity.core.processes.running.programs import loaded
from leancity.core.processes.running.services import ATTEMPTS, SERVICE, SERVICE_FAILED
from leancity.core.processes.running.settling import settle
from leancity.core.processes.running.step import facts_at, hear, loaded_for, state_of
from leancity.core.processes.running.tables import ProcessInstance, ProcessTimer, ServiceCall
from leancity.core.processes.running.telling import TASK_TERM, run_task_term
from leancity.core.processes.running.timers import TIMER
from leancity.core.processes.running.topics import task_of
from leancity.core.processes.versions.starting import JOB as STARTS

log = structlog.get_logger()


async def tried(instance_id: uuid.UUID, step: Callable[[], Awaitable[object]]) -> bool:
    """Make a step that nobody is there to hear of; one that is refused is undone, and the instance keeps why."""
    try:
        await step()
    except Refused as refused:
        log.warning("process stands still", instance=str(instance_id), code=refused.problems[0].code)
        await record_failure(instance_id, refused)
        return False
    return True


async def run_timer(payload: dict[str, Any]) -> None:
    """Job: let the timer ``payload["timer_id"]`` run out. One that fired or was left does nothing."""
    timer = await timers.find_timer(payload)
    if timer is not None:
        await loaded_for(timer.instance_id)
        await tried(timer.instance_id, lambda: _fire(timer))


async def _fire(timer: ProcessTimer) -> None:
    async with tenant_tx(write=True):
        if not await _is_at_work(timer.instance_id):
            return
        turn = await take(timer.instance_id)
        mine = await ProcessTimer.objects().where(ProcessTimer.id == timer.id).first()
        # The end of a pause moves the timer and asks for another job.
        if mine is None or (mine.is_pausable and turn.is_paused):
            return
        if mine.due_at > turn.moment.at:
            raise Later(mine.due_at, "not due yet")
        with refusing(turn.loaded):
            run = engine.fire(
                turn.loaded.program,
                state_of(turn),
                turn.moment.at,
                turn.functions,
                only=await _due(turn),
                facts=await facts_at(turn),
            )
        await settle(turn, run, "timer_fired", node_id=mine.node_id)


async def _due(turn: Turn) -> frozenset[uuid.UUID]:
    """Return the timers of an instance that are due by its rows: the engine does not know of pauses."""
    mine = ProcessTimer.instance_id == turn.instance.id
    rows = await ProcessTimer.objects().where(mine & (ProcessTimer.due_at <= turn.moment.at))
    return frozenset(row.task_id for row in rows if not (row.is_pausable and turn.is_paused))


async def run_message(payload: dict[str, Any]) -> None:
    """Job: let the wait ``payload["wait_id"]`` have what another instance said."""
    wait = await messages.find_wait(messages.wait_of(payload))
    if wait is not None:
        await tried(wait.instance_id, lambda: hear(wait.id, {}))


async def run_service(payload: dict[str, Any]) -> None:
    """Job: call the handler of the call ``payload["call_id"]`` and let its process go on with the answer.

    A closed module's call waits. An error is tried again, at last it is the process's.
    """
    call = await services.find_call(payload)
    if call is None:
        return
    await loaded_for(call.instance_id)
    task = None if call.topic == services.BEGIN else task_of(call.topic)
    if task is None and call.topic != services.BEGIN:
        raise Later(services.UNKNOWN, f"no module has the topic {call.topic}")
    try:
        if task is None:
            await _answer(call, await begin_for_each(call))
        else:
            await _call(task, call)
    except (Later, ModuleClosed):
        raise
    except Refused as refused:
        await _fail(call, refused.problems[0].code, refused)
    except Exception as error:
        if not await services.gives_up(error):
            raise
        log.warning("service task failed", topic=call.topic, error=type(error).__name__)
        await _fail(call, services.told(error), None)


async def _call(task: ServiceTask, call: ServiceCall) -> None:
    if task.is_outside:
        async with tenant_tx():
            turn_facts = await _facts(call)
        await _answer(call, await services.run(task, call, turn_facts))
        return
    async with tenant_tx(write=True):
        turn = await _taken(call)
        if turn is not None:
            await _answer(call, await services.run(task, call, turn.facts))


async def _facts(call: ServiceCall) -> dict[str, Any]:
    mine = ProcessInstance.id == call.instance_id
    found = await ProcessInstance.select(ProcessInstance.facts).where(mine).first()
    facts: dict[str, Any] = json.loads(found["facts"]) if found is not None else {}
    return facts


async def _taken(call: ServiceCall) -> Turn | None:
    if not await _is_at_work(call.instance_id):
        return None
    turn = await take(call.instance_id)
    still = (ServiceCall.id == call.id) & (ServiceCall.state == "waiting")
    return turn if await ServiceCall.exists().where(still) else None


async def _answer(call: ServiceCall, answer: dict[str, Any]) -> None:
    async with tenant_tx(write=True):
        turn = await _taken(call)
        if turn is None:
            return
        known = {**answer, **await facts_at(turn)}
        with refusing(turn.loaded):
            run = engine.answer(
                turn.loaded.program, state_of(turn), call.task_id, known, turn.moment.at, turn.functions
            )
        await _close(call, "done")
        await settle(turn, run, "answered", node_id=call.node_id)


async def _fail(call: ServiceCall, error: str, refused: Refused | None) -> None:
    """Let the process go on at its error boundary; where it has none it waits for a person, with the call."""
    try:
        async with tenant_tx(write=True):
            turn = await _taken(call)
            if turn is None:
                return
            with refusing(turn.loaded):
                failed = engine.ServiceFailed(SERVICE_FAILED)
                run = engine.answer(
                    turn.loaded.program, state_of(turn), call.task_id, failed, turn.moment.at, turn.functions
                )
            await _close(call, "done", error)
            await settle(turn, run, "service_failed", node_id=call.node_id)
    except Refused:
        title = await _title(call)
        async with tenant_tx(write=True):
            await _close(call, "failed", error)
            await record_failure(call.instance_id, refused or refuse("process_service_failed", None, element=title))


async def _close(call: ServiceCall, state: str, error: str = "") -> None:
    values = {ServiceCall.state: state, ServiceCall.error: error[:500], ServiceCall.answered_at: now()}
    await ServiceCall.update(values).where(ServiceCall.id == call.id)


async def _title(call: ServiceCall) -> str:
    """Return what people call the task that a call is for."""
    async with tenant_tx():
        mine = ProcessInstance.id == call.instance_id
        found = await ProcessInstance.select(ProcessInstance.version_id).where(mine).first()
        return call.topic if found is None else (await loaded(found["version_id"])).title(call.node_id)


async def _is_at_work(instance_id: uuid.UUID) -> bool:
    mine = (ProcessInstance.id == instance_id) & ProcessInstance.status.is_in([*AT_WORK])
    return await ProcessInstance.exists().where(mine)


JOBS = (
    Job(name=STARTS, run=mend_starts, is_outside=True),
    Job(name=START, run=run_start, is_outside=True),
    Job(name=TIMER, run=run_timer, is_outside=True),
    Job(name=MESSAGE, run=run_message, is_outside=True),
    Job(name=TASK_TERM, run=run_task_term),
    Job(name=SERVICE, run=run_service, is_outside=True, is_private=True, max_attempts=ATTEMPTS),
)
