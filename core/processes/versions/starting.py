"""A version that enters production may begin by itself: ``running.clock_starts`` is asked to look."""

from __future__ import annotations

from leancity.core.jobs.outbox import enqueue
from leancity.core.processes.versions.tables import ProcessVersion

JOB = "core.process_starts"
TIMED = "timerEventDefinition"
"""Stands in the drawing of every version that may begin by itself."""


async def ask_for_starts(version: ProcessVersion) -> None:
    """Ask that the next moment of a version that may begin by itself be waited for. Joins the open unit."""
    if version.executable and TIMED in version.executable:
        await enqueue(JOB, {})
