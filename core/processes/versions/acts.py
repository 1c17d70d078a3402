"""The acts by which organisational measures were done: whoever may read processes reads them."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.versions.stages import READ
from leancity.core.processes.versions.tables import ProcessMeasure


async def is_act(file_id: uuid.UUID) -> bool:
    """Tell whether a file is the act of a measure that whoever asks may read of."""
    if not current_principal().can(READ):
        return False
    async with tenant_tx():
        return await ProcessMeasure.exists().where(ProcessMeasure.act_file_id == file_id)
