"""The ways to the reports of owners, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_LIVE = 'processOwnerReport(ownerId: $chief, since: "2026-10-01", until: "2026-10-31")'

OWNER_REPORT_ROOTS: dict[str, tuple[str, str]] = {
    "Query.ownerReport": ("ownerReport(id: $owner_report) { id }", ""),
    "Query.ownerReportPlans": ("ownerReportPlans { period }", "QUARTER"),
    "Query.ownerReportRun": ("ownerReportRun(id: $report_run) { id }", ""),
    "Query.ownerReportRuns": ("ownerReportRuns { totalCount edges { node { id } } }", "$report_run"),
    "Query.ownerReports": (
        "ownerReports(ownerId: $chief) { totalCount edges { node { id } } }",
        "$owner_report",
    ),
    "Query.processOwnerReport": (_LIVE, "schema"),
    "Subscription.ownerReportRunChanged": ("ownerReportRunChanged(id: $report_run) { isResync }", ""),
}
OWNER_REPORT_TYPES: dict[str, str] = {
    "OwnerReport": "ownerReport(id: $owner_report) { @ }",
    "OwnerReportPlan": "ownerReportPlans { @ }",
    "OwnerReportRun": "ownerReportRuns(first: 20) { edges { node { @ } } }",
    "OwnerReportRunChange": "subscription ownerReportRunChanged(id: $report_run) { @ }",
}
OWNER_REPORT_PAYLOADS: dict[str, str] = {
    "OwnerReportPayload": "ownerReportMake",
    "OwnerReportPlanPayload": "ownerReportPlanSave",
    "OwnerReportRunPayload": "ownerReportRunBegin",
}
