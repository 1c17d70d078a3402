"""What becomes of reports and of the runs that make them: words that rows and subscribers know."""

from __future__ import annotations

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
JOB = "core.owner_report"
"""Makes one report."""
PLAN_JOB = "core.owner_reports"
"""Looks once a day which periods have ended."""
TOPIC = "core.owner_report"
"""What subscribers hear of when a report or a run has changed."""
