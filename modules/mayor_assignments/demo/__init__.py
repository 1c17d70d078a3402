"""Demo of the assignments: how it was before (an imported log), and some that run; loading it twice changes nothing."""

from __future__ import annotations

from leancity.modules.mayor_assignments.demo.before import load_before
from leancity.modules.mayor_assignments.demo.running import load_running


async def load() -> None:
    """Give the city what it has none of: a log of assignments as they were done on paper, a protocol, assignments."""
    await load_before()
    await load_running()
