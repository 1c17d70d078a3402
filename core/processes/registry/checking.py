"""What people type into the registry, checked field by field: texts, numbers within bounds, rows that must be there."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any

from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.tables import TenantTable

LONGEST_KEY = 60
MOST_DAYS = 36_500.0
MOST_MINUTES = 1_000_000.0
MOST_LAUNCHES = 1_000_000.0
MOST_RATE = 100_000_000
"""Minor units of money an hour."""
MOST_SEATS = 10_000.0
BEST_FIT = 5
DAY_HOURS = 24.0

READ = "core.process.read"
CHANGE = "core.process.change"


def named(checks: Checks, key: str, title: str) -> dict[str, str]:
    """Return a checked key and title."""
    return {
        "key": checks.text("key", key, limit=LONGEST_KEY, required=True),
        "title": checks.text("title", title, limit=SHORT * 5, required=True),
    }


def number(checks: Checks, field: str, value: float | None, *, low: float, high: float) -> float | None:
    """Return a number within its bounds, both included; ``low`` itself is out where it is the smallest above nought."""
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        checks.wrong("registry_number_outside", field, low=f"{low:g}", high=f"{high:g}")
    return value


def fits(checks: Checks, card: Any) -> dict[str, int | None]:
    """Return the method's four marks of a card, 0 to 5 each or None."""
    marks = {name: getattr(card, name) for name in FITS}
    for name, mark in marks.items():
        number(checks, name, mark, low=0, high=BEST_FIT)
    return marks


async def check_rows(checks: Checks, asked: Mapping[str, tuple[type[TenantTable], uuid.UUID | None]]) -> None:
    """Find references to rows that are not there, by their fields. Within the caller's unit of work."""
    for field, (table, id_) in asked.items():
        if id_ is not None and not await table.exists().where(table.id == id_):
            checks.wrong("not_found", field)


FITS = ("fit_strategy", "fit_smart_city", "fit_national", "fit_surveys")
"""Fit with the strategy, the smart-city standard, national projects and sociological surveys."""
