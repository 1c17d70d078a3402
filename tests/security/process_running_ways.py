"""The ways to running processes, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

RUNNING_ROOTS: dict[str, tuple[str, str]] = {
    "Query.processInstance": ("processInstance(id: $instance) { id }", ""),
    "Query.processInstances": ("processInstances(first: 100) { totalCount edges { node { id } } }", "$instance"),
}
RUNNING_TYPES: dict[str, str] = {
    "ProcessFailure": "processInstance(id: $failed) { failure { @ } }",
    "ProcessInstance": "processInstance(id: $instance) { @ }",
    "ProcessWait": "processInstance(id: $instance) { waits { @ } }",
}
RUNNING_PAYLOADS: dict[str, str] = {"ProcessInstancePayload": "processBegin"}
