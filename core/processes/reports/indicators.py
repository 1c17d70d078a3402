"""The figures that the city watches: which ones, of what, from when on they are good or bad."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.registry.checking import CHANGE, check_rows
from leancity.core.processes.reports.indicator_rows import By
from leancity.core.processes.reports.measures import MEASURES, Measure
from leancity.core.processes.reports.tables import ProcessIndicator
from leancity.core.processes.versions.tables import Process

MOST = 60
"""Indicators of a city: a page of them, each read with its cut and the period before."""
MOST_DAYS = 366
LARGEST = 1e15


@dataclass(frozen=True, kw_only=True)
class IndicatorCard:
    """All that is told of an indicator; ``title`` "" takes the measure's, ``process_id`` None all processes.

    ``days`` up to today, today included. Thresholds in the measure's unit, either or both or none.
    """

    title: str = ""
    measure: str
    process_id: uuid.UUID | None = None
    cut: By | None = None
    days: int = 90
    good_at: float | None = None
    bad_at: float | None = None


async def list_indicators() -> list[ProcessIndicator]:
    """Return the city's indicators in their order."""
    current_principal().require(READ)
    async with tenant_tx():
        return await ProcessIndicator.objects().order_by(ProcessIndicator.place, ProcessIndicator.id)


async def create_indicator(card: IndicatorCard) -> ProcessIndicator:
    """Let the city watch one more figure, after the others."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        checked = await _checked(card)
        rows = await _all_locked()
        if len(rows) >= MOST:
            raise refuse("process_indicators_many", None, limit=MOST)
        place = 1 + max((row.place for row in rows), default=0)
        row = ProcessIndicator(**checked, place=place, created_at=now())
        await row.save()
        await record("core.process_indicator.created", "process_indicator", row.id, measure=row.measure)
    return row


async def change_indicator(
    indicator_id: uuid.UUID, card: IndicatorCard, *, expected_version: int | None = None
) -> ProcessIndicator:
    """Give an indicator another card; its place stays."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        row = _one(await _all_locked(), indicator_id, expected_version)
        checked = await _checked(card)
        for name, value in checked.items():
            setattr(row, name, value)
        row.version += 1
        await row.save()
        await record("core.process_indicator.changed", "process_indicator", row.id, measure=row.measure)
    return row


async def move_indicator(
    indicator_id: uuid.UUID, place: int, *, expected_version: int | None = None
) -> list[ProcessIndicator]:
    """Put an indicator at a place, counted from 1; those behind it move on. Return all of them in their order."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        rows = await _all_locked()
        row = _one(rows, indicator_id, expected_version)
        if not 1 <= place <= len(rows):
            raise refuse("process_number_outside", "place", low=1, high=len(rows))
        rows.remove(row)
        rows.insert(place - 1, row)
        row.version += 1
        for number, each in enumerate(rows, 1):
            each.place = number
            await each.save([ProcessIndicator.place, ProcessIndicator.version])
        await record("core.process_indicator.moved", "process_indicator", row.id, place=place)
    return rows


async def remove_indicator(indicator_id: uuid.UUID, *, expected_version: int | None = None) -> None:
    """Watch a figure no longer."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        row = _one(await _all_locked(), indicator_id, expected_version)
        await row.remove()
        await record("core.process_indicator.removed", "process_indicator", row.id, measure=row.measure)


async def _all_locked() -> list[ProcessIndicator]:
    """Lock all indicators, in their order: their places are one thing."""
    rows = ProcessIndicator.objects().order_by(ProcessIndicator.place, ProcessIndicator.id)
    return await rows.lock_rows("NO KEY UPDATE")


def _one(rows: Sequence[ProcessIndicator], indicator_id: uuid.UUID, expected_version: int | None) -> ProcessIndicator:
    row = next((row for row in rows if row.id == indicator_id), None)
    if row is None:
        raise refuse("not_found", "id")
    if expected_version is not None and row.version != expected_version:
        raise refuse("process_changed", "expected_version")
    return row


async def _checked(card: IndicatorCard) -> dict[str, Any]:
    checks = Checks()
    title = checks.text("title", card.title, limit=SHORT)
    measure = MEASURES.get(card.measure)
    if measure is None:
        checks.wrong("case_choice_unknown", "measure", choices=", ".join(MEASURES))
    if not 1 <= card.days <= MOST_DAYS:
        checks.wrong("process_number_outside", "days", low=1, high=MOST_DAYS)
    for name, value in (("good_at", card.good_at), ("bad_at", card.bad_at)):
        if value is not None and not (math.isfinite(value) and 0 <= value <= LARGEST):
            checks.wrong("process_number_outside", name, low=0, high=f"{LARGEST:g}")
    if measure is not None and _contradicts(measure, card):
        code = "process_indicator_lower_better" if measure.lower_is_better else "process_indicator_higher_better"
        checks.wrong(code, "bad_at")
    await check_rows(checks, {"process_id": (Process, card.process_id)})
    checks.done()
    return {
        "title": title,
        "measure": card.measure,
        "process_id": card.process_id,
        "cut": "" if card.cut is None else card.cut.value,
        "days": card.days,
        "good_at": card.good_at,
        "bad_at": card.bad_at,
    }


def _contradicts(measure: Measure, card: IndicatorCard) -> bool:
    if card.good_at is None or card.bad_at is None:
        return False
    return card.good_at >= card.bad_at if measure.lower_is_better else card.good_at <= card.bad_at
