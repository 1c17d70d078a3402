"""The row of a publication: one a city and month, locked by whoever changes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.figures.tables import FigurePublication

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The version of what was never published."""


async def locked_publication(city: str, month: date) -> FigurePublication:
    """Return the row, made where there is none (as withdrawn), locked until the open unit of work ends."""
    async with tenant_tx(write=True):
        # Two who are first at once would otherwise both insert, and one would fail.
        await FigurePublication.insert(
            FigurePublication(city=city, month=month, version=NEVER, is_withdrawn=True)
        ).on_conflict((FigurePublication.tenant_id, FigurePublication.city, FigurePublication.month), "DO NOTHING")
        [row] = await FigurePublication.objects().where(_named(city, month)).lock_rows("UPDATE")
    return row


async def known_publication(city: str, month: date) -> FigurePublication | None:
    """Return the row, None where the month was never published."""
    async with tenant_tx():
        return await FigurePublication.objects().where(_named(city, month)).first()


def _named(city: str, month: date) -> Any:
    return (FigurePublication.city == city) & (FigurePublication.month == month)
