"""Identifiers: UUIDv7, so that keys grow with time and pages of an index stay warm."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a fresh UUIDv7 (RFC 9562): 48 bits of milliseconds, then random bits."""
    return uuid7()


def made_at(id_: uuid.UUID) -> datetime:
    """Return when an id of ``new_id`` was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)
