"""Reports that come by themselves: one for every owner when a week, a month, a quarter of the city has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import CoreSettings
from leancity.core.moment import now
from leancity.core.processes.reports.periods import Period, last_ended, today
from leancity.core.processes.reports.runs import run_over
from leancity.core.processes.reports.states import RUNNING, WAITING
from leancity.core.processes.reports.tables import OwnerReport, ReportPlan, ReportRun
from leancity.core.processes.versions.stages import CHANGE, READ
from leancity.core.settings.service import settings_of

MONTH = timedelta(days=30.4375)

log = structlog.get_logger()


async def list_plans() -> Sequence[ReportPlan]:
    """Return what the city has planned."""
    current_principal().require(READ)
    async with tenant_tx():
        return await ReportPlan.objects().order_by(ReportPlan.period)


async def save_plan(period: Period, *, is_active: bool, expected_version: int | None = None) -> ReportPlan:
    """Switch the reports of a period on or off. Those of the period that is running now are the first."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        fresh = ReportPlan(period=period.value, is_active=False)
        key = (ReportPlan.tenant_id, ReportPlan.period)
        added = await ReportPlan.insert(fresh).on_conflict(key, "DO NOTHING").returning(ReportPlan.id)
        row = await ReportPlan.objects().where(ReportPlan.period == period.value).lock_rows("UPDATE").first()
        if row is None:
            raise RuntimeError("the plan was put there or is there")
        if expected_version is not None and (added or row.version != expected_version):
            raise refuse("process_changed", "expected_version")
        if is_active and not row.is_active:
            row.last_until = last_ended(period, today()).until
        row.is_active, row.version = is_active, row.version + 1
        await row.save()
        await record("core.owner_report_plan.changed", "report_plan", row.id, period=row.period, is_active=is_active)
    return row


async def follow_plans(payload: dict[str, Any]) -> None:
    """Job of each day: begin the runs of periods that have ended, and let old reports go.

    Of several periods that were missed only the latest is made up for. ``payload`` is empty.
    """
    day = today()
    async with tenant_tx(write=True):
        for plan in await ReportPlan.objects().where(ReportPlan.is_active.eq(True)).lock_rows("UPDATE"):
            span = last_ended(Period(plan.period), day)
            if plan.last_until is not None and plan.last_until >= span.until:
                continue
            plan.last_until = span.until
            await plan.save([ReportPlan.last_until])
            try:
                await run_over(span)
            except Refused as refused:  # nobody owns a process, or somebody has begun this run by hand
                log.info("no reports of the period", period=plan.period, code=refused.problems[0].code)
    await forget_old()


async def forget_old() -> int:
    """Remove reports older than the city keeps them, and return how many; ``core.files`` prunes what hung on them."""
    settings = await settings_of("core", CoreSettings)
    before = now() - settings.owner_reports_kept * MONTH
    over = ReportRun.state.not_in([WAITING, RUNNING])
    async with tenant_tx(write=True):
        old = OwnerReport.asked_at < before
        gone = await OwnerReport.delete().where(old & (OwnerReport.state != WAITING)).returning(OwnerReport.id)
        await ReportRun.delete().where((ReportRun.made_at < before) & over)
    return len(gone)
