"""The present, in UTC. Stored times come from here; zones are applied only where a person reads."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current moment, timezone-aware, in UTC."""
    return datetime.now(UTC)
