"""Who does the work of a user task: what the drawing says of it, else who its lane is bound to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from leancity.core.errors import refuse
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.processes.bpmn.model import Assign, Node
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.tables import WorkItem
from leancity.core.processes.versions.tables import LaneBinding


@dataclass(frozen=True, kw_only=True)
class Doer:
    """Who does it: ``assignee_id`` once it is clear; before that whoever fits the rest. Nothing narrows to nobody."""

    assignee_id: uuid.UUID | None = None
    role_key: str = ""
    unit_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None


def is_queued(item: Doer | WorkItem) -> bool:
    """Tell whether work is offered to more than one person."""
    return bool(item.role_key) or item.unit_id is not None or item.position_id is not None


async def doer_of(turn: Turn, node: Node | None, lane: str, facts: dict[str, Any]) -> Doer:
    """Return who does a user task. ``Refused`` names the task whose person or unit does not exist."""
    if node is not None and node.assign is not None and node.assign.names_somebody:
        return await _assigned(turn, node, node.assign, facts)
    binding = await _binding(turn, lane)
    if binding is None:
        return Doer(unit_id=turn.instance.unit_id)
    doer = Doer(role_key=binding.role_key, unit_id=binding.unit_id, position_id=binding.position_id)
    return await _singled_out(turn, doer, is_author=binding.is_author, is_head=binding.is_head)


async def _assigned(turn: Turn, node: Node, assign: Assign, facts: dict[str, Any]) -> Doer:
    doer = Doer(role_key=assign.role)
    if assign.unit:
        doer = replace(doer, unit_id=await _unit(node, _value(turn, node, assign.unit, facts)))
    if assign.person:
        doer = replace(doer, assignee_id=await _person(node, _value(turn, node, assign.person, facts)))
    return await _singled_out(turn, doer, is_author=assign.is_author, is_head=assign.is_head)


async def _singled_out(turn: Turn, doer: Doer, *, is_author: bool, is_head: bool) -> Doer:
    if is_author and turn.instance.author_id is not None:
        return replace(doer, assignee_id=turn.instance.author_id)
    if is_head:
        unit_id = doer.unit_id or turn.instance.unit_id
        # A unit without a head keeps the work in its queue: somebody must see it.
        return replace(doer, unit_id=unit_id, assignee_id=await _head_of(unit_id))
    return doer


async def doer_within(turn: Turn, item: WorkItem, unit_id: uuid.UUID) -> uuid.UUID | None:
    """Return who has an open item once it is another unit's: whom the drawing names, else the unit's head where it is
    the head's; else nobody yet."""
    node = turn.loaded.nodes.get(item.node_id)
    if node is not None and node.assign is not None and node.assign.names_somebody:
        is_named, is_head = bool(node.assign.person) or node.assign.is_author, node.assign.is_head
    else:
        binding = await _binding(turn, item.lane)
        is_named, is_head = binding is not None and binding.is_author, binding is not None and binding.is_head
    if is_named:
        return item.assignee_id
    return await _head_of(unit_id) if is_head else None


def without_doer(item: Doer | WorkItem) -> str:
    """Return the state of an item whose doer may not do it: without a queue it is offered to nobody, and who assigns
    sees it interrupted."""
    return "open" if is_queued(item) else "suspended"


async def _binding(turn: Turn, lane: str) -> LaneBinding | None:
    mine = (LaneBinding.process_id == turn.process.id) & (LaneBinding.lane == lane)
    return await LaneBinding.objects().where(mine).first()


async def _head_of(unit_id: uuid.UUID | None) -> uuid.UUID | None:
    unit = None if unit_id is None else await OrgUnit.objects().where(OrgUnit.id == unit_id).first()
    return None if unit is None else unit.head_id


def _value(turn: Turn, node: Node, text: str, facts: dict[str, Any]) -> Any:
    try:
        return evaluate(text, facts, turn.functions)
    except ExpressionError as error:
        raise refuse("process_assign_unclear", None, element=node.title or node.id, reason=error.code) from error


async def _person(node: Node, value: Any) -> uuid.UUID:
    person_id = _uuid(value)
    known = (UserAccount.id == person_id) & (UserAccount.is_active.eq(True))
    if person_id is None or not await UserAccount.exists().where(known):
        raise refuse("process_person_unknown", None, element=node.title or node.id)
    return person_id


async def _unit(node: Node, value: Any) -> uuid.UUID:
    unit_id = _uuid(value)
    known = OrgUnit.id == unit_id if unit_id is not None else OrgUnit.key == str(value)
    found = await OrgUnit.select(OrgUnit.id).where(known).first()
    if found is None:
        raise refuse("process_unit_unknown", None, element=node.title or node.id)
    return uuid.UUID(str(found["id"]))


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
