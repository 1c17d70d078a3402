"""The clock of the platform under a test's hand: what lasts weeks is lived through in a second."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo

import pytest

from leancity.core import ids, moment


class Wall:
    """Stands where it was put."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.at = datetime.now(UTC)

    def put(self, text: str) -> None:
        """Put it to a time of the city, ``2025-12-29 14:00``."""
        self.at = datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def made(self) -> uuid.UUID:
        """Return an id that was made now."""
        return uuid.UUID(int=int(self.at.timestamp() * 1000) << 80 | uuid.uuid4().int & (1 << 64) - 1 | 7 << 76)

    def now(self, zone: tzinfo) -> datetime:
        return self.at.astimezone(zone)


@contextmanager
def wall_clock(zone: tzinfo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    """Let the platform read this clock until the block ends; what the database itself says of now stays true."""
    wall = Wall(zone)
    with monkeypatch.context() as patched:
        patched.setattr(moment, "datetime", wall)
        # Ids tell when they were made.
        patched.setattr(ids, "uuid7", wall.made)
        yield wall
