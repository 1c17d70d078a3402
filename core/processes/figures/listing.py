"""The cases behind the figures, one by one: the slowest can be looked at."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import CLOSED, Cut, asked_for_each

_CASES = CLOSED + """
select id, version_id, external_id, unit_id, channel, opened_at, closed_at, lead_w, lead_s, paused_w, paused_s,
    processing_s, value_added_s, external_s, labour_s, is_reworked, is_faulty, due_at, is_on_time, outcome, variant
from closed
where ($10::timestamptz is null or (closed_at, id) < ($10, $11::uuid)) and ($12::text is null or variant = $12)
order by closed_at desc, id desc limit $13
"""  # fmt: skip
_COUNT = CLOSED + "select count(*) from closed where $10::text is null or variant = $10"  # noqa: S608 - constants


@dataclass(frozen=True, kw_only=True)
class ListedCase:
    """A closed case; times in seconds, ``_w`` of working time, ``lead`` net of pauses. ``external_id`` of an import."""

    id: uuid.UUID
    version_id: uuid.UUID | None
    external_id: str | None
    unit_id: uuid.UUID | None
    channel: str
    opened_at: datetime
    closed_at: datetime
    lead_w: float
    lead_s: float
    paused_w: int
    paused_s: int
    processing_s: float
    value_added_s: float
    external_s: float
    labour_s: float
    is_reworked: bool
    is_faulty: bool
    due_at: datetime | None
    is_on_time: bool | None
    outcome: str | None
    variant: str | None


async def list_cases(
    cut: Cut, *, variant: str | None = None, after: tuple[datetime, uuid.UUID] | None = None, limit: int = 25
) -> Sequence[ListedCase]:
    """Return closed cases, the newest first, those behind ``after`` (closed at, id): see ``asked_for_each``."""
    wanted = await asked_for_each(cut)
    place = after or (None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_CASES, unit.tenant_id, *wanted.values, *place, variant, limit)
    return [ListedCase(**dict(row)) for row in rows]


async def count_cases(cut: Cut, variant: str | None = None) -> int:
    """Return how many closed cases there are."""
    wanted = await asked_for_each(cut)
    async with tenant_tx() as unit:
        found: int = await unit.connection.fetchval(_COUNT, unit.tenant_id, *wanted.values, variant)
    return found
