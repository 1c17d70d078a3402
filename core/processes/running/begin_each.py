"""``lean:begin``: a process begins another one for each element of a list, every one with a case of its own.

All is worked out before anything is begun, so a list with a mistake in it begins nothing. Then each is begun in a
transaction of its own, under a name that lets it in once only: a kill, or another attempt, goes on where it ended. How
far it has come is how many cases hang on the parent's.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from leancity.core.cases.checks import LONG, SHORT
from leancity.core.cases.journal import add_event
from leancity.core.cases.records import change_case
from leancity.core.cases.relations import relate
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.jobs.outcomes import Later
from leancity.core.live.announce import announce
from leancity.core.processes.bpmn.model import Begin, Node
from leancity.core.processes.engine.facts import plain
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.failures import TOPIC
from leancity.core.processes.running.locking import Turn, turn_of
from leancity.core.processes.running.marks import TEST
from leancity.core.processes.running.tables import ProcessInstance, ServiceCall, WorkItem
from leancity.core.processes.versions.tables import Process

MOST = 500
"""Processes that one task begins."""
AT_ONCE = 50
"""As many are begun by one run of the job: other work of the city gets its turn between."""
DEEPEST = 3
"""Processes begun by processes begun by processes: further down it is taken for a ring."""

SOURCE = "process:"
"""Begins what a case that was begun so has for its source; the id of the instance follows."""


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What the drawing says of one process to be begun; ``place`` counts from 1, texts may be empty."""

    place: int
    title: str
    text: str
    unit: str
    person: str
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """The same, held against what the city has."""

    place: int
    title: str
    text: str
    unit_id: uuid.UUID | None
    person_id: uuid.UUID | None
    facts: dict[str, Any]


async def begin_for_each(call: ServiceCall) -> dict[str, Any]:
    """Begin what the task of a call asks for, and return the facts it answers with: how many there are.

    On the test stand nothing is begun, the number is told. ``Later``: some are begun, the others come next.
    ``Refused`` names the task, and what about an element can't be told.
    """
    async with tenant_tx():
        turn = await _turn(call)
        node = None if turn is None else turn.loaded.nodes.get(call.node_id)
        if turn is None or node is None or node.begin is None:
            return {}
        planned = await _planned(turn, node, node.begin)
        left = [] if turn.case is None else await _left(call, planned)
        author_id = await _author(turn, node.begin)
        if left and turn.case is not None:
            await _require_no_ring(turn.case, node)
    if turn.case is not None and turn.instance.mark != TEST:
        for each in left[:AT_ONCE]:
            await _begin_one(turn, call, node.begin, each, author_id)
    if len(left) > AT_ONCE:
        await _tell(turn.case, turn.instance, begun=len(planned) - len(left) + AT_ONCE, of=len(planned))
        raise Later(timedelta(0), f"{len(left) - AT_ONCE} processes are still to be begun")
    return {node.begin.result: len(planned)} if node.begin.result else {}


async def _turn(call: ServiceCall) -> Turn | None:
    """Return what the call's instance works with; nothing of it is locked, for nothing of it is changed."""
    instance = await ProcessInstance.objects().get(ProcessInstance.id == call.instance_id)
    process = None if instance is None else await Process.objects().get(Process.id == instance.process_id)
    if instance is None or process is None or instance.state is None:
        return None
    case = None
    if instance.case_id is not None:
        case = await CaseRecord.objects().where(CaseRecord.id == instance.case_id).first()
    return await turn_of(instance, process, case, None)


async def _planned(turn: Turn, node: Node, begin_: Begin) -> list[_Planned]:
    title = node.title or node.id
    items = [None]
    if begin_.each:
        items = plain(_value(turn, begin_.each, turn.facts, refuse("process_no_collection", None, element=title)))
        if not isinstance(items, list):
            raise refuse("process_no_collection", None, element=title)
    if len(items) > MOST:
        raise refuse("process_too_many_items", None, element=title, limit=MOST)
    said = [_said(turn, begin_, title, place, {**turn.facts, begin_.item: item}) for place, item in enumerate(items, 1)]
    people, units = await _people({each.person for each in said}), await _units()
    return [_checked(turn, each, title, people, units) for each in said]


def _said(turn: Turn, begin_: Begin, element: str, place: int, facts: dict[str, Any]) -> _Said:
    def value(text: str) -> Any:
        unclear = refuse("process_begin_unclear", None, element=element, place=place)
        return plain(_value(turn, text, facts, unclear)) if text else None

    words = {name: str(value(getattr(begin_, name)) or "").strip() for name in ("title", "text", "unit", "person")}
    if not words["title"]:
        raise refuse("process_begin_untitled", None, element=element, place=place)
    return _Said(place=place, **words, facts={name: value(text) for name, text in begin_.facts})


def _checked(
    turn: Turn, said: _Said, element: str, people: Mapping[str, uuid.UUID | None], units: Mapping[str, uuid.UUID]
) -> _Planned:
    if said.person and said.person not in people:
        raise refuse("process_begin_person", None, element=element, place=said.place)
    if said.unit and said.unit not in units:
        raise refuse("process_begin_unit", None, element=element, place=said.place)
    return _Planned(
        place=said.place,
        title=said.title[:SHORT],
        text=said.text[:LONG],
        unit_id=units[said.unit] if said.unit else people.get(said.person) or turn.instance.unit_id,
        person_id=uuid.UUID(said.person) if said.person else None,
        facts=said.facts,
    )


def _value(turn: Turn, text: str, facts: Mapping[str, Any], unclear: Refused) -> Any:
    try:
        return evaluate(text, facts, turn.functions)
    except ExpressionError as error:
        raise unclear from error


async def _people(asked: Collection[str]) -> dict[str, uuid.UUID | None]:
    """Return, of what should be the ids of accounts, those that may have a case, each with its unit."""
    ids = [each for each in map(_id, asked) if each is not None]
    if not ids:
        return {}
    staff = UserAccount.is_active.eq(True) & (UserAccount.kind == "staff") & UserAccount.id.is_in(ids)
    rows = await UserAccount.select(UserAccount.id, UserAccount.unit_id).where(staff)
    return {str(row["id"]): row["unit_id"] for row in rows}


async def _units() -> dict[str, uuid.UUID]:
    """Return the units by id and by key."""
    rows = await OrgUnit.select(OrgUnit.id, OrgUnit.key)
    return {name: row["id"] for row in rows for name in (str(row["id"]), row["key"])}


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


async def _author(turn: Turn, begin_: Begin) -> uuid.UUID | None:
    """Return whom the new cases are from: who did the task that is named, else who began this process."""
    if begin_.author:
        done = (WorkItem.instance_id == turn.instance.id) & (WorkItem.node_id == begin_.author)
        done &= WorkItem.state == "done"
        last = await WorkItem.objects().where(done).order_by(WorkItem.done_at, ascending=False).first()
        if last is not None and last.assignee_id is not None:
            return uuid.UUID(str(last.assignee_id))
    return turn.instance.author_id


async def _source_above(instance_id: uuid.UUID) -> str | None:
    """Return the source of the case of an instance."""
    instance = await ProcessInstance.select(ProcessInstance.case_id).where(ProcessInstance.id == instance_id).first()
    if instance is None or instance["case_id"] is None:
        return None
    case = await CaseRecord.select(CaseRecord.source).where(CaseRecord.id == instance["case_id"]).first()
    return None if case is None else case["source"]


def _source(call: ServiceCall) -> str:
    return f"{SOURCE}{call.instance_id}"


def _name(call: ServiceCall, place: int) -> str:
    return f"{call.task_id}:{place}"


async def _left(call: ServiceCall, planned: list[_Planned]) -> list[_Planned]:
    rows = await CaseRecord.select(CaseRecord.external_id).where(CaseRecord.source == _source(call))
    there = {row["external_id"] for row in rows}
    return [each for each in planned if _name(call, each.place) not in there]


async def _require_no_ring(case: CaseRecord, node: Node) -> None:
    source: str | None = case.source
    depth = 0
    while source is not None and (parent_id := _id(source.removeprefix(SOURCE))) is not None:
        depth += 1
        if depth >= DEEPEST:
            raise refuse("process_begin_ring", None, element=node.title or node.id, limit=DEEPEST)
        source = await _source_above(parent_id)


async def _begin_one(turn: Turn, call: ServiceCall, begin_: Begin, each: _Planned, author_id: uuid.UUID | None) -> None:
    parent = turn.instance.case_id

    async def hang(case: CaseRecord) -> None:
        if each.person_id is not None:
            await change_case(case, assignee_id=each.person_id)
            await add_event(case, "assigned", user_id=each.person_id, before=None)
        await relate(case.id, parent, "child_of", permission=None)

    await begin(
        begin_.process,
        each.facts,
        title=each.title,
        text=each.text,
        mark="production" if turn.instance.mark == "production" else None,
        unit_id=each.unit_id,
        author_id=author_id,
        source=(_source(call), _name(call, each.place)),
        also=hang,
    )


async def _tell(case: CaseRecord | None, instance: ProcessInstance, *, begun: int, of: int) -> None:
    """Let who watches know how far it has come."""
    if case is not None:
        async with tenant_tx(write=True):
            await add_event(case, "processes_begun", begun=begun, of=of)
            await announce(TOPIC, instance.id, instance.revision)
