"""The chief figures side by side: by month, by version, by unit, by channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import CLOSED, FEW, Cut, asked, room
from leancity.core.processes.figures.spread import SPREAD, Spread, spread_of

_SERIES = (
    CLOSED
    + """
select case $10::text
        when 'month' then to_char(closed_at at time zone $11::text, 'YYYY-MM')
        when 'version' then coalesce(version_id::text, '')
        when 'unit' then coalesce(unit_id::text, '')
        else channel
    end as key,
    count(*) as closed,"""
    + SPREAD.format("lead_w")
    + """,
    count(*) filter (where not is_reworked and not is_faulty) as first_pass,
    count(is_on_time) as promised, count(*) filter (where is_on_time) as on_time,
    coalesce(sum(labour_s), 0)::float8 as labour
from closed group by 1 order by 1
"""
)


class By(StrEnum):
    """By what the cases are told apart: the month they were closed in, and what they are of."""

    MONTH = "month"
    VERSION = "version"
    UNIT = "unit"
    CHANNEL = "channel"


@dataclass(frozen=True, kw_only=True)
class Part:
    """The cases of one month (``2026-10``), version or unit (an id), or channel; "" are those without."""

    key: str
    closed: int
    lead: Spread
    first_pass_yield: float
    on_time_rate: float | None
    labour_s: float

    @property
    def is_few(self) -> bool:
        """Whether so few cases were closed that one more may change the figures."""
        return self.closed < FEW


async def series(cut: Cut, by: By) -> Sequence[Part]:
    """Return the chief figures of the closed cases, by ``by``, in the order of its keys."""
    wanted = await asked(cut)
    async with tenant_tx() as unit:
        await room(unit)
        rows = await unit.connection.fetch(_SERIES, unit.tenant_id, *wanted.values, by.value, wanted.clock.zone.key)
    return [
        Part(
            key=row["key"],
            closed=row["closed"],
            lead=spread_of(row, "lead_w"),
            first_pass_yield=row["first_pass"] / row["closed"],
            on_time_rate=row["on_time"] / row["promised"] if row["promised"] else None,
            labour_s=row["labour"],
        )
        for row in rows
    ]
