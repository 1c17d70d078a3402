"""Powers of the municipality, positions of its staff list, and the duties that bind the two."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, SHORT, Checks
from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit
from leancity.core.processes.registry.checking import (
    CHANGE,
    MOST_RATE,
    MOST_SEATS,
    check_rows,
    fits,
    named,
    number,
)
from leancity.core.processes.registry.tables import ItSystem, PositionDuty, Power, StaffPosition

Row = TypeVar("Row", bound=TenantTable)


class PowerKind(StrEnum):
    """Whether the law obliges the municipality, lets it, or has handed it a power of the state."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    DELEGATED = "delegated"


class Interface(StrEnum):
    """How other systems may speak to an IT system."""

    NONE = "none"
    UNKNOWN = "unknown"
    REST = "rest"
    SOAP = "soap"
    FILES = "files"
    DATABASE = "database"


@dataclass(frozen=True, kw_only=True)
class PowerCard:
    """``ground`` is the act that gives the power; the fits are 0 to 5."""

    key: str
    title: str
    kind: PowerKind = PowerKind.MANDATORY
    ground: str = ""
    fit_strategy: int | None = None
    fit_smart_city: int | None = None
    fit_national: int | None = None
    fit_surveys: int | None = None


@dataclass(frozen=True, kw_only=True)
class PositionCard:
    """``seats`` people in it; ``hourly_rate`` in minor units of money."""

    key: str
    title: str
    unit_id: uuid.UUID
    seats: float = 1.0
    hourly_rate: int | None = None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class DutyCard:
    """A duty without ``power_id`` shows in the matrix as one that serves no power."""

    key: str
    title: str
    position_id: uuid.UUID
    power_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class SystemCard:
    """``unit_id`` owns it; ``is_connected`` to the city's platform."""

    key: str
    title: str
    unit_id: uuid.UUID | None = None
    vendor: str = ""
    interface: Interface = Interface.UNKNOWN
    is_connected: bool = False
    note: str = ""


async def save_power(card: PowerCard) -> Power:
    """Add a power or change the one with this key."""
    current_principal().require(CHANGE)
    checks = Checks()
    values = {
        **named(checks, card.key, card.title),
        "kind": card.kind.value,
        "ground": checks.text("ground", card.ground, limit=SHORT * 5),
        **fits(checks, card),
    }
    return await _save(Power, values, checks, "core.power.saved")


async def save_position(card: PositionCard) -> StaffPosition:
    """Add a position or change the one with this key."""
    current_principal().require(CHANGE)
    checks = Checks()
    values = {
        **named(checks, card.key, card.title),
        "unit_id": card.unit_id,
        "seats": number(checks, "seats", card.seats, low=0, high=MOST_SEATS),
        "hourly_rate": number(checks, "hourly_rate", card.hourly_rate, low=0, high=MOST_RATE),
        "is_active": card.is_active,
    }
    return await _save(StaffPosition, values, checks, "core.position.saved", unit_id=(OrgUnit, card.unit_id))


async def save_duty(card: DutyCard) -> PositionDuty:
    """Add a duty or change the one with this key."""
    current_principal().require(CHANGE)
    checks = Checks()
    values = {**named(checks, card.key, card.title), "position_id": card.position_id, "power_id": card.power_id}
    asked: dict[str, tuple[type[TenantTable], uuid.UUID | None]] = {
        "position_id": (StaffPosition, card.position_id),
        "power_id": (Power, card.power_id),
    }
    return await _save(PositionDuty, values, checks, "core.duty.saved", **asked)


async def remove_duty(duty_id: uuid.UUID) -> None:
    """Take a duty off its position."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        if not await PositionDuty.delete().where(PositionDuty.id == duty_id).returning(PositionDuty.id):
            raise refuse("not_found", "duty_id")
        await record("core.duty.removed", "position_duty", duty_id)


async def save_system(card: SystemCard) -> ItSystem:
    """Add an IT system to the inventory or change the one with this key."""
    current_principal().require(CHANGE)
    checks = Checks()
    values = {
        **named(checks, card.key, card.title),
        "unit_id": card.unit_id,
        "vendor": checks.text("vendor", card.vendor, limit=SHORT),
        "interface": card.interface.value,
        "is_connected": card.is_connected,
        "note": checks.text("note", card.note, limit=LONG),
    }
    return await _save(ItSystem, values, checks, "core.it_system.saved", unit_id=(OrgUnit, card.unit_id))


async def _save(
    table: type[Row],
    values: dict[str, Any],
    checks: Checks,
    action: str,
    **references: tuple[type[TenantTable], uuid.UUID | None],
) -> Row:
    checks.done()
    key = table._meta.get_column_by_name("key")
    async with tenant_tx(write=True):
        await check_rows(checks, references)
        checks.done()
        # Two that bring the same new key at once: the second waits here, and changes what the first has added.
        target = (table.tenant_id, key)
        fresh = table(**values)
        if await table.insert(fresh).on_conflict(target, "DO NOTHING").returning(table.id):
            await record(action, table._meta.tablename, fresh.id, key=values["key"])
            return fresh
        row = await table.objects().where(key == values["key"]).lock_rows("UPDATE").first()
        if row is None:
            raise refuse("not_found", "key")
        before = row.to_dict()
        if changed := [name for name, value in values.items() if before[name] != value]:
            for name in changed:
                setattr(row, name, values[name])
            await row.save()
            await record(action, table._meta.tablename, row.id, fields=changed)
    return row
