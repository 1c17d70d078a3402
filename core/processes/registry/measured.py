"""A function's passport as entered, beside what its processes' cases took, and where the two differ much."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import CoreSettings
from leancity.core.moment import now
from leancity.core.processes.registry.checking import READ
from leancity.core.processes.registry.listing import functions_by_id, operations_of, positions_by_id
from leancity.core.processes.registry.passport import (
    FunctionEntry,
    OperationEntry,
    Passport,
    differs,
    passport_of,
    rounded,
)
from leancity.core.processes.registry.tables import CityFunction, FunctionOperation, StaffPosition
from leancity.core.settings.service import settings_of

WINDOW = timedelta(days=365)
"""How far back cases count."""
MONTH = timedelta(days=30, hours=10, minutes=30)
"""A twelfth of a year of 365.25 days."""
MINOR = 100
"""Minor units of a rouble."""

# Real cases where there are any; those of other systems' logs otherwise, which is how the as-is is measured.
_MEASURED = """
select c.mark, count(*) as opened, min(c.opened_at) as first_opened, count(c.closed_w) as closed,
    percentile_cont(0.5) within group (order by c.closed_w - c.opened_w - c.paused_w) as lead_s,
    percentile_cont(0.5) within group (order by c.labour_s) filter (where c.closed_w is not null) as labour_s,
    avg(c.is_faulty::int) filter (where c.closed_w is not null) as error_share
from process p
join process_case_fact c on c.tenant_id = $1 and c.process_id = p.id
where p.tenant_id = $1 and p.function_id = $2 and c.mark in ('production', 'import') and c.opened_at >= $3
group by c.mark order by c.mark desc
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What closed cases of the year past took: medians, and the mean share with errors. ``source``: production, import.

    ``launches`` a month, from the first case on; None before a month of them. ``cases`` counts the closed ones.
    """

    source: str
    cases: int
    lead_days: Decimal | None
    labour_hours: Decimal | None
    error_percent: Decimal | None
    launches: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``differing`` names the figures that lie further apart than the city's ``share`` of the entered one.

    ``is_costly``: a year of it costs more than the city's limit.
    """

    passport: Passport
    measured: Measured | None
    differing: tuple[str, ...]
    share: Decimal
    is_costly: bool


async def function_passport(function_id: uuid.UUID) -> Comparison | None:
    """Return the passport of a function, None where there is no such function."""
    current_principal().require(READ)
    settings = await settings_of("core", CoreSettings)
    async with tenant_tx() as unit:
        row = (await functions_by_id([function_id])).get(function_id)
        if row is None:
            return None
        operations = (await operations_of([row.id]))[row.id]
        positions = await positions_by_id({each.position_id for each in operations} - {None})
        facts = await unit.connection.fetch(_MEASURED, unit.tenant_id, row.id, now() - WINDOW)
    passport = passport_of(entry_of(row, operations, positions))
    measured = next((_measured(dict(fact), row.day_hours) for fact in facts if fact["closed"]), None)
    share = Decimal(str(settings.passport_difference))
    return Comparison(
        passport=passport,
        measured=measured,
        differing=() if measured is None else tuple(_differing(passport, measured, share)),
        share=share,
        is_costly=passport.cost_a_year is not None and passport.cost_a_year > settings.costly_function * MINOR,
    )


def entry_of(
    row: CityFunction, operations: list[FunctionOperation], positions: Mapping[uuid.UUID, StaffPosition]
) -> FunctionEntry:
    """Return a function as the passport takes it."""

    def rate_of(position_id: uuid.UUID | None) -> Decimal | None:
        position = None if position_id is None else positions.get(position_id)
        return None if position is None else exact(position.hourly_rate)

    return FunctionEntry(
        lead_days=exact(row.lead_days),
        day_hours=Decimal(str(row.day_hours)),
        launches=exact(row.launches),
        error_share=exact(row.error_share),
        rate=exact(row.hourly_rate),
        operations=tuple(
            OperationEntry(
                title=each.title,
                minutes=Decimal(str(each.minutes)),
                waiting_minutes=exact(each.waiting_minutes),
                movement_minutes=exact(each.movement_minutes),
                value_class=each.value_class,
                rate=rate_of(each.position_id),
            )
            for each in operations
        ),
    )


def exact(value: float | int | None) -> Decimal | None:
    """Return a stored number as it was typed: 61.8, not the nearest binary fraction."""
    return None if value is None else Decimal(str(value))


def _measured(fact: Mapping[str, Any], day_hours: float) -> Measured:
    lasted = now() - fact["first_opened"]
    return Measured(
        source=fact["mark"],
        cases=fact["closed"],
        lead_days=_figure(fact["lead_s"], day_hours * 3600),
        labour_hours=_figure(fact["labour_s"], 3600.0),
        error_percent=_figure(fact["error_share"], 0.01),
        launches=_figure(fact["opened"], lasted / MONTH) if lasted >= MONTH else None,
    )


def _figure(value: float | Decimal | None, unit: float) -> Decimal | None:
    return None if value is None else rounded(Decimal(str(float(value) / unit)))


def _differing(passport: Passport, measured: Measured, share: Decimal) -> list[str]:
    pairs = {
        "lead_days": (passport.lead_days, measured.lead_days),
        "labour_hours": (passport.labour_hours if passport.operations else None, measured.labour_hours),
        "error_percent": (passport.error_percent, measured.error_percent),
        "launches": (passport.launches, measured.launches),
    }
    return [name for name, (entered, found) in pairs.items() if differs(entered, found, share)]
