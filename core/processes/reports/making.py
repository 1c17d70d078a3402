"""The job that makes one owner's report: reckoned, set, stored; then written down, counted and told in one transaction.

It speaks to the store and starts a process, so it runs outside a transaction. Killed anywhere before its last one, it
is done again from the beginning: the report still waits, and files that nothing names are pruned.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from leancity.core.audit.log import record
from leancity.core.audit.writing import AWAY
from leancity.core.customs.branding import city_title, current_branding
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.files.incoming import receiving
from leancity.core.files.kinds import KNOWN
from leancity.core.files.senders import Sender
from leancity.core.files.service import keep
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.tables import UserAccount
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.notifications.subjects import OWNER_REPORT, REPORT_RUN, ask_to_tell_of
from leancity.core.processes.reports.content import content_of, locale_of
from leancity.core.processes.reports.document import document
from leancity.core.processes.reports.periods import Span
from leancity.core.processes.reports.printing import pdf_of
from leancity.core.processes.reports.states import DONE, FAILED, RUNNING, TOPIC, WAITING
from leancity.core.processes.reports.tables import OwnerReport, ReportRun
from leancity.core.processes.reports.workbook import workbook

COLOUR = "#1a4f8b"
"""Of a city that has chosen none."""
_DAY = timedelta(days=1)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Made:
    content: dict[str, Any]
    pdf_id: uuid.UUID
    xlsx_id: uuid.UUID


async def make_report(payload: dict[str, Any]) -> None:
    """Job: make the report ``report_id``, unless it was made or taken back meanwhile. ``asked_by``: an account."""
    report_id = uuid.UUID(payload["report_id"])
    asked_by = uuid.UUID(payload["asked_by"]) if payload["asked_by"] else None
    async with tenant_tx():
        row = await OwnerReport.objects().where((OwnerReport.id == report_id) & (OwnerReport.state == WAITING)).first()
    if row is None:
        return
    with acting_as(system(await locale_of(row.owner_id))):
        try:
            made = await _made(row)
        except AWAY:  # the database: the job is tried again
            raise
        except Refused as refused:
            await _finish(report_id, asked_by, None, refused.problems[0].code)
        except Exception as error:  # of a city's data or of ours: it fails this report, and no other of the run
            log.error("report failed", error_class=type(error).__name__, exc_info=error)
            await _finish(report_id, asked_by, None, "owner_report_failed")
        else:
            await _finish(report_id, asked_by, made)


async def _made(row: OwnerReport) -> _Made:
    content = await content_of(row.owner_id, Span(first=row.from_on, last=row.until_on - _DAY))
    locale = content["locale"]
    async with tenant_tx():
        here = (UserAccount.id == row.owner_id) & UserAccount.is_active.eq(True)
        owner = await UserAccount.select(UserAccount.name).where(here).first()
    if owner is None:
        raise refuse("owner_report_gone")
    names = {"owner": owner["name"], "city": city_title(locale)}
    laid_out = document(content, colour=current_branding().colour or COLOUR, **names)
    pdf = await asyncio.to_thread(pdf_of, laid_out)
    xlsx = await asyncio.to_thread(workbook, content, **names)
    stem = f"{laid_out['title']} {content['since']} {content['until']}"
    return _Made(content=content, pdf_id=await _kept(pdf, f"{stem}.pdf"), xlsx_id=await _kept(xlsx, f"{stem}.xlsx"))


async def _kept(content: bytes, name: str) -> uuid.UUID:
    """Store a file that is nobody's upload: ``core.files`` shows it to nobody, ``reports.routes`` to who may see it."""
    sender = Sender(user_id=None, is_known=True, counted_as="")
    async with receiving(KNOWN.largest) as file:
        await file.write(content)
        return (await keep(file, name, sender)).id


async def _finish(report_id: uuid.UUID, asked_by: uuid.UUID | None, made: _Made | None, error: str = "") -> None:
    """Write down what became of a report, once; count it in its run, and tell its owner, unless they asked for it."""
    async with tenant_tx(write=True):
        row = await OwnerReport.objects().where(OwnerReport.id == report_id).lock_rows("UPDATE").first()
        if row is None or row.state != WAITING:
            return
        row.state, row.error, row.made_at = (FAILED if made is None else DONE), error, now()
        if made is not None:
            row.content, row.pdf_id, row.xlsx_id = json.dumps(made.content), made.pdf_id, made.xlsx_id
        await row.save()
        if row.run_id is not None:
            await _counted(row.run_id, is_failed=made is None)
        await announce(TOPIC, row.id)
        if made is not None and row.owner_id != asked_by:
            await ask_to_tell_of(OWNER_REPORT, row.id, [row.owner_id])


async def _counted(run_id: uuid.UUID, *, is_failed: bool) -> None:
    """Count a report in its run, which is done with the last one; then who began it is told."""
    run = await ReportRun.objects().where(ReportRun.id == run_id).lock_rows("UPDATE").first()
    if run is None:
        raise RuntimeError("a report goes with its run")
    run.failed += is_failed
    run.done += not is_failed
    run.state, run.version = RUNNING, run.version + 1
    if run.done + run.failed == run.total:
        run.state, run.finished_at = DONE, now()
        await ask_to_tell_of(REPORT_RUN, run.id, [run.author_id])
        await record("core.owner_reports.made", "report_run", run.id, done=run.done, failed=run.failed)
    await run.save()
    await announce(TOPIC, run.id, run.version)
