"""Which function uses which IT system, and what for."""

from __future__ import annotations

import uuid

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.functions import lock_function, touch
from leancity.core.processes.registry.tables import CityFunction, FunctionSystem, ItSystem


async def set_function_system(
    function_id: uuid.UUID,
    system_id: uuid.UUID,
    *,
    purpose: str = "",
    is_used: bool = True,
    expected_version: int | None = None,
) -> CityFunction:
    """Say that a function uses a system and what for, or no longer."""
    current_principal().require(CHANGE)
    purpose = one_text("purpose", purpose, limit=SHORT)
    async with tenant_tx(write=True):
        row = await lock_function(function_id, expected_version)
        if not await ItSystem.exists().where(ItSystem.id == system_id):
            raise refuse("not_found", "system_id")
        same = (FunctionSystem.function_id == row.id) & (FunctionSystem.system_id == system_id)
        found = await FunctionSystem.objects().where(same).first()
        if is_used:
            if found is not None and found.purpose == purpose:
                return row
            use = found or FunctionSystem(function_id=row.id, system_id=system_id)
            use.purpose = purpose
            await use.save()
        elif found is None:
            return row
        else:
            await FunctionSystem.delete().where(same)
        await touch(row)
        await record("core.function.system_set", "city_function", row.id, system=str(system_id), is_used=is_used)
    return row
