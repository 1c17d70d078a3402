"""What the matrix asks about reports of owners: one of the chief's, made in a run of a month."""

from __future__ import annotations

import uuid
from datetime import date

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.reports.periods import Period, Span
from leancity.core.processes.reports.plans import save_plan
from leancity.core.processes.reports.runs import run_over
from leancity.core.processes.reports.tables import ReportRun
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City
from tests.security.actors import within_city


async def make_owner_reports(city: City, chief: str) -> dict[str, str]:
    """Let the chief own a process and have the reports of a month made; return the ids."""
    async with within_city(city):
        await create_process(ProcessCard(key="owned", title="Owned", owner_id=uuid.UUID(chief)))
        run = await run_over(Span(first=date(2026, 10, 1), last=date(2026, 10, 31)))
        await save_plan(Period.QUARTER, is_active=False)
        async with tenant_tx(write=True):
            await ReportRun.update({ReportRun.author_id: uuid.UUID(chief)}).where(ReportRun.id == run.id)
    await city.run_jobs()
    mine = "select id from owner_report where tenant_id = $1 and owner_id = $2 and state = 'done'"
    (row,) = await city.rows(mine, uuid.UUID(chief))
    return {"owner_report": str(row["id"]), "report_run": str(run.id)}
