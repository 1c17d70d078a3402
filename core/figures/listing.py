"""Reading published figures: a city its own, a region those that it received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.figures.tables import PublishedFigure
from leancity.core.identity.principal import current_principal

READ = "core.figures.read"

# $2 to $5: what is not asked for is null.
_WHERE = """
from published_figure f
where f.tenant_id = $1 and ($2::date is null or f.month = $2) and ($3::text is null or f.city = $3)
  and ($4::text is null or f.subject = $4) and ($5::text is null or f.measure = $5)
"""
_COUNT = "select count(*)" + _WHERE
_PAGE = (
    "select f.city, f.city_title, f.month, f.subject, f.measure, f.value, f.unit, f.cases, f.published_at"
    + _WHERE
    + " and ($6::date is null or f.month < $6 or (f.month = $6 and (f.city, f.subject, f.measure) > ($7, $8, $9)))"
    " order by f.month desc, f.city, f.subject, f.measure limit $10"
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as ``PublishedFigure`` has it."""

    city: str
    city_title: str
    month: date
    subject: str
    measure: str
    value: float | None
    unit: str
    cases: int | None
    published_at: datetime

    @classmethod
    def of(cls, row: PublishedFigure) -> Figure:
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class FigureFilter:
    """Which figures; None asks for nothing. ``month`` is its first day."""

    month: date | None = None
    city: str | None = None
    subject: str | None = None
    measure: str | None = None

    def values(self) -> tuple[Any, ...]:
        """Return the parameters $2 to $5."""
        return (self.month, self.city, self.subject, self.measure)


async def list_figures(
    wanted: FigureFilter, *, limit: int, after: tuple[date, str, str, str] | None = None
) -> list[Figure]:
    """Return figures, the newest month first, that follow the keyset (month, city, subject, measure)."""
    current_principal().require(READ)
    month, city, subject, measure = after or (None, None, None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _PAGE, unit.tenant_id, *wanted.values(), month, city, subject, measure, limit
        )
    return [Figure(**dict(row)) for row in rows]


async def count_figures(wanted: FigureFilter) -> int:
    """Return how many figures there are."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *wanted.values()))
