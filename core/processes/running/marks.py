"""Which version a new case takes, and what it is marked as."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from leancity.core.errors import refuse
from leancity.core.identity.units import units_above
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.versions.tables import Process, ProcessVersion, TrialUnit

PRODUCTION = "production"
TRIAL = "trial"
TEST = "test"


class Chosen(NamedTuple):
    """A version and the mark of the cases that begin on it."""

    version_id: uuid.UUID
    mark: str


async def find_process(key: str) -> Process:
    """Return a process by its key, in the open unit; one of a module that the city has not does not exist."""
    row = await Process.objects().where(Process.key == key).first()
    if row is None or not is_there(row.key):
        raise refuse("not_found", "process")
    return row


async def key_of(version_id: uuid.UUID) -> str:
    """Return the key of the process that a version is of, in the open unit."""
    version = await ProcessVersion.select(ProcessVersion.process_id).where(ProcessVersion.id == version_id).first()
    process = version and await Process.select(Process.key).where(Process.id == version["process_id"]).first()
    if not process:
        raise refuse("not_found", "version_id")
    return str(process["key"])


def is_there(key: str) -> bool:
    """Tell whether a process exists for the city: one that a module brings, ``<module>.…``, goes and comes with it."""
    module = key.partition(".")[0]
    return module not in installed_modules().manifests or is_open(module)


async def choose(process: Process, unit_id: uuid.UUID | None, version_id: uuid.UUID | None) -> Chosen:
    """Return what a case of ``unit_id`` begins on: a trial's units, and those below them, on trial, all others
    in production.

    A ``version_id`` is for the test stand. ``Refused``: the process has no version that is at work.
    """
    if version_id is not None:
        mine = (ProcessVersion.id == version_id) & (ProcessVersion.process_id == process.id)
        if not await ProcessVersion.exists().where(mine):
            raise refuse("not_found", "version_id")
        return Chosen(version_id, TEST)
    if process.trial_id is not None and unit_id is not None:
        above = [*await units_above(unit_id)]
        tried = TrialUnit.version_id == process.trial_id
        if above and await TrialUnit.exists().where(tried & TrialUnit.unit_id.is_in(above)):
            return Chosen(process.trial_id, TRIAL)
    if process.production_id is None:
        raise refuse("process_not_in_production", "process")
    return Chosen(process.production_id, PRODUCTION)
