"""Processes that begin by themselves: those in production whose start has a timer, on the clock of the city.

Each has one small job that waits for its next moment; the job asks for the one after it before it begins anything, so
what goes wrong with one case doesn't break the chain. The case's source names process and moment: however often a chain
is begun or mended, and whichever version is in production by then, no moment begins two. Of the moments that were
missed (the platform stood still) the latest is made up for; those before the version was in production never are.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT
from leancity.core.cases.tables import CaseRecord
from leancity.core.clock.instants import local_day
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.i18n.catalogue import text
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.bpmn.recurring import Series, series_of, start_of
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.marks import is_there
from leancity.core.processes.running.programs import loaded
from leancity.core.processes.versions.starting import TIMED
from leancity.core.processes.versions.tables import Process, ProcessVersion
from leancity.core.tenancy.context import current_tenant

START = "core.process_start"
SOURCE = "clock"
"""The source of a case that nobody began; its external id is the process's key and the moment."""

_TIMED = """
select p.id, v.id as version_id, v.published_at from process p
join process_version v on v.tenant_id = p.tenant_id and v.id = p.production_id
where p.tenant_id = $1 and position($2 in v.executable) > 0
"""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Timed:
    """A process in production that begins by itself; ``since``: since when this version does."""

    process: Process
    version_id: uuid.UUID
    since: datetime
    series: Series

    def missed(self, moment: datetime) -> datetime | None:
        """Return the latest moment that has come, None where none has since the version is in production."""
        last = self.series.last(moment, current_tenant().zone_info)
        return last if last is not None and last > self.since else None


async def mend_starts(_: dict[str, Any]) -> None:
    """Job, between transactions: let each process that begins by itself wait for its next moment, or make up for one
    that was missed."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_TIMED, unit.tenant_id, TIMED)
    moment = now()
    for row in rows:
        timed = await _timed(row["id"], row["version_id"])
        if timed is not None:
            missed = timed.missed(moment)
            async with tenant_tx(write=True):
                await _wait_for(timed, missed if missed and not await _has_begun(timed, missed) else None, moment)


async def run_start(payload: dict[str, Any]) -> None:
    """Job, between transactions: begin a process for the latest moment that has come, and wait for the next.

    One that is no longer in production, or names other moments by now, has a chain of its own or none.
    """
    timed = await _timed(uuid.UUID(payload["process_id"]), uuid.UUID(payload["version_id"]))
    if timed is None:
        return
    moment = now()
    async with tenant_tx(write=True):
        await _wait_for(timed, None, moment)
        slot = timed.missed(moment)
        is_begun = slot is None or await _has_begun(timed, slot)
    if slot is not None and not is_begun:
        await _begin(timed, slot)


async def _begin(timed: _Timed, slot: datetime) -> None:
    process, tenant = timed.process, current_tenant()
    day = local_day(slot, tenant.zone_info).strftime("%d.%m.%Y" if tenant.locale == "ru" else "%Y-%m-%d")
    title = text("process_begun_by_clock", tenant.locale, {"process": process.title, "day": day})[:SHORT]
    try:
        for brought in installed_modules().processes.values():
            if brought.case_kind == process.case_kind and brought.filed_by:
                raise refuse("process_begin_by_mutation", "process", mutation=brought.filed_by)
        source = (SOURCE, _external(timed, slot))
        await begin(process.key, {}, title=title, mark="production", unit_id=process.unit_id, source=source)
    except Refused as refused:
        code = refused.problems[0].code
        log.warning("process did not begin by itself", process=process.key, code=code)
        async with tenant_tx(write=True):
            await record("core.process.start_refused", "process", process.id, moment=slot.isoformat(), code=code)


async def _timed(process_id: uuid.UUID, version_id: uuid.UUID) -> _Timed | None:
    async with tenant_tx():
        mine = (Process.id == process_id) & (Process.production_id == version_id)
        process = await Process.objects().where(mine).first()
        if process is None or not is_there(process.key):
            return None
        row = await ProcessVersion.select(ProcessVersion.published_at).where(ProcessVersion.id == version_id).first()
    node = start_of((await loaded(version_id)).model.nodes)
    series = None if node is None else series_of(node)
    if series is None or not row or row["published_at"] is None:
        return None
    return _Timed(process=process, version_id=version_id, since=row["published_at"], series=series)


async def _wait_for(timed: _Timed, missed: datetime | None, moment: datetime) -> None:
    """Ask for the job of the next moment, and of one that was missed. One that is waited for is not asked for again."""
    for slot in (missed, timed.series.after(moment, current_tenant().zone_info)):
        if slot is not None:
            asked = {"process_id": timed.process.id, "version_id": timed.version_id}
            await enqueue(START, asked, slot, key=f"{START}:{timed.version_id}:{slot.isoformat()}")


async def _has_begun(timed: _Timed, slot: datetime) -> bool:
    mine = (CaseRecord.source == SOURCE) & (CaseRecord.external_id == _external(timed, slot))
    return bool(await CaseRecord.exists().where(mine))


def _external(timed: _Timed, slot: datetime) -> str:
    return f"{timed.process.key} {slot.isoformat()}"
