"""The job that moves the instances of a run, one transaction each, with where the run stands.

So a worker that is killed leaves a run that goes on behind the last instance it dealt with, and of two that are at one
run the second finds that it has gone on, and leaves.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from leancity.core.audit.writing import AWAY
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden, Problem, Refused
from leancity.core.identity.principal import Principal, acting_as, current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.jobs.outcomes import Later
from leancity.core.moment import now
from leancity.core.processes.running.move_runs import DONE, FAILED, GOING, RUNNING, changed
from leancity.core.processes.running.moving import move_instance, require_target
from leancity.core.processes.running.tables import ProcessMoveRun

AT_ONCE = 50
"""Instances that one run of the job moves: other work of the city gets its turn between."""
MOST_REASONS = 100
"""Different reasons that a run tells; what further ones keep is counted all the same."""
_OF_THE_RUN = "version_id"
"""The field of what is wrong with the version that all are moved to, and not with one instance."""
_LEFT = frozenset({"process_closed", "not_found"})
"""What is not there to be moved any more: neither moved nor kept."""

_PAGE = """
select id, opened_at from process_instance
where tenant_id = $1 and version_id = $2 and status in ('running', 'failed') and mark <> 'test' and opened_at <= $3
    and ($4::timestamptz is null or (opened_at, id) > ($4, $5::uuid))
order by opened_at, id limit $6
"""

log = structlog.get_logger()


class _Overtaken(Exception):
    """Another worker is at this run, or it was cancelled."""


class _Elsewhere(Exception):
    """Somebody has moved the instance to another version meanwhile."""


@dataclass(kw_only=True)
class _Stand:
    """Where a run stands as this worker knows it: what it looked at last."""

    run: ProcessMoveRun
    at: datetime | None
    id: uuid.UUID | None


async def move_all(payload: dict[str, Any]) -> None:
    """Job, between transactions: move the next instances of the run ``run_id``, as the account ``asked_by``."""
    async with tenant_tx():
        mine = (ProcessMoveRun.id == uuid.UUID(payload["run_id"])) & ProcessMoveRun.state.is_in([*GOING])
        run = await ProcessMoveRun.objects().where(mine).first()
    if run is None:
        return
    stand = _Stand(run=run, at=run.after_at, id=run.after_id)
    try:
        is_over = await _moved(stand, payload["asked_by"])
    except _Overtaken:
        return
    if not is_over:
        raise Later(timedelta(0), "further instances are still to be moved")


async def _moved(stand: _Stand, asked_by: str | None) -> bool:
    """Move the next instances and tell whether those were the last."""
    try:
        with acting_as(await _who(asked_by)):
            await require_target(stand.run.version_id, stand.run.from_version_id)
            left = await _page(stand)
            for instance_id, opened_at in left[:AT_ONCE]:
                await _move_one(stand, instance_id, opened_at)
            if len(left) > AT_ONCE:
                return False
            await _over(stand, DONE)
    except Forbidden:
        await _over(stand, FAILED, Problem(code="process_move_barred"))
    except Refused as refused:
        await _over(stand, FAILED, refused.problems[0])
    return True


async def _who(asked_by: str | None) -> Principal:
    if asked_by is None:
        return current_principal()
    user_id = uuid.UUID(asked_by)
    found = (await principals_for([user_id])).get(user_id)
    if found is None:
        raise Forbidden("core.process.publish")
    return found


async def _page(stand: _Stand) -> Sequence[tuple[uuid.UUID, datetime]]:
    """Return the instances to be looked at next, one more than are moved at once."""
    run = stand.run
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _PAGE, unit.tenant_id, run.from_version_id, run.made_at, stand.at, stand.id, AT_ONCE + 1
        )
    return [(row["id"], row["opened_at"]) for row in rows]


async def _move_one(stand: _Stand, instance_id: uuid.UUID, opened_at: datetime) -> None:
    async def also(before: uuid.UUID) -> None:
        if before != stand.run.from_version_id:
            raise _Elsewhere
        await _went_on(stand, instance_id, opened_at, is_moved=True)

    try:
        await move_instance(instance_id, stand.run.version_id, also=also)
    except (*AWAY, _Overtaken, Forbidden):
        raise
    except _Elsewhere:
        await _stays(stand, instance_id, opened_at, None)
    except Refused as refused:
        problem = refused.problems[0]
        if problem.field == _OF_THE_RUN:
            raise
        await _stays(stand, instance_id, opened_at, None if problem.code in _LEFT else problem)
    except Exception as error:  # one that is broken must not stop the others; its transaction was undone
        log.error("an instance could not be moved", instance=str(instance_id), exc_info=error)
        await _stays(stand, instance_id, opened_at, Problem(code="process_move_broken"))
    stand.at, stand.id = opened_at, instance_id


async def _stays(stand: _Stand, instance_id: uuid.UUID, opened_at: datetime, problem: Problem | None) -> None:
    async with tenant_tx(write=True):
        await _went_on(stand, instance_id, opened_at, problem=problem)


async def _went_on(
    stand: _Stand,
    instance_id: uuid.UUID,
    opened_at: datetime,
    *,
    is_moved: bool = False,
    problem: Problem | None = None,
) -> None:
    """Write down, in the open unit, what became of the next instance."""
    run = await _locked(stand)
    run.after_at, run.after_id, run.state = opened_at, instance_id, RUNNING
    run.moved += is_moved
    if problem is not None:
        run.kept += 1
        run.reasons = json.dumps(_counted(json.loads(run.reasons), problem), ensure_ascii=False, default=str)
    await changed(run)


async def _over(stand: _Stand, state: str, failure: Problem | None = None) -> None:
    async with tenant_tx(write=True):
        run = await _locked(stand)
        run.state, run.finished_at = state, now()
        if failure is not None:
            told = {"code": failure.code, "params": {**failure.params}}
            run.failure = json.dumps(told, ensure_ascii=False, default=str)
        await changed(run, f"core.process_move.{state}")


async def _locked(stand: _Stand) -> ProcessMoveRun:
    """Return the run, locked after its instance, where it is at what this worker knows."""
    run = await ProcessMoveRun.objects().where(ProcessMoveRun.id == stand.run.id).lock_rows("UPDATE").first()
    if run is None or run.state not in GOING or (run.after_at, run.after_id) != (stand.at, stand.id):
        raise _Overtaken
    return run


def _counted(reasons: list[dict[str, Any]], problem: Problem) -> list[dict[str, Any]]:
    params = {**problem.params}
    for each in reasons:
        if (each["code"], each["params"]) == (problem.code, params):
            each["amount"] += 1
            return reasons
    if len(reasons) < MOST_REASONS:
        reasons.append({"code": problem.code, "params": params, "amount": 1})
    return reasons
