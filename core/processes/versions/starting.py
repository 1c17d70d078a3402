"""A version that enters production may begin by itself: ``running.clock_starts`` is asked to look.

Those that come with a module are found the night after it was subscribed to, as are all whose chain was broken.
"""

from __future__ import annotations

from leancity.core.jobs.outbox import enqueue
from leancity.core.processes.bpmn.names import BPMN
from leancity.core.processes.versions.tables import ProcessVersion
from leancity.core.processes.xml import parse_xml

JOB = "core.process_starts"
TIMED = "timerEventDefinition"
"""Stands in the drawing of every version that may begin by itself."""


async def ask_for_starts(version: ProcessVersion) -> None:
    """Ask that the next moment of a version that may begin by itself be waited for. Joins the open unit."""
    if version.executable and TIMED in version.executable and _begins_by_itself(version.executable):
        await enqueue(JOB, {})


def _begins_by_itself(xml: str) -> bool:
    starts = parse_xml(xml.encode()).iter(f"{{{BPMN}}}startEvent")
    return any(each.find(f"{{{BPMN}}}{TIMED}") is not None for each in starts)
