"""Pauses of a case: intervals, each with a reason, during which a term does not run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from leancity.core.clock.instants import seconds_of
from leancity.core.clock.scale import Scale


@dataclass(frozen=True, slots=True)
class Pause:
    """``reason`` is a key of the city's list; ``until`` is None while the pause lasts.

    ValueError: it ends before it begins.
    """

    reason: str
    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and seconds_of(self.until) < seconds_of(self.since):
            raise ValueError(f"until: the pause ends before it begins ({self.until.isoformat()})")


Stop = tuple[datetime, datetime | None]


def stops(pauses: Iterable[Pause], start: datetime, end: datetime | None = None) -> list[Stop]:
    """Return the union of the pauses within ``start``–``end`` as disjoint (since, until) in order.

    Only the last may be open (until None), and only when ``end`` is None.
    """
    found: list[Stop] = []
    for pause in sorted(pauses, key=lambda pause: pause.since):
        since, until = max(pause.since, start), _earlier(pause.until, end)
        if until is not None and until <= since:
            continue
        if not found or ((last := found[-1][1]) is not None and last < since):
            found.append((since, until))
        elif last is not None and (until is None or until > last):
            found[-1] = (found[-1][0], until)
    return found


def paused(pauses: Iterable[Pause], start: datetime, end: datetime, scale: Scale) -> int:
    """Return how much of the scale between ``start`` and ``end`` was paused, overlaps counted once."""
    return sum(scale.between(since, until or end) for since, until in stops(pauses, start, end))


def carried(
    at: datetime, breaks: Iterable[Stop], scale: Scale, expires: Callable[[datetime], datetime] = lambda at: at
) -> tuple[datetime, datetime | None]:
    """Move ``at`` past the stops that begin before it, by what each takes from the scale.

    Returns the moment and the beginning of the stop that has no end yet, or None. ``expires`` tells when a term that
    nominally ends at a moment really does.
    """
    for since, until in breaks:
        if since >= expires(at):
            break
        if until is None:
            return at, since
        at = scale.later(at, scale.between(since, until))
    return at, None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
