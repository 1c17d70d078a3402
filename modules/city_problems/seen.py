"""Which reports whoever asks may see: one condition in SQL, asked by every public reading."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from leancity.core.cases.reach import READ, WITHIN, bounds
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.settings.service import settings_of
from leancity.modules.city_problems.settings import MODULE, CityProblemsSettings

SEEN = "(($2::boolean is null and r.is_shown) or {within})".replace("{within}", WITHIN.replace("case_record.", "c."))
"""Which reports ``r`` with their cases ``c`` whoever asks may see; $1 is the city, ``seeing`` gives $2 to $8."""

_AMONG = """
select r.case_id from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and c.tenant_id = $1 and r.case_id = any($9::uuid[]) and {seen}
""".replace("{seen}", SEEN)


async def seeing() -> tuple[Any, ...]:
    """Return $2 to $8 of ``SEEN``: what is shown to all, their own, and for staff what they reach, shown or not.

    Where the city keeps list and map to its staff nothing is shown to all; raises for others as ``require`` does.
    """
    is_public = await _is_public()
    if not is_public:
        return bounds(READ)
    return _opened(bounds(READ)) if current_principal().can(READ) else _opened(own_only())


async def seen_among(case_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases that whoever asks may see."""
    limits = bounds(READ) if current_principal().can(READ) else own_only()
    if await _is_public():
        limits = _opened(limits)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_AMONG, unit.tenant_id, *limits, [*case_ids])
    return {row["case_id"] for row in rows}


async def _is_public() -> bool:
    return (await settings_of(MODULE, CityProblemsSettings)).is_list_public


def own_only() -> tuple[Any, ...]:
    """Return the limits of who reaches nothing but what they filed."""
    return (False, current_principal().user_id, [], [], [], [], [])


def _opened(limits: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return limits within which lies also what is shown to all."""
    everything, *reach = limits
    return (everything or None, *reach)
