"""Reports asked for: one, or a run of one for every owner; how far a run has come, cancelling it, going on with it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from leancity.core.audit.log import record
from leancity.core.customs.journal import lock_city
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.queues import Queue
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.reports.owners import owners, require_visible
from leancity.core.processes.reports.periods import Span, checked
from leancity.core.processes.reports.states import CANCELLED, DONE, JOB, RUNNING, TOPIC, WAITING
from leancity.core.processes.reports.tables import OwnerReport, ReportRun
from leancity.core.processes.versions.stages import CHANGE, READ

_AGAIN = """
update owner_report set state = 'waiting', error = '', made_at = null
where tenant_id = $1 and run_id = $2 and state = 'failed' returning id
"""


async def ask_for_report(owner_id: uuid.UUID, since: date, until: date) -> OwnerReport:
    """Ask for one owner's report with its files. Whoever may see it may."""
    span = checked(since, until)
    await require_visible(owner_id)
    row = _report(owner_id, span, None)
    async with tenant_tx(write=True):
        await row.save()
        await record("core.owner_report.asked", "owner_report", row.id, owner=owner_id)
        await _enqueue([row.id], "interactive")
        await announce(TOPIC, row.id)
    return row


async def begin_run(since: date, until: date) -> ReportRun:
    """Ask for the reports of all owners; refuse while those of the same days are being made."""
    current_principal().require(CHANGE)
    return await run_over(checked(since, until))


async def run_over(span: Span) -> ReportRun:
    """Begin a run for the owners of this moment. Joins the open unit; guard what leads here."""
    found = await owners()
    if not found:
        raise refuse("owner_report_no_owners")
    async with tenant_tx(write=True):
        await lock_city()  # of two that begin a run of the same days one sees the other
        same = (ReportRun.from_on == span.first) & (ReportRun.until_on == span.until)
        going = ReportRun.state.is_in([WAITING, RUNNING])
        if await ReportRun.exists().where(same & going):
            raise refuse("owner_report_run_going", "since")
        run = ReportRun(
            from_on=span.first,
            until_on=span.until,
            total=len(found),
            author_id=current_principal().user_id,
            made_at=now(),
        )
        await run.save()
        rows = [_report(each, span, run.id) for each in found]
        await OwnerReport.insert(*rows)
        await record("core.owner_reports.begun", "report_run", run.id, owners=len(found))
        await _enqueue([row.id for row in rows])
        await announce(TOPIC, run.id, run.version)
    return run


async def cancel_run(run_id: uuid.UUID, expected_version: int | None = None) -> ReportRun:
    """Stop a run: what is made stays, what waits is taken back."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        # Reports before their run, as the job locks them: one that is being finished goes first, or finds its row gone.
        await OwnerReport.delete().where((OwnerReport.run_id == run_id) & (OwnerReport.state == WAITING))
        run = await _locked(run_id, expected_version)
        if run.state not in (WAITING, RUNNING):
            raise refuse("owner_report_run_over", "id")
        run.state, run.finished_at = CANCELLED, now()
        await _changed(run, "core.owner_reports.cancelled")
    return run


async def resume_run(run_id: uuid.UUID, expected_version: int | None = None) -> ReportRun:
    """Go on with a run: what failed, and what waits for a job that was given up, is asked for once more."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True) as unit:
        failed = await unit.connection.fetch(_AGAIN, unit.tenant_id, run_id)
        run = await _locked(run_id, expected_version)
        if run.state == CANCELLED or (run.state == DONE and not run.failed):
            raise refuse("owner_report_run_over", "id")
        run.failed -= len(failed)
        run.state, run.finished_at = RUNNING, None
        waiting = await OwnerReport.select(OwnerReport.id).where(
            (OwnerReport.run_id == run_id) & (OwnerReport.state == WAITING)
        )
        await _enqueue([row["id"] for row in waiting])
        await _changed(run, "core.owner_reports.resumed")
    return run


async def read_run(run_id: uuid.UUID) -> ReportRun:
    """Return a run and how far it has come."""
    current_principal().require(READ)
    async with tenant_tx():
        return _there(await ReportRun.objects().where(ReportRun.id == run_id).first())


async def list_runs(*, limit: int, after: tuple[datetime, uuid.UUID] | None = None) -> Sequence[ReportRun]:
    """Return runs, the newest first, behind ``after`` (made at, id)."""
    current_principal().require(READ)
    async with tenant_tx():
        query = ReportRun.objects()
        if after is not None:
            at, row_id = after
            query = query.where((ReportRun.made_at < at) | ((ReportRun.made_at == at) & (ReportRun.id < row_id)))
        return await query.order_by(ReportRun.made_at, ReportRun.id, ascending=False).limit(limit)


async def count_runs() -> int:
    """Return how many runs there are."""
    current_principal().require(READ)
    async with tenant_tx():
        amount: int = await ReportRun.count()
    return amount


def _report(owner_id: uuid.UUID, span: Span, run_id: uuid.UUID | None) -> OwnerReport:
    return OwnerReport(
        run_id=run_id,
        owner_id=owner_id,
        from_on=span.first,
        until_on=span.until,
        state=WAITING,
        asked_at=now(),
    )


async def _enqueue(report_ids: Sequence[uuid.UUID], queue: Queue = "bulk") -> None:
    asked_by = current_principal().user_id
    for each in report_ids:
        await enqueue(JOB, {"report_id": each, "asked_by": asked_by}, queue=queue)


async def _locked(run_id: uuid.UUID, expected_version: int | None) -> ReportRun:
    run = _there(await ReportRun.objects().where(ReportRun.id == run_id).lock_rows("UPDATE").first())
    if expected_version is not None and run.version != expected_version:
        raise refuse("process_changed", "expected_version")
    return run


def _there(run: ReportRun | None) -> ReportRun:
    if run is None:
        raise refuse("not_found", "id")
    return run


async def _changed(run: ReportRun, action: str) -> None:
    run.version += 1
    await run.save()
    await record(action, "report_run", run.id, done=run.done, failed=run.failed)
    await announce(TOPIC, run.id, run.version)
