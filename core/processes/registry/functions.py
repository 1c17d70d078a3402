"""Functions of the municipality: entered, described, changed. Each change is recorded and counts the version up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.moment import now
from leancity.core.processes.registry.checking import (
    CHANGE,
    DAY_HOURS,
    MOST_DAYS,
    MOST_LAUNCHES,
    MOST_RATE,
    check_rows,
    fits,
    named,
    number,
)
from leancity.core.processes.registry.tables import CityFunction, Power, StaffPosition

LEAST = 0.01
"""Of what divides: a lead time, the hours of a day."""


@dataclass(frozen=True, kw_only=True)
class FunctionCard:
    """All that is told of a function but its stage, its operations and its systems.

    ``lead_days`` in days of ``day_hours``; ``launches`` a month; ``error_share`` 0 to 1; ``hourly_rate`` in minor
    units, None takes the positions'; the fits 0 to 5.
    """

    key: str
    title: str
    description: str = ""
    unit_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    power_id: uuid.UUID | None = None
    planned_for: date | None = None
    review_on: date | None = None
    lead_days: float | None = None
    day_hours: float = 8.0
    launches: float | None = None
    error_share: float | None = None
    hourly_rate: int | None = None
    fit_strategy: int | None = None
    fit_smart_city: int | None = None
    fit_national: int | None = None
    fit_surveys: int | None = None


async def create_function(card: FunctionCard) -> CityFunction:
    """Enter a function into the inventory; refuse a key that is taken and name every field that is wrong."""
    current_principal().require(CHANGE)
    checks = Checks()
    values = _checked(checks, card)
    async with tenant_tx(write=True):
        moment = now()
        row = CityFunction(**values, created_at=moment, changed_at=moment)
        await _check_references(checks, row)
        await row.save()
        await record("core.function.created", "city_function", row.id, key=row.key)
    return row


async def change_function(
    function_id: uuid.UUID, card: FunctionCard, *, expected_version: int | None = None
) -> CityFunction:
    """Give a function another card; nothing is written where nothing differs."""
    current_principal().require(CHANGE)
    checks = Checks()
    values = _checked(checks, card)
    async with tenant_tx(write=True):
        row = await lock_function(function_id, expected_version)
        before = row.to_dict()
        for name, value in values.items():
            setattr(row, name, value)
        await _check_references(checks, row)
        if changed := [name for name, value in values.items() if before[name] != value]:
            await touch(row)
            await record("core.function.changed", "city_function", row.id, fields=changed)
    return row


async def lock_function(function_id: uuid.UUID, expected_version: int | None = None) -> CityFunction:
    """Return a function locked in the caller's unit; refuse one that is not there or was changed meanwhile."""
    row = await CityFunction.objects().where(CityFunction.id == function_id).lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "function_id")
    if expected_version is not None and row.version != expected_version:
        raise refuse("function_changed", "expected_version")
    return row


async def touch(row: CityFunction) -> None:
    """Write a locked function as its next version."""
    row.version += 1
    row.changed_at = now()
    await row.save()


def _checked(checks: Checks, card: FunctionCard) -> dict[str, Any]:
    return {
        **named(checks, card.key, card.title),
        "description": checks.text("description", card.description, limit=LONG),
        "unit_id": card.unit_id,
        "position_id": card.position_id,
        "owner_id": card.owner_id,
        "power_id": card.power_id,
        "planned_for": card.planned_for,
        "review_on": card.review_on,
        "lead_days": number(checks, "lead_days", card.lead_days, low=LEAST, high=MOST_DAYS),
        "day_hours": number(checks, "day_hours", card.day_hours, low=LEAST, high=DAY_HOURS),
        "launches": number(checks, "launches", card.launches, low=0, high=MOST_LAUNCHES),
        "error_share": number(checks, "error_share", card.error_share, low=0, high=1),
        "hourly_rate": number(checks, "hourly_rate", card.hourly_rate, low=0, high=MOST_RATE),
        **fits(checks, card),
    }


async def _check_references(checks: Checks, row: CityFunction) -> None:
    if await CityFunction.exists().where((CityFunction.key == row.key) & (CityFunction.id != row.id)):
        checks.wrong("key_taken", "key", key=row.key)
    await check_rows(
        checks,
        {
            "unit_id": (OrgUnit, row.unit_id),
            "position_id": (StaffPosition, row.position_id),
            "power_id": (Power, row.power_id),
        },
    )
    # A resident owns no function of the municipality.
    staff = (UserAccount.id == row.owner_id) & (UserAccount.kind == "staff")
    if row.owner_id is not None and not await UserAccount.exists().where(staff):
        checks.wrong("not_found", "owner_id")
    checks.done()
