"""Cases and steps as CSV for a spreadsheet: UTF-8, times in UTC, durations in seconds."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from leancity.core.processes.figures.cut import Asked
from leancity.core.processes.figures.sending.paging import cases, steps_of

CASE_COLUMNS = (
    "id", "external_id", "mark", "version_id", "unit_id", "channel", "opened_at", "closed_at", "lead_s", "lead_w",
    "paused_s", "paused_w", "processing_s", "value_added_s", "external_s", "labour_s", "is_reworked", "is_faulty",
    "due_at", "is_on_time", "outcome", "variant",
)  # fmt: skip
STEP_COLUMNS = (
    "fact_id", "place", "node_id", "title", "type", "attempt", "state", "available_at", "claimed_at", "started_at",
    "done_at", "queue_w", "claimed_w", "processing_w", "suspended_s", "external_s", "labour_s", "value_class",
    "is_faulty", "user_id", "unit_id",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def cases_csv(wanted: Asked) -> AsyncIterator[str]:
    """Yield the cases that were open within the period, a line each."""
    yield _lines([CASE_COLUMNS])
    async for rows in cases(wanted):
        yield _lines([_case(row) for row in rows])


async def steps_csv(wanted: Asked) -> AsyncIterator[str]:
    """Yield the steps of these cases, a line each."""
    yield _lines([STEP_COLUMNS])
    async for rows in cases(wanted):
        yield _lines([_step(row) for row in await steps_of(rows)])


def _case(row: Any) -> Sequence[object]:
    lead_s = lead_w = None
    if row["closed_w"] is not None:
        lead_s = round((row["closed_at"] - row["opened_at"]).total_seconds()) - row["paused_s"]
        lead_w = row["closed_w"] - row["opened_w"] - row["paused_w"]
    figures = {**dict(row), "lead_s": lead_s, "lead_w": lead_w}
    return [figures[column] for column in CASE_COLUMNS]


def _step(row: Any) -> Sequence[object]:
    taken = row["claimed_w"] if row["claimed_w"] is not None else row["started_w"]
    took = None
    if row["started_w"] is not None and row["done_w"] is not None:
        took = max(0, row["done_w"] - row["started_w"] - round(row["suspended_s"]))
    figures = {
        **dict(row),
        "queue_w": None if taken is None else taken - row["available_w"],
        "claimed_w": None if row["started_w"] is None or taken is None else row["started_w"] - taken,
        "processing_w": took,
    }
    return [figures[column] for column in STEP_COLUMNS]


def _lines(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    # A spreadsheet would run a text that begins like a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
