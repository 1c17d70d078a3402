"""Writing a step down: all that the engine says of it becomes rows, in the transaction that asked for it."""

from __future__ import annotations

import json
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.journal import add_event
from leancity.core.jobs.outbox import enqueue
from leancity.core.live.announce import announce
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.engine.run import Run
from leancity.core.processes.figures import recording
from leancity.core.processes.running import bounds, states
from leancity.core.processes.running.asking import recompute_due, settle_waits, takes_time
from leancity.core.processes.running.dues import settle_due
from leancity.core.processes.running.failures import TOPIC
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.messages import MESSAGE, receivers
from leancity.core.processes.running.standing import settle_pause
from leancity.core.processes.running.tables import ProcessInstance

RECORDED = frozenset(
    {"userTask", "manualTask", "task", "serviceTask", "sendTask", "receiveTask", "intermediateCatchEvent"}
)
"""Nodes whose waiting is a step of its own, whose end is written where its row ends."""

_OVER = (
    ProcessInstance.status,
    ProcessInstance.state,
    ProcessInstance.outcome,
    ProcessInstance.failure,
    ProcessInstance.closed_at,
)
"""What ``finish`` changes of an instance."""


async def settle(turn: Turn, run: Run, cause: str, **told: Any) -> ProcessInstance:
    """Write what a step led to and return the instance. ``cause`` and ``told`` (ids and keys) go to the audit log."""
    instance = turn.instance
    instance.state, instance.facts = run.state, json.dumps(run.facts, ensure_ascii=False)
    instance.revision += 1
    due_at = None if turn.case is None else turn.case.due_at
    was_closed = turn.case is not None and turn.case.closed_at is not None
    await instance.save()  # before anything follows: rules of a move may make further steps, or change what it knows
    asked = instance.asked
    instant = [each.node_id for each in run.left if not takes_long(turn.loaded.nodes.get(each.node_id))]
    await recording.passed(instance, instant, turn.moment)
    items = await settle_waits(turn, run)
    await states.follow(turn, run.entered)
    await _escalate(turn, run)
    await _throw(turn, run)
    ended = await bounds.bound(turn, run, was_closed=was_closed)
    if run.is_finished:
        is_named = ended or await bounds.is_named_end(turn, run)
        await finish(turn, _outcome(turn, run), ended=ended, is_named=is_named)
    else:
        if await settle_due(turn):
            await recompute_due(turn)
        await settle_pause(turn)
        if turn.case is not None:
            due_at = turn.case.due_at
    await recording.promised(instance, due_at)
    changed = ([ProcessInstance.asked] if instance.asked != asked else []) + ([*_OVER] if run.is_finished else [])
    if changed:
        await instance.save(changed)
    facts = {"revision": instance.revision, "waits": len(run.waits), "items": items, **told}
    await record(f"core.process.{cause}", "process_instance", instance.id, **facts)
    await announce(TOPIC, instance.id, instance.revision)
    return instance


async def finish(
    turn: Turn, outcome: str | None, *, status: str = "done", ended: bool = False, is_named: bool = False
) -> None:
    """Close a locked instance: its state goes, its facts stay. ``status`` stopped leaves its case to the caller.

    ``ended``: this step came past an end of the lead time; ``is_named``: the case has come to one that its process
    names, and so has a lead time.
    """
    instance = turn.instance
    instance.outcome = await states.close(turn, outcome) if status == "done" else outcome
    instance.status, instance.state, instance.failure, instance.closed_at = status, None, "", turn.moment.at
    if ended or not await bounds.has_ended(turn):
        await bounds.end(turn, instance.outcome, is_named=is_named)


def takes_long(node: Node | None) -> bool:
    """Tell whether the end of a visit to a node is written with its row."""
    return node is not None and node.type in RECORDED and takes_time(node)


def _outcome(turn: Turn, run: Run) -> str | None:
    ends = [turn.loaded.nodes[each] for each in run.ended_at if each in turn.loaded.nodes]
    return next((node.outcome or node.state_outcome for node in ends if node.outcome or node.state_outcome), None)


async def _escalate(turn: Turn, run: Run) -> None:
    """Tell whom a boundary timer names that it has run out."""
    for passed in run.left:
        node = turn.loaded.nodes.get(passed.node_id)
        if node is not None and node.escalation is not None and turn.case is not None:
            words = {"message": node.escalation.message} if node.escalation.message else None
            await add_event(
                turn.case, "escalated", at=turn.moment.at, words=words, node_id=node.id, to=node.escalation.to
            )


async def _throw(turn: Turn, run: Run) -> None:
    """Let messages and signals reach who waits for them now: one job each, that takes nothing but names along."""
    for place, thrown in enumerate(run.thrown):
        if thrown.kind not in ("message", "signal"):
            continue
        for wait_id in await receivers(thrown.kind, thrown.name, thrown.correlation, apart_from=turn.instance):
            key = f"process-message:{turn.instance.id}:{turn.instance.revision}:{place}:{wait_id}"
            await enqueue(MESSAGE, {"wait_id": wait_id}, key=key)


async def opened(turn: Turn, run: Run, cause: str) -> ProcessInstance:
    """Write the first step of an instance that has just been made."""
    due_at = None if turn.case is None else turn.case.due_at
    await recording.opened(turn.instance, turn.moment, due_at=due_at)
    return await settle(turn, run, cause, mark=turn.instance.mark, process=turn.process.key)
