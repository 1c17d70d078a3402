"""What the module of a process says of its case at every step, beside the case's own facts."""

from __future__ import annotations

import uuid

from leancity.core.plugins.contributions import Facts
from leancity.core.plugins.manager import installed_modules


async def module_facts(process_key: str, case_id: uuid.UUID | None) -> Facts:
    """Return what drawings of a process may read of a case; nothing on the test stand, or of a city's own process."""
    process = installed_modules().processes.get(process_key)
    if process is None or process.facts is None or case_id is None:
        return {}
    return await process.facts(case_id)
