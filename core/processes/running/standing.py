"""A process that waits for the applicant or another body, and for nothing else, pauses its case."""

from __future__ import annotations

import json

from leancity.core.cases.pauses import go_on, open_pause, stand_still
from leancity.core.cases.tables import CaseEvent
from leancity.core.i18n.catalogue import text
from leancity.core.processes.running.asking import OPEN
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.tables import WorkItem
from leancity.core.tenancy.context import current_tenant


async def settle_pause(turn: Turn) -> None:
    """Pause the case while every open task is one that stops its clock (``lean:wait pauses``); end that pause after.

    A pause that a person began is theirs to end: the timeline tells whose it is.
    """
    case, kind = turn.case, turn.kind
    if case is None or kind is None or case.closed_at is not None:
        return
    if not (turn.is_paused or any(node.wait is not None and node.wait.pauses for node in turn.loaded.nodes.values())):
        return  # the drawing stops no clock, and nobody has
    waits = await _stops(turn)
    paused = await open_pause(case) is not None
    if waits and not paused:
        reason = text("process_wait_pause", current_tenant().locale, {"task": waits})
        await stand_still(case, kind, reason[:200], process=turn.instance.id)
    elif not waits and paused and await _is_ours(turn):
        await go_on(case, kind)


async def _stops(turn: Turn) -> str:
    """Return the title of a task that stops the clock where all open ones do, else an empty text."""
    mine = (WorkItem.instance_id == turn.instance.id) & WorkItem.state.is_in([*OPEN])
    items = await WorkItem.select(WorkItem.node_id, WorkItem.title).where(mine)
    nodes = [turn.loaded.nodes.get(item["node_id"]) for item in items]
    stops = [node is not None and node.wait is not None and node.wait.pauses for node in nodes]
    return str(items[0]["title"]) if items and all(stops) else ""


async def _is_ours(turn: Turn) -> bool:
    if turn.case is None:
        return False
    begun = (CaseEvent.case_id == turn.case.id) & (CaseEvent.kind == "paused")
    last = await CaseEvent.select(CaseEvent.data).where(begun).order_by(CaseEvent.at, ascending=False).first()
    return last is not None and json.loads(last["data"]).get("process") == str(turn.instance.id)
