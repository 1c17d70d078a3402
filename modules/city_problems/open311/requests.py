"""The reports as Open311's service requests, as far as whoever asks may see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.cases.reach import READ
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.settings.service import settings_of
from leancity.modules.city_problems.kinds import KEY, MODULE
from leancity.modules.city_problems.open311.keys import ARGUMENT
from leancity.modules.city_problems.open311.selection import Selection
from leancity.modules.city_problems.permissions import SUBMIT
from leancity.modules.city_problems.seen import SEEN, own_only, seeing
from leancity.modules.city_problems.settings import CityProblemsSettings

# $1 city, $2 to $8 who asks, $9 kind.
VISIBLE = """
from case_record c
join city_problems_report r on r.tenant_id = c.tenant_id and r.case_id = c.id
join city_problems_category k on k.tenant_id = r.tenant_id and k.id = r.category_id
left join org_unit u on u.tenant_id = c.tenant_id and u.id = c.unit_id
where c.tenant_id = $1 and r.tenant_id = $1 and k.tenant_id = $1 and c.kind = $9 and {seen}
""".replace("{seen}", SEEN)
"""For reports as ``c`` and ``r``, their categories as ``k``, their units as ``u``; $10 is the first that is free."""

# What a report has beyond its row is looked up for those of the page alone. Its last change that is everybody's is a
# move or a public comment; the note of the move that closed it is for who reported.
_COLUMNS = """
select c.id, c.number, c.status, c.outcome, c.opened_at, c.closed_at, r.public_text as text,
  r.public_address as address, r.lat, r.lon, k.key as code, k.title as category, u.title as unit,
  (select max(e.at) from case_event e where e.tenant_id = $1 and e.case_id = c.id and (e.kind = 'state_entered'
    or (e.kind = 'commented' and e.data ->> 'visibility' = 'public'))) as updated_at,
  (select e.data ->> 'note' from case_event e where e.tenant_id = $1 and e.case_id = c.id
    and e.kind = 'state_entered' and e.data ->> 'final' = 'true' order by e.at desc, e.id desc limit 1) as note,
  (select t.due_at from case_term t where t.tenant_id = $1 and t.case_id = c.id and t.stage = '*'
    and t.due_at is not null order by t.started_at desc, t.due_at limit 1) as due_at
"""
_PAGE = (
    _COLUMNS
    + VISIBLE
    + """
  and c.opened_at between $10 and $11 and ($12::text[] is null or k.key = any($12))
  and ($13::boolean is null or (c.closed_at is null) = $13)
order by c.opened_at desc, c.id desc limit $14 offset $15
"""
)
_NUMBERED = _COLUMNS + VISIBLE + " and c.number = any($10::text[]) order by c.opened_at desc, c.id desc"
_EXISTS = "select exists (select from case_record where tenant_id = $1 and kind = $2 and number = $3)"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A report as everybody may see it; times are UTC, ``due_at`` that of the whole. ``note`` closed it, last time."""

    id: uuid.UUID
    number: str
    status: str
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    text: str
    address: str
    lat: float | None
    lon: float | None
    code: str
    category: str
    unit: str | None
    updated_at: datetime | None
    note: str | None
    due_at: datetime | None


async def selected(selection: Selection) -> list[Found]:
    """Return a page of the reports selected, newest first."""
    limits, span, size = await sight(), selection.span, selection.page_size
    wanted = (span.start, span.end, selection.codes, selection.is_open, size, (selection.page - 1) * size)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *limits, *wanted)
    return [Found(**dict(row)) for row in rows]


async def numbered(numbers: Sequence[str]) -> list[Found]:
    """Return those of the reports that exist and may be seen, newest first."""
    limits = await sight()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_NUMBERED, unit.tenant_id, *limits, [*numbers])
    return [Found(**dict(row)) for row in rows]


async def exists(number: str) -> bool:
    """Tell whether the city has a report of this number, whether or not it is shown."""
    async with tenant_tx() as unit:
        return bool(await unit.connection.fetchval(_EXISTS, unit.tenant_id, KEY, number))


async def sight() -> tuple[Any, ...]:
    """Return $2 to $9 of ``VISIBLE``: what is shown to all, what was filed with the key, what its account reaches.

    Where the city keeps its list to itself, refuse who has neither filed nor may read.
    """
    who = current_principal()
    if who.can(READ) or (await settings_of(MODULE, CityProblemsSettings)).is_list_public:
        return *await seeing(), KEY
    if not who.can(SUBMIT):
        code = "city_problems.open311_key_missing" if who.is_stranger else "city_problems.open311_key_lacking"
        raise refuse(code, ARGUMENT)
    return *own_only(), KEY
