"""The way of a function from the inventory to production, and what each stage of it asks for."""

from __future__ import annotations

import uuid
from enum import StrEnum

from leancity.core.audit.log import record
from leancity.core.cases.checks import Checks
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.functions import lock_function, touch
from leancity.core.processes.registry.tables import CityFunction, FunctionOperation

_PROCESSES = """
select count(*) as drawn, count(trial_id) as tried, count(production_id) as live
from process where tenant_id = $1 and function_id = $2
"""


class Stage(StrEnum):
    """The stages in their order."""

    INVENTORIED = "inventoried"
    DESCRIBED = "described"
    PLANNED = "planned"
    IN_WORK = "in_work"
    TRIAL = "trial"
    LIVE = "live"


ORDER = tuple(Stage)


async def move_stage(function_id: uuid.UUID, stage: Stage, *, expected_version: int | None = None) -> CityFunction:
    """Move a function to a stage. Forward it must have what that stage and all before it ask for; back is free.

    Described asks for a unit, operations, a lead time and launches; planned for an owner and a date; in work for a
    process of it; trial for a version of that on trial or in production; live for one in production. ``Refused`` names
    all that is missing.
    """
    current_principal().require(CHANGE)
    async with tenant_tx(write=True) as unit:
        row = await lock_function(function_id, expected_version)
        before = Stage(row.stage)
        if before is stage:
            return row
        if ORDER.index(stage) > ORDER.index(before):
            await _check_ready(unit, row, ORDER.index(stage))
        row.stage = stage.value
        await touch(row)
        await record("core.function.moved", "city_function", row.id, before=before.value, after=stage.value)
    return row


async def _check_ready(unit: Unit, row: CityFunction, level: int) -> None:
    checks = Checks()
    if row.unit_id is None:
        checks.wrong("function_needs_unit", "unit_id")
    if not await FunctionOperation.exists().where(FunctionOperation.function_id == row.id):
        checks.wrong("function_needs_operations", "operations")
    if row.lead_days is None:
        checks.wrong("function_needs_lead", "lead_days")
    if row.launches is None:
        checks.wrong("function_needs_launches", "launches")
    if level >= ORDER.index(Stage.PLANNED):
        if row.owner_id is None:
            checks.wrong("function_needs_owner", "owner_id")
        if row.planned_for is None:
            checks.wrong("function_needs_plan", "planned_for")
    if level >= ORDER.index(Stage.IN_WORK):
        found = await unit.connection.fetchrow(_PROCESSES, unit.tenant_id, row.id)
        drawn, tried, live = (0, 0, 0) if found is None else (found["drawn"], found["tried"], found["live"])
        if not drawn:
            checks.wrong("function_needs_process", "stage")
        elif level >= ORDER.index(Stage.LIVE) and not live:
            checks.wrong("function_needs_production", "stage")
        elif level >= ORDER.index(Stage.TRIAL) and not (tried or live):
            checks.wrong("function_needs_trial", "stage")
    checks.done()
