"""Whom a work item waits for: who has it, or who may take it, and who stands in for those who are away."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.settings import CoreSettings
from leancity.core.moment import now
from leancity.core.processes.running.fitting import fit_for
from leancity.core.processes.running.tables import WorkItem
from leancity.core.processes.running.worklist import ACTIVE
from leancity.core.processes.running.workload import near
from leancity.core.settings.service import settings_of

_SUBSTITUTES = """
select distinct substitute_id from absence
where tenant_id = $1 and user_id = any($2::uuid[]) and substitute_id is not null and from_at <= $3 and until_at > $3
"""


async def workers_of(item_id: uuid.UUID) -> list[uuid.UUID]:
    """Return who is to be told of an item that is still to be done, in the order of their ids.

    Who has it; where nobody has, those who may take it, unless there are more of them than the city wants to be told
    (``tasks_told_most``). Nobody for the test stand's. Asks for no permission: guard what leads there.
    """
    most = (await settings_of("core", CoreSettings)).tasks_told_most
    async with tenant_tx():
        item = await WorkItem.objects().where(WorkItem.id == item_id).first()
        if item is None or item.state not in ACTIVE or item.mark == "test":
            return []
        if item.assignee_id is not None:
            found = {item.assignee_id}
        else:
            found = await fit_for(item_id, await near(item_id, item.role_key))
            if len(found) > most:
                return []
        found |= await _substitutes(found)
    return sorted(found - {*item.barred})


async def _substitutes(user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_SUBSTITUTES, unit.tenant_id, [*user_ids], now())
    return {row["substitute_id"] for row in rows}
