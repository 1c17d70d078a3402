"""What a case really took: subtractions between moments at which something happened.

The input is always the event of entering a state or of a case being opened and closed, never a row's ``updated_at``,
which moves with every edit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.clock.pauses import Pause, paused
from leancity.core.clock.scale import ClockSeconds
from leancity.core.clock.units import DeadlineUnit, seconds_in
from leancity.core.clock.work_clock import WorkClock


@dataclass(frozen=True, slots=True)
class Duration:
    """A time on both clocks, in seconds, pauses included; and how much of each was paused."""

    clock_seconds: int = 0
    work_seconds: int = 0
    paused_clock_seconds: int = 0
    paused_work_seconds: int = 0

    def __add__(self, other: Duration) -> Duration:
        return Duration(
            self.clock_seconds + other.clock_seconds,
            self.work_seconds + other.work_seconds,
            self.paused_clock_seconds + other.paused_clock_seconds,
            self.paused_work_seconds + other.paused_work_seconds,
        )


@dataclass(frozen=True, slots=True)
class StateEntry:
    """A case entered ``state`` at ``entered_at``."""

    state: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of a case in a state."""

    state: str
    entered_at: datetime
    left_at: datetime
    duration: Duration


@dataclass(frozen=True, slots=True)
class StateTime:
    """All stays of a case in one state; more than one visit is rework."""

    visits: int
    duration: Duration


def lead_time(opened_at: datetime, closed_at: datetime, clock: WorkClock, pauses: Sequence[Pause] = ()) -> Duration:
    """Return the time from ``opened_at`` to ``closed_at``: on each clock the difference of two readings.

    ValueError: it was closed before it was opened.
    """
    if closed_at < opened_at:
        raise ValueError(f"closed_at: {closed_at.isoformat()} is before {opened_at.isoformat()}")
    plain = ClockSeconds()
    return Duration(
        plain.between(opened_at, closed_at),
        clock.between(opened_at, closed_at),
        paused(pauses, opened_at, closed_at, plain),
        paused(pauses, opened_at, closed_at, clock),
    )


def visits(
    entries: Sequence[StateEntry], until: datetime, clock: WorkClock, pauses: Sequence[Pause] = ()
) -> list[Visit]:
    """Return each stay of a case in a state; the last one lasts ``until`` (the closing, or the moment of asking).

    The durations add up to the lead time. ValueError: the entries are out of order.
    """
    ends = [*(entry.entered_at for entry in entries[1:]), until]
    for entry, end in zip(entries, ends, strict=False):
        if end < entry.entered_at:
            raise ValueError(
                f"entries: {entry.state!r} was left before it was entered at {entry.entered_at.isoformat()}"
            )
    return [
        Visit(entry.state, entry.entered_at, end, lead_time(entry.entered_at, end, clock, pauses))
        for entry, end in zip(entries, ends, strict=False)
    ]


def per_state(stays: Iterable[Visit]) -> dict[str, StateTime]:
    """Sum the stays by state, in the order in which the states were first entered."""
    found: defaultdict[str, list[Duration]] = defaultdict(list)
    for stay in stays:
        found[stay.state].append(stay.duration)
    return {state: StateTime(len(durations), sum(durations, Duration())) for state, durations in found.items()}


def elapsed(
    unit: DeadlineUnit, started_at: datetime, ended_at: datetime, clock: WorkClock, pauses: Sequence[Pause] = ()
) -> float:
    """Return the unpaused time between two moments in ``unit``, with its fraction.

    A pause that lasts is counted up to ``ended_at``. ValueError: it ended before it started.
    """
    return in_unit(lead_time(started_at, ended_at, clock, pauses), unit, clock)


def in_unit(duration: Duration, unit: DeadlineUnit, clock: WorkClock) -> float:
    """Return the unpaused part of a duration in ``unit``, with its fraction.

    Days are seconds of the unit's own clock divided by 86 400 or by the calendar's working day, so that figures add up
    and SQL can compute the same from stored readings.
    """
    if unit.working:
        return (duration.work_seconds - duration.paused_work_seconds) / seconds_in(unit, clock)
    return (duration.clock_seconds - duration.paused_clock_seconds) / seconds_in(unit, clock)
