"""What somebody may be told of: events of a case as its timeline has them, entries of a state by what they mean; and
that something else is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leancity.core.cases.kinds import CaseKind

STATE_ENTERED = "state_entered"
TASK_READY, TASK_DUE_SOON, TASK_OVERDUE = "task_ready", "task_due_soon", "task_overdue"
TASK_PASSED_ON = "task_passed_on"
TASKS = (TASK_READY, TASK_DUE_SOON, TASK_OVERDUE, TASK_PASSED_ON)
"""Of the work of a process: an item waits for somebody, is soon due, is overdue; it has gone to another unit."""
REPORT_READY, REPORTS_MADE = "report_ready", "reports_made"
IMPORT_ENDED, PRACTICE_LANDED = "import_ended", "practice_landed"
OF_SUBJECTS = (REPORT_READY, REPORTS_MADE, IMPORT_ENDED, PRACTICE_LANDED)
"""Of no case (``core.notifications.subjects``), told to whom they are addressed."""
HANDED = frozenset({"work_assigned", "work_delegated"})
"""Lines of the timeline that say that an item waits for another now."""
ENTRIES = ("filed", "moved", "closed", "reopened")
EVENTS = (
    *ENTRIES,
    "assigned",
    "handover_offered",
    "handover_accepted",
    "handover_returned",
    "handover_withdrawn",
    "commented",
    "file_attached",
    "paused",
    "resumed",
    "extended",
    "promised",
    "published",
    "escalated",
    "confirmed",
    "dissatisfied",
    "forwarded_status",
    "forwarding_failed",
    "related",
    "unrelated",
    *TASKS,
    *OF_SUBJECTS,
)
WITH_VISIBILITY = frozenset({"commented", "file_attached"})
OF_AUTHORS = frozenset({*ENTRIES, *WITH_VISIBILITY, "forwarded_status"})
"""What who filed a case may be told of; of comments and files the public ones only."""
OF_FOLLOWERS = OF_AUTHORS | {"published"}
"""What who follows a case may be told of, likewise."""


def event_of(event: str, facts: Mapping[str, Any], kind: CaseKind) -> str | None:
    """Return what a line of the timeline is called here, None for one that nobody can be told of."""
    if event in HANDED:
        return TASK_READY
    if event != STATE_ENTERED:
        return event if event in EVENTS else None
    if "from" not in facts:
        return "filed"
    if facts.get("final"):
        return "closed"
    left = next((state for state in kind.states if state.key == facts["from"]), None)
    return "reopened" if left is not None and left.is_final else "moved"
