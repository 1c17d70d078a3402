"""Functions as people look for them: by stage, unit and what is below it, owner, power, system, review, cost, words.

A text is looked for as it is typed, without regard to case and ё: the registry of a city is a few thousand rows of its
own, read by the city's key, so no index stands behind it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from piccolo.columns import Column

from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import READ
from leancity.core.processes.registry.tables import (
    CityFunction,
    FunctionOperation,
    FunctionSystem,
    ItSystem,
    Power,
    StaffPosition,
)

_UNDER = """
with recursive under (id) as (
    select id from org_unit where tenant_id = $1 and id = $3
    union
    select c.id from under u join org_unit c on c.parent_id = u.id where c.tenant_id = $1
)
"""
# A year's cost in minor units: labour x rate x launches x 12, the function's rate or each position's.
_WHERE = """
from city_function f
left join power p on p.tenant_id = $1 and p.id = f.power_id
where f.tenant_id = $1
    and ($2::text[] is null or f.stage = any($2::text[]))
    and ($3::uuid is null or f.unit_id in (select id from under))
    and ($4::uuid is null or f.owner_id = $4::uuid)
    and ($5::text is null or p.kind = $5::text)
    and ($6::date is null or f.review_on <= $6::date)
    and ($7::uuid is null or exists (select from function_system s
        where s.tenant_id = $1 and s.function_id = f.id and s.system_id = $7::uuid))
    and ($8::float8 is null or f.launches * 12 * (
        select sum(o.minutes / 60 * coalesce(f.hourly_rate, w.hourly_rate)) from function_operation o
        left join staff_position w on w.tenant_id = $1 and w.id = o.position_id
        where o.tenant_id = $1 and o.function_id = f.id
        having bool_and(coalesce(f.hourly_rate, w.hourly_rate) is not null or o.minutes = 0)
    ) > $8::float8)
    and ($9::text is null or position($9::text in replace(lower(f.title), 'ё', 'е')) > 0
        or position($9::text in replace(lower(f.key), 'ё', 'е')) > 0)
    and ($10::uuid is null or f.power_id = $10::uuid)
"""
_LIST = _UNDER + "select f.id " + _WHERE + "and ($11::text is null or f.key > $11::text) order by f.key limit $12"
_COUNT = _UNDER + "select count(*) " + _WHERE
_POWERS = """
select id from power where tenant_id = $1 and ($2::text is null or kind = $2::text)
    and ($3::text is null or position($3::text in replace(lower(title), 'ё', 'е')) > 0)
    and ($4::text is null or key > $4::text) order by key limit $5
"""
_POWERS_COUNT = """
select count(*) from power where tenant_id = $1 and ($2::text is null or kind = $2::text)
    and ($3::text is null or position($3::text in replace(lower(title), 'ё', 'е')) > 0)
"""
_POSITIONS = """
select id from staff_position where tenant_id = $1 and ($2::uuid is null or unit_id = $2::uuid)
    and ($3::text is null or position($3::text in replace(lower(title), 'ё', 'е')) > 0)
    and ($4::text is null or key > $4::text) order by key limit $5
"""
_POSITIONS_COUNT = """
select count(*) from staff_position where tenant_id = $1 and ($2::uuid is null or unit_id = $2::uuid)
    and ($3::text is null or position($3::text in replace(lower(title), 'ё', 'е')) > 0)
"""
_SYSTEMS = """
select id from it_system where tenant_id = $1 and ($2::bool is null or is_connected = $2::bool)
    and ($3::text is null or position($3::text in replace(lower(title), 'ё', 'е')) > 0)
    and ($4::text is null or key > $4::text) order by key limit $5
"""
_SYSTEMS_COUNT = """
select count(*) from it_system where tenant_id = $1 and ($2::bool is null or is_connected = $2::bool)
    and ($3::text is null or position($3::text in replace(lower(title), 'ё', 'е')) > 0)
"""


@dataclass(frozen=True, kw_only=True)
class FunctionFilter:
    """Which functions; a field left out asks for nothing. ``unit_id`` with all below it; ``review_due`` on or before.

    ``cost_above`` in minor units of money a year; a function whose cost isn't known is not above anything.
    """

    stages: tuple[str, ...] = ()
    unit_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    power_kind: str | None = None
    power_id: uuid.UUID | None = None
    review_due: date | None = None
    system_id: uuid.UUID | None = None
    cost_above: float | None = None
    text: str = ""

    def values(self) -> tuple[object, ...]:
        return (
            [*self.stages] or None,
            self.unit_id,
            self.owner_id,
            self.power_kind,
            self.review_due,
            self.system_id,
            self.cost_above,
            words(self.text),
            self.power_id,
        )


async def list_functions(wanted: FunctionFilter, *, limit: int, after: str | None) -> list[CityFunction]:
    """Return functions by key, those behind the key ``after``."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LIST, unit.tenant_id, *wanted.values(), after, limit)
        found = await functions_by_id([row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def count_functions(wanted: FunctionFilter) -> int:
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *wanted.values()))


async def list_powers(kind: str | None, text: str, *, limit: int, after: str | None) -> list[Power]:
    """Return powers by key."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_POWERS, unit.tenant_id, kind, words(text), after, limit)
        found = await powers_by_id([row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def count_powers(kind: str | None, text: str) -> int:
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_POWERS_COUNT, unit.tenant_id, kind, words(text)))


async def list_positions(unit_id: uuid.UUID | None, text: str, *, limit: int, after: str | None) -> list[StaffPosition]:
    """Return positions by key."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_POSITIONS, unit.tenant_id, unit_id, words(text), after, limit)
        found = await positions_by_id([row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def count_positions(unit_id: uuid.UUID | None, text: str) -> int:
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_POSITIONS_COUNT, unit.tenant_id, unit_id, words(text)))


async def list_systems(is_connected: bool | None, text: str, *, limit: int, after: str | None) -> list[ItSystem]:
    """Return IT systems by key."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_SYSTEMS, unit.tenant_id, is_connected, words(text), after, limit)
        found = await systems_by_id([row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def count_systems(is_connected: bool | None, text: str) -> int:
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_SYSTEMS_COUNT, unit.tenant_id, is_connected, words(text)))


async def functions_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CityFunction]:
    """Return those of the functions that exist, by id. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await CityFunction.objects().where(CityFunction.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def powers_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Power]:
    """As ``functions_by_id``."""
    async with tenant_tx():
        rows = await Power.objects().where(Power.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def positions_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, StaffPosition]:
    """As ``functions_by_id``."""
    async with tenant_tx():
        rows = await StaffPosition.objects().where(StaffPosition.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def systems_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, ItSystem]:
    """As ``functions_by_id``."""
    async with tenant_tx():
        rows = await ItSystem.objects().where(ItSystem.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def operations_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[FunctionOperation]]:
    """Return the operations of functions, in their order. As ``functions_by_id``."""
    found: dict[uuid.UUID, list[FunctionOperation]] = {id_: [] for id_ in ids}
    async with tenant_tx():
        mine = FunctionOperation.function_id.is_in([*ids])
        rows = await FunctionOperation.objects().where(mine).order_by(FunctionOperation.place) if ids else []
    for row in rows:
        found[row.function_id].append(row)
    return found


async def uses_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[FunctionSystem]]:
    """Return which systems functions use. As ``functions_by_id``."""
    return await _uses(FunctionSystem.function_id, ids)


async def users_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[FunctionSystem]]:
    """Return by which functions systems are used. As ``functions_by_id``."""
    return await _uses(FunctionSystem.system_id, ids)


async def _uses(column: Column, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[FunctionSystem]]:
    found: dict[uuid.UUID, list[FunctionSystem]] = {id_: [] for id_ in ids}
    async with tenant_tx():
        rows = await FunctionSystem.objects().where(column.is_in([*ids])) if ids else []
    for row in sorted(rows, key=lambda row: row.id):
        found[getattr(row, column._meta.name)].append(row)
    return found


def words(text: str) -> str | None:
    """Return a text as it is looked for, None for an empty one."""
    return keepable(text).strip().lower().replace("ё", "е") or None
