"""The ways to people's work, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_ITEM = "workItem(id: $task) { %s { @ } }"
_UNIT = "workload(unitIds: [$roads]) { %s }"

WORK_ROOTS: dict[str, tuple[str, str]] = {
    "Query.absences": ("absences { totalCount edges { node { id } } }", "$absence"),
    "Query.workItem": ("workItem(id: $task) { id }", ""),
    "Query.workItemCandidates": ("workItemCandidates(itemId: $task) { __typename }", "WorkItemCandidate"),
    "Query.workItemCounts": ("workItemCounts { waiting }", '"waiting": [1-9]'),
    "Query.workItems": ("workItems { totalCount edges { node { id } } }", "$task"),
    "Query.workItemsOfUnits": ("workItemsOfUnits { totalCount edges { node { id } } }", "$task"),
    "Subscription.workItemsChanged": ("workItemsChanged(watching: [$task]) { isResync }", ""),
    "Query.workload": ("workload(unitIds: [$roads]) { availableHours }", "availableHours"),
}
WORK_TYPES: dict[str, str] = {
    "Absence": "absences { edges { node { @ } } }",
    "PersonWorkload": _UNIT % "people { @ }",
    "UnitWorkload": "workload(unitIds: [$roads]) { @ }",
    "WorkItem": "workItem(id: $task) { @ }",
    "WorkItem (of a unit)": "workItemsOfUnits { edges { node { @ } } }",
    "WorkItemCandidate": "workItemCandidates(itemId: $task) { @ }",
    "WorkItemCounts": "workItemCounts { @ }",
    "WorkItemForm": _ITEM % "form",
    "WorkItemsChange": "subscription workItemsChanged(watching: [$task]) { @ }",
    "Workload": _UNIT % "load { @ }",
}
WORK_PAYLOADS: dict[str, str] = {"AbsencePayload": "absenceAdd", "WorkItemPayload": "workItemComplete"}
