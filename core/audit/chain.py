"""The chain's arithmetic.

A link's digest is, in hex, SHA-256 over the digest of the link before it ("" for the first), a line feed, and the row
in its canonical form: a JSON array, UTF-8, without blanks and without escapes that JSON does not ask for, of

    [id, at, actor_kind, actor_id, action, outcome, subject, subject_id, repeats, request_id, data]

``at`` is UTC with six digits of a second (``2026-11-22T21:31:27.000001Z``), ids are in their 36 characters or null,
``repeats`` is a number, ``data`` is the text that PostgreSQL prints for the jsonb. ``tenant_id`` is left out: it names
the city in this installation only, and a city's archive must be provable elsewhere; each city has a chain of its own.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

COLUMNS = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "outcome",
    "subject",
    "subject_id",
    "repeats",
    "request_id",
    "data",
)
"""The columns in their canonical order."""


def digest_after(previous: str, row: Mapping[str, Any]) -> str:
    """Return the digest of the link that follows ``previous`` and stands for ``row`` (``data`` as text)."""
    canonical = json.dumps([_plain(row[column]) for column in COLUMNS], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def _plain(value: Any) -> str | int | None:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case uuid.UUID():
            return str(value)
        case str() | int() | None:
            return value
    raise TypeError(f"{value!r} has no canonical form")
