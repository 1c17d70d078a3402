"""A case that another unit holds now: the open work of its process that was offered to the former one goes there too.

Who had taken such work sits elsewhere: it is theirs no longer, and they are told. Work that the drawing gives to a
person by name stays with them. Of the lead time nothing changes; in the log the work changes hands.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.journal import add_event
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseRecord
from leancity.core.identity.tables import OrgUnit
from leancity.core.live.announce import announce
from leancity.core.notifications.events import TASK_PASSED_ON
from leancity.core.processes.engine.codec import with_facts
from leancity.core.processes.figures.recording import step_changed, step_offered
from leancity.core.processes.running.asking import OPEN
from leancity.core.processes.running.assigning import doer_within
from leancity.core.processes.running.locking import Turn, take_of
from leancity.core.processes.running.releasing import RELEASED, release
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.running.telling import tell_of
from leancity.core.processes.running.worklist import TOPIC


async def follow_unit(case: CaseRecord, giver_id: uuid.UUID, receiver_id: uuid.UUID) -> None:
    """Let the process of a locked case go on in the unit that has taken it over. Joins the open unit of work.

    What is drawn for «the unit of the case», by the instance or by a fact that tasks are assigned by, means the
    receiver from now on.
    """
    turn = await take_of(case, open_kinds()[case.kind], field="handover_id")
    if turn is None or giver_id == receiver_id:
        return
    await _rename(turn, giver_id, receiver_id)
    theirs = (WorkItem.instance_id == turn.instance.id) & (WorkItem.unit_id == giver_id) & WorkItem.state.is_in([*OPEN])
    for item in await WorkItem.objects().where(theirs).lock_rows("NO KEY UPDATE").order_by(WorkItem.id):
        await _pass_on(turn, item, receiver_id)


async def _rename(turn: Turn, giver_id: uuid.UUID, receiver_id: uuid.UUID) -> None:
    """Let the instance and its facts name the receiver where they named the giver, by its id or its key."""
    instance = turn.instance
    columns: list[Any] = []
    if instance.unit_id == giver_id:
        instance.unit_id = receiver_id
        columns.append(ProcessInstance.unit_id)
    changed = await _facts_about(turn, giver_id, receiver_id)
    if changed and instance.state is not None:
        instance.state = with_facts(instance.state, changed)
        instance.facts = json.dumps({**turn.facts, **changed}, ensure_ascii=False)
        columns += [ProcessInstance.state, ProcessInstance.facts]
    if columns:
        await instance.save(columns)
        await record("core.process.handed_over", "process_instance", instance.id, unit_id=receiver_id)


async def _facts_about(turn: Turn, giver_id: uuid.UUID, receiver_id: uuid.UUID) -> dict[str, Any]:
    facts = turn.facts
    asked = {node.assign.unit.strip() for node in turn.loaded.nodes.values() if node.assign is not None}
    named = asked & facts.keys()  # a plain name; what an expression computes otherwise is the drawing's to say
    if not named:
        return {}
    row = await OrgUnit.select(OrgUnit.key).where(OrgUnit.id == giver_id).first()
    called = {str(giver_id), "" if row is None else row["key"]} - {""}
    return {name: str(receiver_id) for name in named if facts[name] in called}


async def _pass_on(turn: Turn, item: WorkItem, receiver_id: uuid.UUID) -> None:
    """Offer a locked item of the giver to the receiver."""
    before, doer_id = item.assignee_id, await doer_within(turn, item, receiver_id)
    item.unit_id, item.position_id, item.version = receiver_id, None, item.version + 1
    if before != doer_id:
        await release(turn, item)
        if doer_id is not None and doer_id not in item.barred:
            item.assignee_id, item.claimed_at, item.state = doer_id, turn.moment.at, "claimed"
    await item.save([WorkItem.unit_id, WorkItem.position_id, WorkItem.version, *RELEASED])
    await step_offered(turn.instance, item.id, receiver_id)
    await step_changed(
        turn.instance,
        item.id,
        item.node_id,
        "reassign",
        turn.moment,
        user_id=item.assignee_id,
        unit_id=receiver_id,
    )
    facts = {"instance_id": turn.instance.id, "unit_id": receiver_id, "before": before}
    await record("core.work_item.passed_on", "work_item", item.id, **facts)
    if turn.case is not None and before not in (None, item.assignee_id):
        await add_event(turn.case, TASK_PASSED_ON, item_id=item.id, node_id=item.node_id, user_id=before)
    await announce(TOPIC, item.id, item.version)
    await tell_of(turn, item)
