"""Powers and functions ranked by the method's four fits: the first step of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import FITS, READ

# The sum of the marks that there are; a row with marks missing stands by what it has, and says how many it lacks.
_SCORED = """
select * from (
    select id, key, title, -coalesce(fit_strategy, 0) - coalesce(fit_smart_city, 0) - coalesce(fit_national, 0)
        - coalesce(fit_surveys, 0) as place, fit_strategy, fit_smart_city, fit_national, fit_surveys
    from {table} where tenant_id = $1
) r where $2::int is null or (place, key) > ($2::int, $3::text)
order by place, key limit $4
"""
_POWERS = _SCORED.format(table="power")
_FUNCTIONS = _SCORED.format(table="city_function")
_COUNT_POWERS = "select count(*) from power where tenant_id = $1"
_COUNT_FUNCTIONS = "select count(*) from city_function where tenant_id = $1"


class Subject(StrEnum):
    """What is ranked."""

    POWERS = "powers"
    FUNCTIONS = "functions"


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """``score`` is the sum of the marks, at most 20; ``missing`` the names of those that nobody has given."""

    id: uuid.UUID
    key: str
    title: str
    score: int
    missing: tuple[str, ...]


async def ranking(subject: Subject, *, limit: int, after: tuple[int, str] | None) -> list[Ranked]:
    """Return powers or functions, the best fit first, then by key; behind ``after``, a score below nought and a key."""
    current_principal().require(READ)
    place, key = after or (None, None)
    async with tenant_tx() as unit:
        if subject is Subject.POWERS:
            rows = await unit.connection.fetch(_POWERS, unit.tenant_id, place, key, limit)
        else:
            rows = await unit.connection.fetch(_FUNCTIONS, unit.tenant_id, place, key, limit)
    return [
        Ranked(
            id=row["id"],
            key=row["key"],
            title=row["title"],
            score=-row["place"],
            missing=tuple(name for name in FITS if row[name] is None),
        )
        for row in rows
    ]


async def count_ranked(subject: Subject) -> int:
    current_principal().require(READ)
    async with tenant_tx() as unit:
        if subject is Subject.POWERS:
            return int(await unit.connection.fetchval(_COUNT_POWERS, unit.tenant_id))
        return int(await unit.connection.fetchval(_COUNT_FUNCTIONS, unit.tenant_id))
