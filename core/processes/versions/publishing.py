"""The fifth step: trial operation for chosen units, then production; and the ways back.

New cases take ``Process.production_id``, those of the trial's units ``trial_id``; running ones finish on the version
they began on. Whoever changes these locks the process first, so of two that publish at once one sees the other.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.versions.agreements import require_agreed
from leancity.core.processes.versions.duties import require_bound, working_lanes
from leancity.core.processes.versions.letters import write_to
from leancity.core.processes.versions.measures import require_organised
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import (
    changed,
    lock_both,
    lock_process,
    lock_version,
    require_publisher,
)
from leancity.core.processes.versions.stages import PREPARED, PUBLISH, Stage
from leancity.core.processes.versions.starting import ask_for_starts
from leancity.core.processes.versions.tables import Process, ProcessAgreement, ProcessVersion, TrialUnit

MOST_UNITS = 200
"""Units of one trial."""


async def begin_trial(
    version_id: uuid.UUID, unit_ids: Sequence[uuid.UUID], expected_version: int | None = None
) -> Process:
    """Let new cases of some units take a version; refuse one that has not come through the steps before.

    ``expected_version`` here and below is the process's.
    """
    current_principal().require(PUBLISH)
    if not unit_ids:
        raise refuse("process_no_units", "unit_ids")
    if len(unit_ids) > MOST_UNITS:
        raise refuse("process_too_many", "unit_ids", limit=MOST_UNITS)
    lanes = await working_lanes(version_id)
    async with tenant_tx(write=True):
        process, version = await lock_both(version_id, expected_version, stages=(*PREPARED, Stage.TRIAL))
        require_publisher(process)
        await require_agreed(version)
        await require_organised(version)
        await require_bound(process, lanes)
        require_bounds(version)
        if process.trial_id not in (None, version.id):
            raise refuse("process_trial_taken", "version_id")
        known = {row["id"] for row in await OrgUnit.select(OrgUnit.id).where(OrgUnit.id.is_in([*unit_ids]))}
        for place, unit_id in enumerate(unit_ids):
            if unit_id not in known:
                raise refuse("not_found", f"unit_ids.{place}")
        await TrialUnit.delete().where(TrialUnit.version_id == version.id)
        await TrialUnit.insert(*(TrialUnit(version_id=version.id, unit_id=each) for each in known))
        version.stage, process.trial_id = Stage.TRIAL.value, version.id
        await changed(version)
        await _published(process, version, "trial_begun", units=len(known))
    return process


async def end_trial(version_id: uuid.UUID, expected_version: int | None = None) -> Process:
    """Take a version out of its trial; its running cases finish on it."""
    async with tenant_tx(write=True):
        process, version = await lock_both(version_id, expected_version, stages=(Stage.TRIAL,))
        require_publisher(process)
        version.stage, process.trial_id = Stage.ORGANISED.value, None
        await changed(version)
        await TrialUnit.delete().where(TrialUnit.version_id == version.id)
        await _published(process, version, "trial_ended")
    return process


async def publish(version_id: uuid.UUID, expected_version: int | None = None) -> Process:
    """Let all new cases take a version that has been on trial; the one before is retired and can be gone back to."""
    async with tenant_tx(write=True):
        process, version = await lock_both(version_id, expected_version, stages=(Stage.TRIAL,))
        require_publisher(process)
        require_bounds(version)
        await _retire(process.production_id)
        if process.production_id is not None:
            process.before_id = process.production_id
        process.production_id, process.trial_id = version.id, None
        await _enter_production(version)
        await _published(process, version, "published")
        await _write_to_people(process, version)
    return process


async def roll_back(process_id: uuid.UUID, expected_version: int | None = None) -> Process:
    """Let new cases take the version that was in production before; refuse where there was none."""
    async with tenant_tx(write=True):
        process = await lock_process(process_id, expected_version)
        require_publisher(process)
        if process.before_id is None or process.production_id is None:
            raise refuse("process_nothing_before", "process_id")
        version = await lock_version(process.before_id, stages=(Stage.RETIRED,))
        await _retire(process.production_id)
        process.before_id, process.production_id = process.production_id, version.id
        await _enter_production(version)
        await _published(process, version, "rolled_back")
        await _write_to_people(process, version)
    return process


async def retire(process_id: uuid.UUID, expected_version: int | None = None) -> Process:
    """Take a process out of production: nobody begins new cases of it, running ones finish."""
    async with tenant_tx(write=True):
        process = await lock_process(process_id, expected_version)
        require_publisher(process)
        if process.production_id is None:
            raise refuse("process_not_in_production", "process_id")
        version = await lock_version(process.production_id)
        await _retire(version.id)
        process.before_id, process.production_id = None, None
        await _published(process, version, "retired")
    return process


def require_bounds(version: ProcessVersion) -> None:
    """Refuse a version of which nobody knows where its lead time begins and ends."""
    if not json.loads(version.starts_at):
        raise refuse("process_no_start", "version_id")
    if not json.loads(version.ends_at):
        raise refuse("process_no_end", "version_id")


async def _retire(version_id: uuid.UUID | None) -> None:
    if version_id is not None:
        former = await lock_version(version_id)
        former.stage, former.retired_at = Stage.RETIRED.value, now()
        await changed(former)


async def _enter_production(version: ProcessVersion) -> None:
    version.stage, version.retired_at = Stage.PRODUCTION.value, None
    version.published_at, version.published_by = now(), current_principal().user_id
    await changed(version)
    await ask_for_starts(version)


async def _published(process: Process, version: ProcessVersion, what: str, **facts: object) -> None:
    await changed(process)
    await record(f"core.process.{what}", "process", process.id, version=version.id, no=version.no, **facts)
    await announce(TOPIC, process.id, process.version)


async def _write_to_people(process: Process, version: ProcessVersion) -> None:
    """Tell the owner, the author and whoever agreed that the process now goes another way."""
    agreed = await ProcessAgreement.select(ProcessAgreement.user_id).where(ProcessAgreement.version_id == version.id)
    people = {process.owner_id, version.author_id, *(row["user_id"] for row in agreed)}
    for user_id in sorted(people - {None, current_principal().user_id}, key=str):
        await write_to("process_published", user_id)
