"""The facts of a case: one flat JSON object, of bounded size, that all its branches share.

An item of a multi-instance activity has facts of its own that lie over the case's: what it writes stays with it.
"""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from leancity.core.processes.engine.errors import StepError

BYTES = 32 * 1024
_DEPTH = 50

Scope: TypeAlias = ChainMap[str, Any]


def checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as JSON knows them, a copy; StepError: they are none, or too large."""
    text = as_text(facts)
    found: dict[str, Any] = json.loads(text)
    return found


def as_text(facts: Mapping[str, Any]) -> str:
    """Return facts as a JSON text; StepError: they are none, or too large."""
    try:
        text = json.dumps(dict(facts), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        # an unpaired surrogate fails in encode()
        raise StepError("process_facts_not_json") from None
    if size > BYTES:
        raise StepError("process_facts_too_large", size=size, limit=BYTES)
    return text


def plain(value: Any, depth: int = 0) -> Any:
    """Return what an expression gave as JSON knows it: numbers, texts of dates and durations, lists, records."""
    if depth > _DEPTH:
        raise StepError("process_facts_not_json")
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return f"PT{value.total_seconds():g}S"
        case Mapping():
            return {str(key): plain(entry, depth + 1) for key, entry in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(entry, depth + 1) for entry in value]
        case _:
            return str(value)
