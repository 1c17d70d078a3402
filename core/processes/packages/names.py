"""The names of the giving city that a process leans on, gathered from its rows while its package is made."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from leancity.core.clock.calendar import OFFICE
from leancity.core.clock.city import OFFICE_WEEK, own_hours
from leancity.core.db.unit import Unit
from leancity.core.errors import refuse
from leancity.core.identity.tables import OrgUnit, RoleRow
from leancity.core.processes.figures.cut import FEW
from leancity.core.processes.packages.drawn_names import Drawn
from leancity.core.processes.packages.model import Lane, Name
from leancity.core.processes.registry.tables import StaffPosition
from leancity.core.processes.versions.tables import LaneBinding

# A channel that hardly anybody came by would tell of those few.
_CHANNELS = """
select channel from process_case_fact where tenant_id = $1 and process_id = $2 and channel <> ''
group by channel having count(*) >= $3 order by channel
"""


async def names_of(
    unit: Unit, process_id: uuid.UUID, lanes: Sequence[LaneBinding], drawn: Drawn
) -> tuple[list[Lane], list[Name]]:
    """Return who works in the lanes, by natural keys, and all names that the package asks the other city for.

    ``drawn``: what the drawing itself names. Joins the open unit.
    """
    positions = await _by_id(StaffPosition, {row.position_id for row in lanes} - {None})
    of_lanes = {row.unit_id for row in lanes} | {row.unit_id for row in positions.values()}
    found = await _by_id(OrgUnit, of_lanes - {None})
    for key in sorted(drawn.units):
        row = await OrgUnit.objects().where(OrgUnit.key == key).first()
        if row is None:
            raise refuse("process_unit_unknown", "process_id", element=key)
        found[row.id] = row
    wanted = {*drawn.roles, *(row.role_key for row in lanes)} - {""}
    names = [await _role(key) for key in sorted(wanted)]
    names += [
        Name(kind="unit", key=row.key, title=row.title, kind_of_unit=row.kind)
        for row in sorted(found.values(), key=lambda each: each.key)
    ]
    names += [
        Name(kind="position", key=row.key, title=row.title, unit=found[row.unit_id].key)
        for row in sorted(positions.values(), key=lambda each: each.key)
    ]
    names += [await _calendar(key) for key in (OFFICE, *sorted(drawn.calendars))]
    channels = await unit.connection.fetch(_CHANNELS, unit.tenant_id, process_id, FEW)
    names += [Name(kind="channel", key=row["channel"], title=row["channel"]) for row in channels]
    return [_lane(row, found, positions) for row in lanes], names


async def _calendar(key: str) -> Name:
    hours = await own_hours(key)
    if hours is None and key != OFFICE:
        raise refuse("not_found", "process_id")
    return Name(kind="calendar", key=key, title=key, detail="; ".join((hours or {"weekly": OFFICE_WEEK})["weekly"]))


async def _role(key: str) -> Name:
    row = await RoleRow.objects().where(RoleRow.key == key).first()
    if row is None:
        raise refuse("role_unknown", "process_id", role=key)
    return Name(kind="role", key=row.key, title=row.title, permissions=tuple(sorted(row.permissions)))


async def _by_id(table: Any, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Any]:
    rows = await table.objects().where(table.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


def _lane(row: LaneBinding, units: dict[uuid.UUID, Any], positions: dict[uuid.UUID, Any]) -> Lane:
    return Lane(
        lane=row.lane,
        role=row.role_key,
        unit="" if row.unit_id is None else units[row.unit_id].key,
        position="" if row.position_id is None else positions[row.position_id].key,
        is_author=row.is_author,
        is_head=row.is_head,
    )
