"""The steps of a running process: a person finished a task, a message came, a timer ran out, a service answered.

Each is one transaction: the case and the instance are locked, the engine makes its step, and everything that follows
from it is written. Whoever is killed on the way leaves the case as it was before.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.plugins.contributions import Facts
from leancity.core.processes.engine import step as engine
from leancity.core.processes.figures.recording import step_changed
from leancity.core.processes.running import messages
from leancity.core.processes.running.asking import is_external
from leancity.core.processes.running.failures import refusing
from leancity.core.processes.running.given import module_facts
from leancity.core.processes.running.locking import Locked, Turn, take, take_locked
from leancity.core.processes.running.programs import loaded
from leancity.core.processes.running.settling import settle
from leancity.core.processes.running.tables import MessageWait, ProcessInstance, WorkItem
from leancity.core.processes.running.waiting import moves_ahead


async def finish_item(item: WorkItem, locked: Locked, facts: Mapping[str, Any]) -> ProcessInstance:
    """Finish the user task of a work item with ``facts``, which are added to the case's, and all that follows from it.

    The caller has locked the item in the open unit (``locking.lock_work``, which gives ``locked``), checked its form
    and asked for the right to it; the end of the step is written here.
    ``Refused`` names the element where the drawing can't go on; then nothing has changed.
    """
    async with tenant_tx(write=True):
        return await finish_taken(await take_locked(locked, "item_id"), item, facts)


async def finish_taken(turn: Turn, item: WorkItem, facts: Mapping[str, Any]) -> ProcessInstance:
    """Finish the user task of a locked item of an instance that was taken: see ``finish_item``."""
    if item.state in ("done", "withdrawn"):
        raise refuse("process_item_closed", "item_id")
    known = {**facts, **await facts_at(turn)}
    with refusing(turn.loaded, "item_id"):
        run = engine.complete(turn.loaded.program, state_of(turn), item.task_id, known, turn.moment.at, turn.functions)
    item.state, item.done_at, item.version = "done", turn.moment.at, item.version + 1
    await item.save([WorkItem.state, WorkItem.done_at, WorkItem.version])
    await step_changed(
        turn.instance,
        item.id,
        item.node_id,
        "complete",
        turn.moment,
        user_id=current_principal().user_id if item.assignee_id is None else item.assignee_id,
        unit_id=item.unit_id,
        is_external=is_external(turn, item.node_id),
    )
    return await settle(turn, run, "stepped", item_id=item.id, node_id=item.node_id)


async def deliver(
    name: str,
    correlation: str,
    facts: Mapping[str, Any],
    *,
    instance_id: uuid.UUID | None = None,
    by_hand: bool = False,
) -> ProcessInstance:
    """Give a message to the one instance that waits for it; its ``facts`` are added to the case's.

    ``correlation`` tells the messages of one case from another's. ``instance_id`` names the instance, which on the test
    stand must be named. ``by_hand``: what is a move of a service's case, whose rules live in the service, is refused.
    ``Refused``: nobody waits for it, or more than one does.
    """
    name, correlation = keepable(name), keepable(correlation)
    async with tenant_tx(write=True):
        named = await _named(instance_id)
        waiting = await messages.receivers("message", name, correlation, instance=named)
        if not waiting:
            raise refuse("process_message_unexpected", "name", name=name)
        if len(waiting) > 1:
            raise refuse("process_message_ambiguous", "correlation", name=name)
        if by_hand:
            await _require_no_move(waiting[0], name)
        found = await hear(waiting[0], facts)
    if found is None:
        raise refuse("process_message_unexpected", "name", name=name)
    return found


async def signal(name: str, facts: Mapping[str, Any]) -> int:
    """Give a signal to all instances that wait for it, a step of its own for each; return how many heard it.

    One that can't go on is left as it was, with the reason on it.
    """
    from leancity.core.processes.running.jobs import tried  # it needs this file

    heard = 0
    for wait_id in await messages.receivers("signal", keepable(name)):
        wait = await messages.find_wait(wait_id)
        if wait is not None:
            heard += await tried(wait.instance_id, partial(hear, wait_id, facts))
    return heard


async def hear(wait_id: uuid.UUID, facts: Mapping[str, Any]) -> ProcessInstance | None:
    """Let what a wait stands for come; None where it has come already, or the process went on without it."""
    wait = await messages.find_wait(wait_id)
    if wait is None:
        return None
    await loaded_for(wait.instance_id)
    async with tenant_tx(write=True):
        turn = await take(wait.instance_id)
        if not await MessageWait.exists().where(MessageWait.id == wait_id):
            return None
        return await heard(turn, wait, facts)


async def heard(turn: Turn, wait: MessageWait, facts: Mapping[str, Any]) -> ProcessInstance:
    """Let what a wait of an instance that was taken stands for come, with facts."""
    known = {**facts, **await facts_at(turn)}
    with refusing(turn.loaded):
        run = engine.catch(
            turn.loaded.program,
            state_of(turn),
            wait.kind,
            wait.name,
            wait.correlation,
            known,
            turn.moment.at,
            turn.functions,
        )
    return await settle(turn, run, "heard", node_id=wait.node_id)


async def _require_no_move(wait_id: uuid.UUID, name: str) -> None:
    wait = await messages.find_wait(wait_id)
    mine = None if wait is None else await ProcessInstance.objects().get(ProcessInstance.id == wait.instance_id)
    if wait is None or mine is None or mine.case_id is None:
        return
    if moves_ahead(await loaded(mine.version_id), wait.node_id):
        raise refuse("process_message_is_move", "name", name=name)


async def loaded_for(instance_id: uuid.UUID) -> None:
    """Have an instance's program at hand before the transaction that needs it."""
    async with tenant_tx():
        mine = ProcessInstance.id == instance_id
        found = await ProcessInstance.select(ProcessInstance.version_id).where(mine).first()
        if found is not None:
            await loaded(found["version_id"])


async def _named(instance_id: uuid.UUID | None) -> ProcessInstance | None:
    if instance_id is None:
        return None
    found = await ProcessInstance.objects().where(ProcessInstance.id == instance_id).first()
    if found is None:
        raise refuse("not_found", "instance_id")
    return found


async def facts_at(turn: Turn) -> Facts:
    """Return what the process's module says of the case at this step: what anybody fills in does not replace it."""
    return await module_facts(turn.process.key, turn.instance.case_id)


def state_of(turn: Turn) -> str:
    """Return the engine's state of an instance that is at work."""
    if turn.instance.state is None:
        raise refuse("process_closed", "instance_id")
    return turn.instance.state
