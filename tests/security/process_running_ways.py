"""The ways to running processes, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_MOVABLE = "processMovable(versionId: $newer_version, fromVersionId: $older_version)"

RUNNING_ROOTS: dict[str, tuple[str, str]] = {
    "Query.processInstance": ("processInstance(id: $instance) { id }", ""),
    "Query.processInstances": ("processInstances(first: 100) { totalCount edges { node { id } } }", "$instance"),
    "Query.processMovable": (_MOVABLE + " { totalCount edges { node { instanceId } } }", "$movable"),
    "Query.processMoveRun": ("processMoveRun(id: $move_run) { id }", ""),
    "Query.processMoveRuns": (
        "processMoveRuns(processId: $versioned) { totalCount edges { node { id } } }",
        "$move_run",
    ),
    "Subscription.processMoveRunChanged": ("processMoveRunChanged(id: $move_run) { isResync }", ""),
}
RUNNING_TYPES: dict[str, str] = {
    "ProcessFailure": "processInstances(first: 20, status: FAILED) { edges { node { failure { @ } } } }",
    "ProcessInstance": "processInstance(id: $instance) { @ }",
    "ProcessMovable": _MOVABLE + " { edges { node { @ } } }",
    "ProcessMoveReason": "processMoveRun(id: $move_run) { reasons { @ } }",
    "ProcessMoveRun": "processMoveRun(id: $move_run) { @ }",
    "ProcessMoveRunChange": "subscription processMoveRunChanged(id: $move_run) { @ }",
    "ProcessMoveResult": "mutation processInstancesMove { results { @ } }",
    "ProcessWait": "processInstance(id: $instance) { waits { @ } }",
}
RUNNING_PAYLOADS: dict[str, str] = {
    "ProcessInstancePayload": "processBegin",
    "ProcessMoveRunPayload": "processMoveRunBegin",
    "ProcessMovePayload": "processInstancesMove",
}
