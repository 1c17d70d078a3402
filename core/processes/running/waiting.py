"""Which moves of a case its process waits for: those of the flows that lie ahead of what waits.

A task with ``lean:state`` is the service's own, and so is a message with a ``lean:move`` ahead of it: they are answered
by the move, whose rules live in the service. Everything else that a city has drawn in between is answered for itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from leancity.core.cases.records import find_case
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.processes.bpmn.model import Flow
from leancity.core.processes.running.programs import Loaded, loaded
from leancity.core.processes.running.worklist import Work

MOVE_BY_NAME = "caseMove"
"""The mutation that makes a move that no module has a mutation of its own for."""

_WAITS = """
select i.case_id, i.version_id, c.status,
    array(select w.node_id from work_item w where w.tenant_id = $1 and w.instance_id = i.id
        and w.state in ('open', 'claimed', 'started', 'suspended')) as items,
    array(select m.node_id from message_wait m where m.tenant_id = $1 and m.instance_id = i.id) as messages
from process_instance i join case_record c on c.tenant_id = i.tenant_id and c.id = i.case_id
where i.tenant_id = $1 and c.tenant_id = $1 and i.case_id = any($2::uuid[]) and i.status in ('running', 'failed')
"""

_BESIDE = """
select i.version_id, w.node_id, w.due_at from process_instance i
cross join lateral (
    select m.node_id, null::timestamptz as due_at from message_wait m
    where m.tenant_id = $1 and m.instance_id = i.id
    union all
    select t.node_id, t.due_at from process_timer t where t.tenant_id = $1 and t.instance_id = i.id
) w
where i.tenant_id = $1 and i.case_id = $2 and i.status in ('running', 'failed')
"""


async def awaited_moves(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """Return of those of the cases whose process runs the names of the transitions that it waits for."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_WAITS, unit.tenant_id, [*case_ids]) if case_ids else []
        found: dict[uuid.UUID, set[str]] = {}
        for row in rows:
            drawn = await loaded(row["version_id"])
            own = [node for node in row["items"] if is_service_task(drawn, node, row["status"])]
            found[row["case_id"]] = {move for node in (*own, *row["messages"]) for move in moves_ahead(drawn, node)}
    return found


async def waits_until(case_id: uuid.UUID, move: str) -> datetime | None:
    """Return how long the process of a case waits for a move: when the first timer beside it runs out.

    None: it waits for no such move, or for ever. In the open unit: in the middle of a step it is what the step led to.
    """
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_BESIDE, unit.tenant_id, case_id)
        if not rows:
            return None
        drawn = await loaded(rows[0]["version_id"])
    asked = {row["node_id"] for row in rows if row["due_at"] is None and move in moves_ahead(drawn, row["node_id"])}
    gateways = {flow.source for flow in drawn.flows if flow.target in asked}
    beside = {flow.target for flow in drawn.flows if flow.source in gateways}
    beside |= {node.id for node in drawn.nodes.values() if node.attached_to in asked}
    return min((row["due_at"] for row in rows if row["due_at"] is not None and row["node_id"] in beside), default=None)


async def require_no_move(work: Work) -> None:
    """Refuse to finish a service's own task by hand: its rules live in the mutations that make the moves."""
    drawn = await loaded(work.version_id)
    if work.case_id is None or not is_service_task(drawn, work.node_id):
        return
    async with tenant_tx():
        _, kind = await find_case(work.case_id, permission=None)
    locale = current_principal().locale
    steps = [step for name in sorted(moves_ahead(drawn, work.node_id)) if (step := kind.transition(name)) is not None]
    moves = ", ".join(f"«{pick(step.title, locale)}» ({step.mutation or MOVE_BY_NAME})" for step in steps)
    raise refuse("work_item_by_move", "item_id", moves=moves)


async def is_tried_move(work: Work) -> bool:
    """Tell whether a task stands, on the test stand, for a move of a case that is not there: who tries the drawing says
    ``move``, ``outcome`` and ``note`` themselves."""
    return work.case_id is None and is_service_task(await loaded(work.version_id), work.node_id)


def is_service_task(drawn: Loaded, node_id: str, status: str | None = None) -> bool:
    """Tell whether a task is the service's own: it is where a case waits in a state (``status``, where it is given),
    and moves lead out of it."""
    node = drawn.nodes.get(node_id)
    if node is None or not node.state or status not in (None, node.state):
        return False
    return bool(moves_ahead(drawn, node_id))


def moves_ahead(drawn: Loaded, node_id: str) -> frozenset[str]:
    """Return the transitions a case may make when a wait at this node is over, before it comes to another state."""
    leaving: dict[str, list[Flow]] = {}
    for flow in drawn.flows:
        leaving.setdefault(flow.source, []).append(flow)
    found: set[str] = set()
    seen, waiting = {node_id}, [node_id]
    while waiting:
        for flow in leaving.get(waiting.pop(), ()):
            node = drawn.nodes.get(flow.target)
            if flow.move:
                found.add(flow.move)
            elif node is not None and not node.state and flow.target not in seen:
                seen.add(flow.target)
                waiting.append(flow.target)
    return frozenset(found)


def titles(drawn: Loaded, node_ids: Iterable[str]) -> str:
    """Return what people call some elements, for a sentence."""
    return ", ".join(f"«{drawn.title(each)}»" for each in dict.fromkeys(node_ids))
