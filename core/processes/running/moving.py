"""Moving running instances to a version that came after theirs, where all that is new lies ahead of them.

One transaction each. Its work items, timers, messages and service calls stay as they are, who has them too; a running
timer keeps its moment. Its figures stay with the version that it began on; steps made from now on name the new one.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.cases.bulk import BulkResult, bulk
from leancity.core.cases.journal import add_event
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.processes.engine.moving import standing, translated, visited
from leancity.core.processes.running.asking import OPEN
from leancity.core.processes.running.failures import TOPIC, refusing
from leancity.core.processes.running.locking import Turn, turn_of
from leancity.core.processes.running.locking import take as take_turn
from leancity.core.processes.running.programs import Loaded, loaded
from leancity.core.processes.running.step import loaded_for, state_of
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.versions.moving import Drawn, obstacle
from leancity.core.processes.versions.rows import find_process, require_publisher
from leancity.core.processes.versions.stages import PUBLISH, Stage
from leancity.core.processes.versions.tables import Process, ProcessVersion

LIVE = (Stage.TRIAL, Stage.PRODUCTION)

_PASSED = "select distinct node_id from process_event where tenant_id = $1 and fact_id = $2"
_PAGE = """
select id, opened_at from process_instance
where tenant_id = $1 and version_id = $2 and status in ('running', 'failed') and mark <> 'test'
    and ($3::timestamptz is null or (opened_at, id) > ($3, $4::uuid))
order by opened_at, id limit $5
"""
_COUNT = """
select count(*) from process_instance
where tenant_id = $1 and version_id = $2 and status in ('running', 'failed') and mark <> 'test'
"""


@dataclass(frozen=True, kw_only=True)
class Movable:
    """A running instance, and why it can't be moved; None: it can."""

    instance_id: uuid.UUID
    opened_at: datetime
    problem: Problem | None


async def list_movable(
    version_id: uuid.UUID, from_id: uuid.UUID, *, limit: int, after: tuple[datetime, uuid.UUID] | None = None
) -> list[Movable]:
    """Return the running instances of the version ``from_id``, the oldest first, and whether they can be moved to
    another. Nothing is changed."""
    await require_target(version_id, from_id)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, from_id, *(after or (None, None)), limit)
        return [
            Movable(instance_id=row["id"], opened_at=row["opened_at"], problem=await _problem(row["id"], version_id))
            for row in rows
        ]


async def count_movable(version_id: uuid.UUID, from_id: uuid.UUID) -> int:
    """Return how many instances ``list_movable`` would page through."""
    await require_target(version_id, from_id)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, from_id))


async def move_instances(version_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> list[BulkResult]:
    """Move up to 500 instances to a version; what can't be moved stays as it is, with the reason."""
    await require_target(version_id)
    return await bulk(ids, lambda each: move_instance(each, version_id))


async def move_instance(
    instance_id: uuid.UUID, version_id: uuid.UUID, *, also: Callable[[uuid.UUID], Awaitable[None]] | None = None
) -> ProcessInstance:
    """Move one instance to a version. ``Refused`` names the element that keeps it where it is.

    ``also`` is told the version that it leaves, in the same transaction: what it raises undoes the move.
    """
    await require_target(version_id)
    await loaded_for(instance_id)
    to = await loaded(version_id)
    async with tenant_tx(write=True) as unit:
        turn = await take_turn(instance_id, field="ids")
        instance = turn.instance
        target = await _fitting(instance, version_id)
        passed = [row["node_id"] for row in await unit.connection.fetch(_PASSED, unit.tenant_id, instance.id)]
        instance.state = moved_state(turn, to, passed)
        before, instance.version_id = instance.version_id, target.id
        instance.revision += 1
        await instance.save([ProcessInstance.state, ProcessInstance.version_id, ProcessInstance.revision])
        await _rename(turn, to)
        await record("core.process.moved_on", "process_instance", instance.id, version_id=target.id, before=before)
        if turn.case is not None:
            await add_event(turn.case, "process_moved_on", version_id=target.id, before=before)
        await announce(TOPIC, instance.id, instance.revision)
        if also is not None:
            await also(before)
    return instance


def moved_state(turn: Turn, to: Loaded, passed: Sequence[str]) -> str:
    """Return the instance's state under another version; ``Refused``: it can't stand there."""
    state, old = state_of(turn), turn.loaded
    stands = standing(old.program, state)
    came = {*passed, *visited(old.program, state)}
    found = obstacle(Drawn(old.nodes, old.flows), Drawn(to.nodes, to.flows), came, stands)
    if found is not None:
        raise refuse(found.code, "ids", element=_called(found.node_id, old, to))
    with refusing(old, "ids"):
        return translated(old.program, to.program, state, turn.moment.at, turn.functions)


def _called(node_id: str, *among: Loaded) -> str:
    return next((each.title(node_id) for each in among if node_id in each.nodes), node_id)


async def _rename(turn: Turn, to: Loaded) -> None:
    """Let open work items ask for the form, and have the title, that the new drawing gives them."""
    mine = (WorkItem.instance_id == turn.instance.id) & WorkItem.state.is_in([*OPEN])
    for item in await WorkItem.objects().where(mine):
        node = to.nodes[item.node_id]
        if (item.title, item.form_key) != (node.title or node.id, node.form):
            item.title, item.form_key, item.version = node.title or node.id, node.form, item.version + 1
            await item.save([WorkItem.title, WorkItem.form_key, WorkItem.version])


async def _problem(instance_id: uuid.UUID, version_id: uuid.UUID) -> Problem | None:
    async with tenant_tx() as unit:
        instance = await ProcessInstance.objects().get(ProcessInstance.id == instance_id)
        try:
            if instance is None or instance.state is None:
                raise refuse("process_closed", "ids")
            await _fitting(instance, version_id)
            process = await find_process(instance.process_id)
            turn = await turn_of(instance, process, None, None)
            passed = [row["node_id"] for row in await unit.connection.fetch(_PASSED, unit.tenant_id, instance_id)]
            moved_state(turn, await loaded(version_id), passed)
        except Refused as refused:
            return refused.problems[0]
    return None


async def require_target(version_id: uuid.UUID, from_id: uuid.UUID | None = None) -> Process:
    """Return the process whose version may be moved to, for who may put it into work; compile both versions."""
    current_principal().require(PUBLISH)
    async with tenant_tx():
        version = await _version(version_id, "version_id")
        process = await find_process(version.process_id)
        if from_id is not None and (await _version(from_id, "from_version_id")).process_id != process.id:
            raise refuse("process_move_other", "from_version_id")
    require_publisher(process)
    if version.stage not in LIVE:
        raise refuse("process_move_not_live", "version_id")
    for each in (version_id, from_id):
        if each is not None:
            await loaded(each)
    return process


async def _version(version_id: uuid.UUID, field: str) -> ProcessVersion:
    row = await ProcessVersion.objects().where(ProcessVersion.id == version_id).first()
    if row is None:
        raise refuse("not_found", field)
    return row


async def _fitting(instance: ProcessInstance, version_id: uuid.UUID) -> ProcessVersion:
    """Return the version if an instance may be moved to it: another of its process, that takes cases like it."""
    version = await _version(version_id, "version_id")
    if version.process_id != instance.process_id:
        raise refuse("process_move_other", "ids")
    if version.id == instance.version_id:
        raise refuse("process_move_same", "ids")
    if version.stage != instance.mark:
        raise refuse("process_move_mark", "ids")
    return version
