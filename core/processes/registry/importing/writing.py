"""Writing what lines have become, a statement a kind: in one transaction, with a line of the audit log for each row."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leancity.core.audit.log import Entry, record_all
from leancity.core.db.unit import Connection, Unit
from leancity.core.moment import now
from leancity.core.processes.registry.importing.resolving import Fate, Told

_POWERS = """
insert into power (tenant_id, id, key, title, kind, ground, fit_strategy, fit_smart_city, fit_national, fit_surveys)
select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int2[], $8::int2[],
    $9::int2[], $10::int2[]) as n
on conflict (tenant_id, key) do update set title = excluded.title, kind = excluded.kind, ground = excluded.ground,
    fit_strategy = excluded.fit_strategy, fit_smart_city = excluded.fit_smart_city,
    fit_national = excluded.fit_national, fit_surveys = excluded.fit_surveys
"""
_POSITIONS = """
insert into staff_position (tenant_id, id, key, title, unit_id, seats, hourly_rate, is_active)
select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::float8[], $7::int8[], $8::bool[]) as n
on conflict (tenant_id, key) do update set title = excluded.title, unit_id = excluded.unit_id, seats = excluded.seats,
    hourly_rate = excluded.hourly_rate, is_active = excluded.is_active
"""
_DUTIES = """
insert into position_duty (tenant_id, id, key, title, position_id, power_id)
select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[]) as n
on conflict (tenant_id, key) do update set title = excluded.title, position_id = excluded.position_id,
    power_id = excluded.power_id
"""
_SYSTEMS = """
insert into it_system (tenant_id, id, key, title, unit_id, vendor, interface, is_connected, note)
select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::bool[],
    $9::text[]) as n
on conflict (tenant_id, key) do update set title = excluded.title, unit_id = excluded.unit_id,
    vendor = excluded.vendor, interface = excluded.interface, is_connected = excluded.is_connected,
    note = excluded.note
"""
_FUNCTIONS = """
insert into city_function (tenant_id, created_at, changed_at, version, id, key, title, description, unit_id,
    position_id, owner_id, power_id, stage, planned_for, review_on, lead_days, day_hours, launches, error_share,
    hourly_rate, fit_strategy, fit_smart_city, fit_national, fit_surveys)
select $1, $2, $2, 1, n.* from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
    $9::uuid[], $10::uuid[], $11::text[], $12::date[], $13::date[], $14::float8[], $15::float8[], $16::float8[],
    $17::float8[], $18::int8[], $19::int2[], $20::int2[], $21::int2[], $22::int2[]) as n
on conflict (tenant_id, key) do update set title = excluded.title, description = excluded.description,
    unit_id = excluded.unit_id, position_id = excluded.position_id, owner_id = excluded.owner_id,
    power_id = excluded.power_id, planned_for = excluded.planned_for, review_on = excluded.review_on,
    lead_days = excluded.lead_days, day_hours = excluded.day_hours, launches = excluded.launches,
    error_share = excluded.error_share, hourly_rate = excluded.hourly_rate, fit_strategy = excluded.fit_strategy,
    fit_smart_city = excluded.fit_smart_city, fit_national = excluded.fit_national,
    fit_surveys = excluded.fit_surveys
"""
_OPERATIONS = """
insert into function_operation (tenant_id, id, function_id, place, title, minutes, waiting_minutes, movement_minutes,
    value_class, position_id, node_id)
select $1, n.*, '' from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::float8[], $7::float8[], $8::float8[],
    $9::text[], $10::uuid[]) as n
on conflict (tenant_id, function_id, place) do update set title = excluded.title, minutes = excluded.minutes,
    waiting_minutes = excluded.waiting_minutes, movement_minutes = excluded.movement_minutes,
    value_class = excluded.value_class, position_id = excluded.position_id
"""
_USES = """
insert into function_system (tenant_id, id, function_id, system_id, purpose)
select $1, n.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) as n
on conflict (tenant_id, function_id, system_id) do update set purpose = excluded.purpose
"""
_TOUCHED = """
update city_function set version = version + 1, changed_at = $3 where tenant_id = $1 and id = any($2::uuid[])
"""
_FITS = ("fit_strategy", "fit_smart_city", "fit_national", "fit_surveys")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "powers": ("id", "key", "title", "kind", "ground", *_FITS),
    "positions": ("id", "key", "title", "unit_id", "seats", "hourly_rate", "is_active"),
    "duties": ("id", "key", "title", "position_id", "power_id"),
    "systems": ("id", "key", "title", "unit_id", "vendor", "interface", "is_connected", "note"),
    "functions": ("id", "key", "title", "description", "unit_id", "position_id", "owner_id", "power_id", "stage",
                  "planned_for", "review_on", "lead_days", "day_hours", "launches", "error_share", "hourly_rate",
                  *_FITS),
    "operations": ("id", "function_id", "place", "title", "minutes", "waiting_minutes", "movement_minutes",
                   "value_class", "position_id"),
    "uses": ("id", "function_id", "system_id", "purpose"),
}  # fmt: skip
_SUBJECTS = {
    "powers": ("core.power.saved", "power"),
    "positions": ("core.position.saved", "staff_position"),
    "duties": ("core.duty.saved", "position_duty"),
    "systems": ("core.it_system.saved", "it_system"),
}


async def write(unit: Unit, told: Sequence[Told]) -> None:
    """Write the rows of lines within the caller's unit, in the order in which they refer to each other."""
    moment, tenant_id = now(), unit.tenant_id
    execute = unit.connection.execute
    if columns := _given(told, "powers"):
        await execute(_POWERS, tenant_id, *columns)
    if columns := _given(told, "positions"):
        await execute(_POSITIONS, tenant_id, *columns)
    if columns := _given(told, "duties"):
        await execute(_DUTIES, tenant_id, *columns)
    if columns := _given(told, "systems"):
        await execute(_SYSTEMS, tenant_id, *columns)
    if columns := _given(told, "functions"):
        await execute(_FUNCTIONS, tenant_id, moment, *columns)
    if columns := _given(told, "operations"):
        await execute(_OPERATIONS, tenant_id, *columns)
    if columns := _given(told, "uses"):
        await execute(_USES, tenant_id, *columns)
    await _touch(unit.connection, tenant_id, told, moment)
    await record_all(_entries(told))


def _given(told: Sequence[Told], kind: str) -> list[list[Any]]:
    """Return the columns of a kind's rows, nothing where no line of it writes any."""
    rows = [each.row for each in told if each.kind == kind and each.row is not None]
    return [[row[column] for row in rows] for column in _COLUMNS[kind]] if rows else []


async def _touch(connection: Connection, tenant_id: int, told: Sequence[Told], moment: datetime) -> None:
    """Count up the versions of functions that were there and have changed, also by their operations or systems."""
    fresh = {each.row["id"] for each in _written(told) if each.kind == "functions" and each.fate is Fate.CREATED
             and each.row is not None}  # fmt: skip
    if changed := _functions(told) - fresh:
        await connection.execute(_TOUCHED, tenant_id, [*changed], moment)


def _functions(told: Sequence[Told]) -> set[uuid.UUID]:
    of = {"functions": "id", "operations": "function_id", "uses": "function_id"}
    return {each.row[of[each.kind]] for each in _written(told) if each.kind in of and each.row is not None}


def _written(told: Sequence[Told]) -> list[Told]:
    return [each for each in told if each.row is not None]


def _entries(told: Sequence[Told]) -> list[Entry]:
    entries = []
    parts: dict[uuid.UUID, dict[str, int]] = {}
    for each in _written(told):
        row = each.row or {}
        if each.kind == "functions":
            action = "core.function.created" if each.fate is Fate.CREATED else "core.function.changed"
            entries.append(Entry(action, "city_function", row["id"], {"key": row["key"], "fields": each.changed}))
        elif each.kind in _SUBJECTS:
            action, subject = _SUBJECTS[each.kind]
            entries.append(Entry(action, subject, row["id"], {"key": row["key"], "fields": each.changed}))
        else:
            counts = parts.setdefault(row["function_id"], {"operations": 0, "uses": 0})
            counts[each.kind] += 1
    entries += [Entry("core.function.parts_imported", "city_function", id_, counts) for id_, counts in parts.items()]
    return entries
