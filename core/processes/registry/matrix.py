"""Duties of positions against powers: what serves no power, who performs none, what several do alike.

Two duties are alike where their titles have most of their word stems in common («Выдача разрешений на земляные работы»,
«выдаёт разрешение на земляные работы»): people word the same duty differently.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from leancity.core.db.search import STEMS_SQL
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import READ
from leancity.core.processes.registry.listing import words

ALIKE = 0.6
"""Share of the stems of two titles that both have, from which they are alike."""

_UNDER = """
with recursive under (id) as (
    select id from org_unit where tenant_id = $1 and id = $2
    union
    select c.id from under u join org_unit c on c.parent_id = u.id where c.tenant_id = $1
)
"""
_STEMS = STEMS_SQL.format(text="d.title")
_WHERE = """
from position_duty d
join staff_position s on s.tenant_id = $1 and s.id = d.position_id
left join power p on p.tenant_id = $1 and p.id = d.power_id
where d.tenant_id = $1
    and ($2::uuid is null or s.unit_id in (select id from under))
    and ($3::text is null or p.kind = $3::text)
    and ($4::uuid is null or d.power_id = $4::uuid)
    and ($5::uuid is null or d.position_id = $5::uuid)
    and ($6::text is null or position($6::text in replace(lower(d.title), 'ё', 'е')) > 0)
    and (not $7::bool or d.power_id is null)
"""
_COLUMNS = "select d.id, d.key, d.title, d.position_id, d.power_id "
_LIST = _UNDER + _COLUMNS + _WHERE + "and ($8::text is null or d.key > $8::text) order by d.key limit $9"
_COUNT = _UNDER + "select count(*) " + _WHERE
_ALL = _UNDER + _COLUMNS + ", " + _STEMS + " as stems " + _WHERE + "order by d.key"
_IDLE = """
select p.id, p.key, p.title, p.kind from power p
where p.tenant_id = $1 and ($2::text is null or p.kind = $2::text) and not exists (
    select from position_duty d join staff_position s on s.tenant_id = $1 and s.id = d.position_id and s.is_active
    where d.tenant_id = $1 and d.power_id = p.id
)
order by p.key
"""


@dataclass(frozen=True, kw_only=True)
class MatrixFilter:
    """Which duties; a field left out asks for nothing. ``unit_id`` with all below it."""

    unit_id: uuid.UUID | None = None
    power_kind: str | None = None
    power_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    text: str = ""
    without_power: bool = False

    def values(self) -> tuple[object, ...]:
        return (
            self.unit_id,
            self.power_kind,
            self.power_id,
            self.position_id,
            words(self.text),
            self.without_power,
        )


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A duty and where it stands in the matrix; ``stems`` of its title, where they were asked for."""

    id: uuid.UUID
    key: str
    title: str
    position_id: uuid.UUID
    power_id: uuid.UUID | None
    stems: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """What the matrix shows. ``idle`` are ids of powers that no active position has a duty for.

    ``duplicates``: groups of like-named duties of several positions that serve one power.
    """

    duties: int
    without_power: tuple[Duty, ...]
    idle: tuple[uuid.UUID, ...]
    duplicates: tuple[tuple[Duty, ...], ...]


async def list_duties(wanted: MatrixFilter, *, limit: int, after: str | None) -> list[Duty]:
    """Return duties by key: the filled cells of the matrix."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LIST, unit.tenant_id, *wanted.values(), after, limit)
    return [Duty(**row) for row in rows]


async def count_duties(wanted: MatrixFilter) -> int:
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *wanted.values()))


async def matrix(wanted: MatrixFilter) -> Matrix:
    """Return the gaps and the duplicates among the duties that are asked for.

    Powers without performer are looked for in the whole city: another unit may perform them.
    """
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ALL, unit.tenant_id, *wanted.values())
        idle = await unit.connection.fetch(_IDLE, unit.tenant_id, wanted.power_kind)
    duties = [Duty(**{**row, "stems": frozenset(row["stems"])}) for row in rows]
    return Matrix(
        duties=len(duties),
        without_power=tuple(duty for duty in duties if duty.power_id is None),
        idle=tuple(row["id"] for row in idle),
        duplicates=duplicates(duties),
    )


def duplicates(duties: Sequence[Duty]) -> tuple[tuple[Duty, ...], ...]:
    """Return groups of duties of several positions that serve one power under names alike."""
    by_power: dict[uuid.UUID, list[Duty]] = {}
    for duty in duties:
        if duty.power_id is not None:
            by_power.setdefault(duty.power_id, []).append(duty)
    found = []
    for those in by_power.values():
        groups: list[list[Duty]] = []
        for duty in those:
            group = next((group for group in groups if are_alike(group[0].stems, duty.stems)), None)
            if group is None:
                groups.append([duty])
            else:
                group.append(duty)
        found += [tuple(group) for group in groups if len({duty.position_id for duty in group}) > 1]
    return tuple(found)


def are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two titles, as their stems, say the same."""
    both = one | other
    return bool(both) and len(one & other) >= ALIKE * len(both)
