"""The mayor's weekly report: they own the process of assignments, and the city plans owners' reports by the week."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.reports.periods import Period
from leancity.core.processes.reports.plans import save_plan
from leancity.core.processes.versions.processes import ProcessCard, change_process
from leancity.core.processes.versions.tables import Process
from leancity.modules.mayor_assignments.kinds import ASSIGNMENT_KEY


async def plan_week(mayor_id: uuid.UUID) -> None:
    """Give the process to the mayor and plan the report, where nobody owns the process yet."""
    async with tenant_tx():
        process = await Process.objects().where(Process.key == ASSIGNMENT_KEY).first()
    if process is None or process.owner_id is not None:
        return
    card = ProcessCard(
        key=process.key,
        title=process.title,
        function_id=process.function_id,
        owner_id=mayor_id,
        unit_id=process.unit_id,
        case_kind=process.case_kind,
    )
    await change_process(process.id, card)
    await save_plan(Period.WEEK, is_active=True)
