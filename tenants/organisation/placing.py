"""Where the units of a workbook go among those that the city has."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from leancity.core.identity.units import UnitKind
from leancity.core.ids import new_id
from leancity.tenants.organisation.model import UnitLine
from leancity.tenants.organisation.words import folded


@dataclass(kw_only=True)
class Placed:
    """A unit to write: its id, its row as it is (None: there is none), the parent and the INN it is to have."""

    line: UnitLine
    id: uuid.UUID
    before: dict[str, Any] | None
    parent_id: uuid.UUID | None
    inn: str


def placed_units(lines: list[UnitLine], present: dict[str, dict[str, Any]]) -> list[Placed]:
    """Return the units, those above first. A line is the unit of its key, else the one of its title in its parent.

    A line without a parent, or an entity without an INN, leaves that of the unit as it is.
    """
    free = {row["id"]: row for row in present.values()}
    for line in lines:
        if line.key in present:
            free.pop(present[line.key]["id"], None)
    by_title = {(row["parent_id"], folded(row["title"])): row for row in reversed([*free.values()])}
    ids: dict[str, uuid.UUID] = {}
    placed = []
    for line in _from_above(lines):
        parent_id = ids.get(line.parent)
        before = present.get(line.key) or by_title.pop((parent_id, folded(line.title)), None)
        ids[line.key] = before["id"] if before else new_id()
        kept_inn = before["inn"] if before and line.kind == UnitKind.LEGAL_ENTITY else ""
        kept_parent = before["parent_id"] if before else None
        placed.append(
            Placed(
                line=line,
                id=ids[line.key],
                before=before,
                parent_id=parent_id or kept_parent,
                inn=line.inn or kept_inn,
            )
        )
    _open_circles(placed, present)
    return placed


def _from_above(lines: list[UnitLine]) -> list[UnitLine]:
    """Return the lines so that a parent stands before its children."""
    by_key = {line.key: line for line in lines}
    ordered: dict[str, UnitLine] = {}
    for line in lines:
        way, each = [line], line
        while each.parent in by_key and each.parent not in ordered:
            each = by_key[each.parent]
            way.append(each)
        ordered.update({one.key: one for one in reversed(way) if one.key not in ordered})
    return [*ordered.values()]


def _open_circles(placed: list[Placed], present: dict[str, dict[str, Any]]) -> None:
    """Take a unit whose parent only the city tells out of it, where the file has put that parent below the unit."""
    parents = {row["id"]: row["parent_id"] for row in present.values()}
    parents |= {unit.id: unit.parent_id for unit in placed}
    for unit in placed:
        if unit.line.parent or unit.parent_id is None:
            continue
        seen = set[uuid.UUID]()
        each: uuid.UUID | None = unit.parent_id
        while each is not None and each not in seen and each != unit.id:
            seen.add(each)
            each = parents.get(each)
        if each == unit.id:
            unit.parent_id = parents[unit.id] = None
