"""Moving all that runs on a version to another, as a run: asked for, watched, cancelled, gone on with.

The job behind it is ``move_job``. What the drawing keeps where it is stays, counted by its reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.customs.journal import lock_city
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.running.moving import count_movable, require_target
from leancity.core.processes.running.tables import ProcessMoveRun
from leancity.core.processes.versions.rows import find_process, require_publisher
from leancity.core.processes.versions.stages import PUBLISH, READ

JOB = "core.process_move"
"""Moves the instances of one run."""
TOPIC = "core.process_move"
"""Under which who watches a run is told that it has come further."""
WAITING, RUNNING, DONE, CANCELLED, FAILED = "waiting", "running", "done", "cancelled", "failed"
GOING = (WAITING, RUNNING)


async def begin_moving(version_id: uuid.UUID, from_id: uuid.UUID) -> ProcessMoveRun:
    """Ask for all that runs on version ``from_id`` to be moved to another; refuse while it is being moved already."""
    if version_id == from_id:
        raise refuse("process_move_same", "from_version_id")
    process = await require_target(version_id, from_id)
    total = await count_movable(version_id, from_id)
    async with tenant_tx(write=True):
        await lock_city()  # of two that ask at once one sees the other
        going = ProcessMoveRun.state.is_in([*GOING])
        if await ProcessMoveRun.exists().where((ProcessMoveRun.from_version_id == from_id) & going):
            raise refuse("process_move_going", "from_version_id")
        run = ProcessMoveRun(
            process_id=process.id,
            version_id=version_id,
            from_version_id=from_id,
            total=total,
            author_id=current_principal().user_id,
            made_at=now(),
        )
        await run.save()
        versions = {"version_id": version_id, "from_version_id": from_id}
        await record("core.process_move.begun", "process_move_run", run.id, **versions, instances=total)
        await _enqueue(run)
    return run


async def cancel_moving(run_id: uuid.UUID, expected_version: int | None = None) -> ProcessMoveRun:
    """Stop a run: what is moved stays moved, what is not stays where it is."""
    async with tenant_tx(write=True):
        run = await _mine(run_id, expected_version)
        if run.state not in (*GOING, FAILED):
            raise refuse("process_move_over", "id")
        run.state, run.finished_at = CANCELLED, now()
        await changed(run, "core.process_move.cancelled")
    return run


async def resume_moving(run_id: uuid.UUID, expected_version: int | None = None) -> ProcessMoveRun:
    """Go on, as whoever asks now, with a run that failed as a whole or whose job was given up."""
    async with tenant_tx(write=True):
        run = await _mine(run_id, expected_version)
        if run.state not in (*GOING, FAILED):
            raise refuse("process_move_over", "id")
        run.state, run.failure, run.finished_at = RUNNING, "", None
        await changed(run, "core.process_move.resumed")
        await _enqueue(run)
    return run


async def read_moving(run_id: uuid.UUID) -> ProcessMoveRun:
    """Return a run and how far it has come."""
    current_principal().require(READ)
    async with tenant_tx():
        return _there(await ProcessMoveRun.objects().where(ProcessMoveRun.id == run_id).first())


async def list_moving(
    process_id: uuid.UUID, *, limit: int, after: tuple[datetime, uuid.UUID] | None = None
) -> Sequence[ProcessMoveRun]:
    """Return the runs of a process, the newest first, behind ``after`` (made at, id)."""
    current_principal().require(READ)
    async with tenant_tx():
        query = ProcessMoveRun.objects().where(ProcessMoveRun.process_id == process_id)
        if after is not None:
            at, row_id = after
            same = (ProcessMoveRun.made_at == at) & (ProcessMoveRun.id < row_id)
            query = query.where((ProcessMoveRun.made_at < at) | same)
        return await query.order_by(ProcessMoveRun.made_at, ProcessMoveRun.id, ascending=False).limit(limit)


async def count_moving(process_id: uuid.UUID) -> int:
    """Return how many runs a process has."""
    current_principal().require(READ)
    async with tenant_tx():
        amount: int = await ProcessMoveRun.count().where(ProcessMoveRun.process_id == process_id)
    return amount


async def changed(run: ProcessMoveRun, action: str | None = None) -> None:
    """Keep a locked run in the open unit, and tell those who watch it; ``action`` is a line of the audit log."""
    run.version += 1
    await run.save()
    if action is not None:
        await record(action, "process_move_run", run.id, moved=run.moved, kept=run.kept)
    await announce(TOPIC, run.id, run.version)


async def _enqueue(run: ProcessMoveRun) -> None:
    await enqueue(JOB, {"run_id": run.id, "asked_by": current_principal().user_id}, queue="bulk")


async def _mine(run_id: uuid.UUID, expected_version: int | None) -> ProcessMoveRun:
    """Return a run, locked, for who may put versions of its process into work."""
    current_principal().require(PUBLISH)
    run = _there(await ProcessMoveRun.objects().where(ProcessMoveRun.id == run_id).lock_rows("UPDATE").first())
    require_publisher(await find_process(run.process_id))
    if expected_version is not None and run.version != expected_version:
        raise refuse("process_changed", "expected_version")
    return run


def _there(run: ProcessMoveRun | None) -> ProcessMoveRun:
    if run is None:
        raise refuse("not_found", "id")
    return run
