"""Finding processes and versions, and locking them for a change.

Whoever locks both locks the process first: two that publish versions of one process wait for one another.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.processes.versions.stages import PUBLISH, Stage
from leancity.core.processes.versions.tables import Process, ProcessVersion

ADMINISTRATION = "core.settings.change"
"""Who has it acts for an owner who is away."""

_TEXTS = ("id", "tenant_id", "xml", "executable", "names")


async def find_version(version_id: uuid.UUID) -> ProcessVersion:
    """Return a version in the open unit; refuse one that is not there."""
    row = await ProcessVersion.objects().where(ProcessVersion.id == version_id).first()
    if row is None:
        raise refuse("not_found", "version_id")
    return row


async def find_process(process_id: uuid.UUID) -> Process:
    """Return a process in the open unit; refuse one that is not there."""
    row = await Process.objects().where(Process.id == process_id).first()
    if row is None:
        raise refuse("not_found", "process_id")
    return row


async def lock_process(process_id: uuid.UUID, expected_version: int | None = None) -> Process:
    """Return a process, locked until the unit ends; refuse where somebody has changed it since it was seen."""
    row = await Process.objects().where(Process.id == process_id).lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "process_id")
    if expected_version is not None and row.version != expected_version:
        raise refuse("process_changed", "expected_version")
    return row


async def lock_version(
    version_id: uuid.UUID, expected_version: int | None = None, *, stages: Collection[Stage] = tuple(Stage)
) -> ProcessVersion:
    """Return a version, locked until the unit ends; refuse where it is in none of ``stages``, or changed meanwhile."""
    row = await ProcessVersion.objects().where(ProcessVersion.id == version_id).lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "version_id")
    if expected_version is not None and row.version != expected_version:
        raise refuse("process_changed", "expected_version")
    if row.stage not in stages:
        raise _not_in(row, stages)
    return row


def _not_in(row: ProcessVersion, stages: Collection[Stage]) -> Refused:
    """Return why something can't be done at a version's stage, and so what to do first."""
    if stages == (Stage.DRAFT,):
        return refuse("process_not_draft", "version_id", no=row.no)
    if row.stage == Stage.DRAFT:
        return refuse("process_untested", "version_id", no=row.no)
    if stages == (Stage.TRIAL,):
        return refuse("process_not_on_trial", "version_id", no=row.no)
    return refuse("process_in_work_already", "version_id", no=row.no)


async def lock_both(
    version_id: uuid.UUID, expected_version: int | None = None, *, stages: Collection[Stage]
) -> tuple[Process, ProcessVersion]:
    """Return a version and its process, both locked; ``expected_version`` is the process's."""
    found = await find_version(version_id)
    process = await lock_process(found.process_id, expected_version)
    return process, await lock_version(version_id, stages=stages)


async def changed(row: Process | ProcessVersion) -> None:
    """Write a locked row with the next version, but for a drawing's texts: two megabytes for a change of a word."""
    row.version += 1
    await row.save([column for column in row._meta.columns if column._meta.name not in _TEXTS])


def require_publisher(process: Process) -> None:
    """Refuse who may not put this process into work.

    That is its owner with ``core.process.publish``; anybody with it where there is no owner; and the administration.
    """
    who = current_principal()
    who.require(PUBLISH)
    if process.owner_id is None or who.user_id == process.owner_id or who.can(ADMINISTRATION):
        return
    who.refuse(PUBLISH, "process", process.id)
