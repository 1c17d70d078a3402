"""The record of a run: where it stands is committed with the rows it wrote, so that a killed one goes on from there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.imports.mapping import FieldMapping
from leancity.core.imports.sources import Source
from leancity.core.imports.tables import ImportRun
from leancity.core.imports.target import BatchResult, ImportTarget, Values
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

FINISHED = "finished"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be read from where by which settled mapping; ``system`` is the other system's name."""

    target: ImportTarget
    source: Source
    mapping: FieldMapping
    system: str

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times written without one."""
        return ZoneInfo(self.mapping.zone) if self.mapping.zone else current_tenant().zone_info

    @property
    def fingerprint(self) -> str:
        """The digest that tells whether two runs would do the same."""
        how = msgspec.structs.replace(self.mapping, zone=self.zone.key, source=None)
        parts = [self.target.name, self.system, self.source.digest, how]
        return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


async def open_run(plan: Plan) -> ImportRun:
    """Return the run of this file by this mapping, new or where it stands."""
    fingerprint = plan.fingerprint
    async with tenant_tx(write=True):
        new = ImportRun(
            target=plan.target.name,
            source=plan.system,
            file_name=plan.source.name,
            file_digest=plan.source.digest,
            mapping=msgspec.json.encode(plan.mapping).decode(),
            fingerprint=fingerprint,
            total=plan.source.total,
            actor_id=current_principal().user_id,
            started_at=now(),
        )
        same = (ImportRun.tenant_id, ImportRun.fingerprint)
        if await ImportRun.insert(new).on_conflict(same, "DO NOTHING").returning(ImportRun.id):
            facts = {"target": new.target, "source": new.source, "file_digest": new.file_digest}
            await record("core.import.started", "import_run", new.id, **facts)
            return new
        found = await ImportRun.objects().where(ImportRun.fingerprint == fingerprint).first()
    if found is None:
        raise refuse("not_found", "file")
    return found


async def write_batch(
    run: ImportRun, plan: Plan, rows: Sequence[Values], *, line_done: int, bad: int, is_last: bool
) -> BatchResult:
    """Write rows and, in the same transaction, that the file is done up to ``line_done``, with ``bad`` bad rows so far.

    ``Refused`` where another process has gone on with the run meanwhile; then nothing of the batch is written.
    """
    async with tenant_tx(write=True):
        fresh = await ImportRun.objects().where(ImportRun.id == run.id).lock_rows("UPDATE").first()
        if fresh is None or (fresh.line_done, fresh.state) != (run.line_done, run.state):
            raise refuse("import_elsewhere", "file", file=plan.source.name)
        result = await plan.target.write(rows, plan.system) if rows else BatchResult(written=0, known=0)
        fresh.line_done, fresh.bad = line_done, bad
        fresh.written += result.written
        fresh.known += result.known
        if is_last:
            fresh.state, fresh.finished_at = FINISHED, now()
            facts = {"written": fresh.written, "known": fresh.known, "bad": bad}
            await record("core.import.finished", "import_run", run.id, **facts)
        await fresh.save()
    run.line_done, run.state = fresh.line_done, fresh.state
    return result
