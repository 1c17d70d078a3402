"""Four eyes: who did a step does not do another that the drawing wants apart from it (``lean:assign apart``).

It holds both ways, and of a secret vote for itself: nobody votes twice. Who did a step for somebody they stood in for
did it for both: neither does the other one. Whoever has such a task when they finish the other loses it: it goes back
to its queue or, where it has none, waits for who assigns.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.live.announce import announce
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.figures.recording import step_changed
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.programs import loaded
from leancity.core.processes.running.releasing import RELEASED, release
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.running.worklist import ACTIVE, TOPIC

# The last to whom the item was given did it; where they stood in for somebody, the log says for whom.
_DID = """
select w.node_id, w.title, person.id as user_id
from work_item w
left join lateral (
    select e.data ->> 'in_place_of' as other from process_event e
    where e.tenant_id = $1 and e.fact_id = $2 and e.step_id = w.id and e.transition in ('assign', 'reassign')
    order by e.at desc, e.id desc limit 1
) given on true
cross join lateral (values (w.assignee_id), (given.other::uuid)) as person (id)
where w.tenant_id = $1 and w.instance_id = $2 and w.state = 'done' and w.node_id = any($3::text[])
  and person.id is not null
order by w.done_at, w.id
"""


def apart_from(nodes: Mapping[str, Node], node_id: str) -> frozenset[str]:
    """Return the tasks whose doers don't do this one."""
    node = nodes.get(node_id)
    mine = {*node.assign.apart} if node is not None and node.assign is not None else set()
    if node is not None and node.ballot is not None:
        mine.add(node_id)
    return frozenset(mine | {each.id for each in nodes.values() if each.assign and node_id in each.assign.apart})


async def barred_from(turn: Turn, node_id: str) -> list[uuid.UUID]:
    """Return who may not do a task of an instance because of what they did in it, in a settled order."""
    others = apart_from(turn.loaded.nodes, node_id)
    if not others:
        return []
    return sorted({user_id for _, _, user_id in await _did(turn.instance.id, others)})


async def keep_apart(turn: Turn) -> None:
    """Bar whoever did something in this step from what is still to be done apart from it."""
    wanted = {node_id: others for node_id in turn.loaded.nodes if (others := apart_from(turn.loaded.nodes, node_id))}
    if not wanted:
        return
    waiting = (WorkItem.instance_id == turn.instance.id) & WorkItem.state.is_in([*ACTIVE])
    items = await WorkItem.objects().where(waiting & WorkItem.node_id.is_in([*wanted]))
    done = await _did(turn.instance.id, {each for others in wanted.values() for each in others}) if items else []
    for item in items:
        barred = sorted({user_id for node_id, _, user_id in done if node_id in wanted[item.node_id]})
        if barred != sorted(item.barred):
            await _bar(turn, item, barred)


async def apart_refusal(instance: ProcessInstance, item: WorkItem, user_id: uuid.UUID, field: str) -> Refused:
    """Return the refusal of an item to somebody barred from it, which names what they did."""
    nodes = (await loaded(instance.version_id)).nodes
    done = await _did(instance.id, apart_from(nodes, item.node_id))
    title = next((title for _, title, doer in done if doer == user_id), item.title)
    return refuse("process_item_apart", field, step=title)


async def _did(instance_id: uuid.UUID, node_ids: Collection[str]) -> list[tuple[str, str, uuid.UUID]]:
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_DID, unit.tenant_id, instance_id, [*node_ids])
    return [(row["node_id"], row["title"], row["user_id"]) for row in rows]


async def _bar(turn: Turn, item: WorkItem, barred: list[uuid.UUID]) -> None:
    item.barred, item.version = barred, item.version + 1
    columns = [WorkItem.barred, WorkItem.version]
    if item.assignee_id in barred:
        await release(turn, item)
        item.draft = "{}"
        columns += [*RELEASED, WorkItem.draft]
        await step_changed(turn.instance, item.id, item.node_id, "reassign", turn.moment, unit_id=item.unit_id)
        await record("core.work_item.barred", "work_item", item.id, instance_id=turn.instance.id)
    await item.save(columns)
    await announce(TOPIC, item.id, item.version)
