"""A scale turns moments into a growing whole number and back; every duration is a subtraction on one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from leancity.core.clock.instants import seconds_of, utc_of


class Scale(ABC):
    """``moment(reading(t)) <= t`` for every t, and ``reading(moment(r)) == r`` for every reading r in range."""

    @abstractmethod
    def reading(self, at: datetime) -> int:
        """Return how many of the scale's units have passed at ``at``. ValueError: no zone, or outside the scale."""

    @abstractmethod
    def moment(self, reading: int) -> datetime:
        """Return the *earliest* moment, in UTC, with this reading. ValueError: outside the scale."""

    def between(self, start: datetime, end: datetime) -> int:
        """Return the units that pass from ``start`` to ``end``; negative when ``end`` is earlier."""
        return self.reading(end) - self.reading(start)

    def later(self, at: datetime, amount: int) -> datetime:
        """Return ``at`` moved by ``amount`` units; unmoved by 0, even where the scale stands still."""
        return self.moment(self.reading(at) + amount) if amount else at


class ClockSeconds(Scale):
    """The seconds of an ordinary clock, which never stands still."""

    def reading(self, at: datetime) -> int:
        """Return the seconds from 1970 to ``at``."""
        return seconds_of(at)

    def moment(self, reading: int) -> datetime:
        """Return the moment ``reading`` seconds after 1970."""
        return utc_of(reading)
