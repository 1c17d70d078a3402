"""The operations of a function: an ordered list, given whole or changed at one place."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.ids import new_id
from leancity.core.processes.registry.checking import CHANGE, MOST_MINUTES, check_rows, number
from leancity.core.processes.registry.functions import lock_function, touch
from leancity.core.processes.registry.tables import CityFunction, FunctionOperation, StaffPosition

MOST = 200
"""Operations of one function."""
VALUES = ("", "va", "bnva", "nva")
"""Not judged yet, adds value, required by law, adds none."""

_ASIDE = "update function_operation set place = -place - 1 where tenant_id = $1 and function_id = $2"
_PLACES = """
update function_operation o set place = n.place
from unnest($3::uuid[], $4::int[]) as n (id, place) where o.tenant_id = $1 and o.function_id = $2 and o.id = n.id
"""


@dataclass(frozen=True, kw_only=True)
class OperationCard:
    """All that is told of an operation: minutes of one launch, ``value_class`` one of ``VALUES``."""

    title: str
    minutes: float = 0.0
    waiting_minutes: float | None = None
    movement_minutes: float | None = None
    value_class: str = ""
    position_id: uuid.UUID | None = None
    node_id: str = ""


async def replace_operations(
    function_id: uuid.UUID, cards: Sequence[OperationCard], *, expected_version: int | None = None
) -> CityFunction:
    """Give a function another list of operations; ``Refused`` names the place of each that is wrong."""
    current_principal().require(CHANGE)
    checks = Checks()
    if len(cards) > MOST:
        raise refuse("function_operations_many", "operations", limit=MOST)
    checked = [_checked(checks, card, f"operations.{number}.") for number, card in enumerate(cards)]
    async with tenant_tx(write=True):
        row = await lock_function(function_id, expected_version)
        await _check_positions(checks, checked)
        await FunctionOperation.delete().where(FunctionOperation.function_id == row.id)
        new = [FunctionOperation(id=new_id(), function_id=row.id, place=n, **v) for n, v in enumerate(checked, 1)]
        if new:
            await FunctionOperation.insert(*new)
        await touch(row)
        await record("core.function.operations_set", "city_function", row.id, count=len(new))
    return row


async def add_operation(
    function_id: uuid.UUID, card: OperationCard, *, place: int | None = None, expected_version: int | None = None
) -> CityFunction:
    """Put an operation at a place, counted from 1; None or one that is too far is the end."""
    current_principal().require(CHANGE)
    values = _one(card)
    async with tenant_tx(write=True) as unit:
        row = await lock_function(function_id, expected_version)
        ids = await _ids(row.id)
        if len(ids) >= MOST:
            raise refuse("function_operations_many", "operations", limit=MOST)
        await _check_position(values)
        new = FunctionOperation(id=new_id(), function_id=row.id, place=MOST + 1, **values)
        await new.save()
        ids.insert(_index(place, len(ids)), new.id)
        await _arrange(unit, row, ids)
        await record("core.function.operation_added", "city_function", row.id, operation=str(new.id))
    return row


async def change_operation(
    operation_id: uuid.UUID, card: OperationCard, *, place: int | None = None, expected_version: int | None = None
) -> CityFunction:
    """Give an operation another card and, where ``place`` is told, another place."""
    current_principal().require(CHANGE)
    values = _one(card)
    async with tenant_tx(write=True) as unit:
        row, operation = await _locked(operation_id, expected_version)
        await _check_position(values)
        for name, value in values.items():
            setattr(operation, name, value)
        await operation.save()
        ids = await _ids(row.id)
        if place is not None:
            ids.remove(operation.id)
            ids.insert(_index(place, len(ids)), operation.id)
        await _arrange(unit, row, ids)
        await record("core.function.operation_changed", "city_function", row.id, operation=str(operation.id))
    return row


async def remove_operation(operation_id: uuid.UUID, *, expected_version: int | None = None) -> CityFunction:
    """Take an operation out of its list; those behind it move up."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True) as unit:
        row, operation = await _locked(operation_id, expected_version)
        await FunctionOperation.delete().where(FunctionOperation.id == operation.id)
        await _arrange(unit, row, await _ids(row.id))
        await record("core.function.operation_removed", "city_function", row.id, operation=str(operation.id))
    return row


async def _locked(operation_id: uuid.UUID, expected_version: int | None) -> tuple[CityFunction, FunctionOperation]:
    by_id = FunctionOperation.objects().where(FunctionOperation.id == operation_id)
    found = await by_id.first()
    if found is None:
        raise refuse("not_found", "operation_id")
    row = await lock_function(found.function_id, expected_version)
    # Read again under the function's lock: another change may have taken it away meanwhile.
    operation = await FunctionOperation.objects().where(FunctionOperation.id == operation_id).first()
    if operation is None:
        raise refuse("not_found", "operation_id")
    return row, operation


async def _ids(function_id: uuid.UUID) -> list[uuid.UUID]:
    mine = FunctionOperation.function_id == function_id
    rows = await FunctionOperation.select(FunctionOperation.id).where(mine).order_by(FunctionOperation.place)
    return [row["id"] for row in rows]


async def _arrange(unit: Unit, row: CityFunction, ids: list[uuid.UUID]) -> None:
    """Number the operations as they are listed; aside first, for a place is never taken twice."""
    await unit.connection.execute(_ASIDE, unit.tenant_id, row.id)
    await unit.connection.execute(_PLACES, unit.tenant_id, row.id, ids, [*range(1, len(ids) + 1)])
    await touch(row)


def _index(place: int | None, count: int) -> int:
    if place is not None and place < 1:
        raise refuse("registry_number_outside", "place", low=1, high=MOST)
    return count if place is None else min(place - 1, count)


def _one(card: OperationCard) -> dict[str, Any]:
    checks = Checks()
    values = _checked(checks, card, "")
    checks.done()
    return values


def _checked(checks: Checks, card: OperationCard, path: str) -> dict[str, Any]:
    if card.value_class not in VALUES:
        checks.wrong("registry_choice_unknown", f"{path}value_class", choices=", ".join(VALUES[1:]))
    high = MOST_MINUTES
    return {
        "title": checks.text(f"{path}title", card.title, limit=SHORT * 5, required=True),
        "minutes": number(checks, f"{path}minutes", card.minutes, low=0, high=high),
        "waiting_minutes": number(checks, f"{path}waiting_minutes", card.waiting_minutes, low=0, high=high),
        "movement_minutes": number(checks, f"{path}movement_minutes", card.movement_minutes, low=0, high=high),
        "value_class": card.value_class,
        "position_id": card.position_id,
        "node_id": checks.text(f"{path}node_id", card.node_id, limit=SHORT),
    }


async def _check_positions(checks: Checks, values: Sequence[dict[str, Any]]) -> None:
    asked = {each["position_id"] for each in values} - {None}
    known = set()
    if asked:
        rows = await StaffPosition.select(StaffPosition.id).where(StaffPosition.id.is_in([*asked]))
        known = {row["id"] for row in rows}
    for place, each in enumerate(values):
        if each["position_id"] is not None and each["position_id"] not in known:
            checks.wrong("not_found", f"operations.{place}.position_id")
    checks.done()


async def _check_position(values: dict[str, Any]) -> None:
    checks = Checks()
    await check_rows(checks, {"position_id": (StaffPosition, values["position_id"])})
    checks.done()
