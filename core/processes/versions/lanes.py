"""Who does what lies in a lane of a process."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, RoleRow
from leancity.core.live.announce import announce
from leancity.core.processes.registry.tables import StaffPosition
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import changed, lock_process
from leancity.core.processes.versions.stages import CHANGE
from leancity.core.processes.versions.tables import LaneBinding, Process


@dataclass(frozen=True, kw_only=True)
class LaneCard:
    """Who does what lies in ``lane``, by its name. One that names nobody unbinds the lane.

    ``is_author``: who began the case; ``is_head``: the head of ``unit_id``, or of the case's unit where it is None.
    """

    lane: str
    role_key: str = ""
    unit_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    is_author: bool = False
    is_head: bool = False

    @property
    def names_somebody(self) -> bool:
        return bool(self.role_key or self.unit_id or self.position_id or self.is_author or self.is_head)


async def bind_lane(process_id: uuid.UUID, card: LaneCard, expected_version: int | None = None) -> Process:
    """Bind a lane of a process; refuse a role, unit or position that is not there.

    It holds at once for the work that is still to be made, of every version of the process.
    """
    current_principal().require(CHANGE)
    lane = one_text("lane", card.lane, limit=SHORT, required=True)
    role_key = one_text("role_key", card.role_key, limit=SHORT)
    if card.is_author and (role_key or card.unit_id or card.position_id or card.is_head):
        raise refuse("process_lane_author", "is_author")
    async with tenant_tx(write=True):
        row = await lock_process(process_id, expected_version)
        if role_key and not await RoleRow.exists().where(RoleRow.key == role_key):
            raise refuse("not_found", "role_key")
        if card.unit_id is not None and not await OrgUnit.exists().where(OrgUnit.id == card.unit_id):
            raise refuse("not_found", "unit_id")
        if card.position_id is not None and not await StaffPosition.exists().where(
            StaffPosition.id == card.position_id
        ):
            raise refuse("not_found", "position_id")
        here = (LaneBinding.process_id == process_id) & (LaneBinding.lane == lane)
        await LaneBinding.delete().where(here)
        if card.names_somebody:
            bound = LaneBinding(process_id=process_id, lane=lane, role_key=role_key, unit_id=card.unit_id)
            bound.position_id, bound.is_author, bound.is_head = card.position_id, card.is_author, card.is_head
            await bound.save()
        await changed(row)
        await record("core.process.lane_bound", "process", process_id, lane=lane)
        await announce(TOPIC, row.id, row.version)
    return row
