"""What the walls are asked about reports of owners: another city's owner has none, nor has it runs."""

from __future__ import annotations

from datetime import date

from leancity.core.processes.reports.periods import Span
from leancity.core.processes.reports.runs import ask_for_report, run_over
from leancity.core.processes.versions.processes import ProcessCard, create_process
from tests.graphql.kernel.conftest import Office

_DAYS = 'since: "2026-10-01", until: "2026-10-31"'

OWNER_REPORTS_MIXED: list[tuple[str, str]] = [
    (f'process_owner_report(ownerId: "USER", {_DAYS})', "NOT_FOUND"),
    ('owner_report(id: "OWNER_REPORT") { state }', "NOT_FOUND"),
    ('owner_reports(ownerId: "USER") { totalCount }', "nothing"),
    ('owner_reports(runId: "REPORT_RUN") { totalCount }', "nothing"),
    (f'owner_report_make(ownerId: "USER", {_DAYS}) ERRORS', "not_found"),
    ('owner_report_run(id: "REPORT_RUN") { state }', "NOT_FOUND"),
    ('owner_report_run_cancel(id: "REPORT_RUN") ERRORS', "not_found"),
    ('owner_report_run_resume(id: "REPORT_RUN") ERRORS', "not_found"),
]
OWNER_REPORTS_OWN = [
    "owner_report_runs { totalCount }",
    "owner_report_plans { version }",
    "owner_report_plan_save(period: MONTH, isActive: false) ERRORS",
    f"owner_report_run_begin({_DAYS}) ERRORS",
]


async def reported_in(office: Office) -> dict[str, str]:
    """Return the ids of a report that waits to be made, and of a run."""
    async with office.city.serving():
        await create_process(ProcessCard(key="owned", title="Owned", owner_id=office.dispatcher.id))
        run = await run_over(Span(first=date(2026, 9, 1), last=date(2026, 9, 30)))
        report = await ask_for_report(office.dispatcher.id, date(2026, 9, 1), date(2026, 9, 30))
    return {"OWNER_REPORT": str(report.id), "REPORT_RUN": str(run.id)}
