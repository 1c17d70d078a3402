"""A month of a kind of case, as its state-entry events had it at the month's end.

What happened afterwards (a case was reopened, a target changed) does not move a month that is over; what is entered
late (an import) does.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leancity.core.cases.journal import STATE_ENTERED
from leancity.core.cases.kinds import WHOLE
from leancity.core.cases.lead_time import Entry, measured
from leancity.core.clock.measure import in_unit
from leancity.core.clock.pauses import Pause
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import Connection, tenant_tx

# Of cases that were open at some moment of the month, from $3 up to $4; closed_at only ever moves ahead.
_ENTRIES = """
select p.case_id, p.status, p.at, (p.data ->> 'final')::boolean as is_final, p.data ->> 'outcome' as outcome
from case_record c join case_event p on p.tenant_id = $1 and p.case_id = c.id
where c.tenant_id = $1 and c.kind = $2 and c.opened_at < $4 and (c.closed_at is null or c.closed_at >= $3)
  and p.kind = $5 and p.at < $4
order by p.case_id, p.at, p.id
"""
_TERMS = """
select p.case_id, p.unit, p.due_at
from case_record c join case_term p on p.tenant_id = $1 and p.case_id = c.id
where c.tenant_id = $1 and c.kind = $2 and c.opened_at < $4 and (c.closed_at is null or c.closed_at >= $3)
  and p.stage = $5 and p.kind = $6 and p.started_at < $4
order by p.case_id, p.started_at, p.id
"""
_PAUSES = """
select p.case_id, p.reason, p.from_at, p.until_at
from case_record c join case_pause p on p.tenant_id = $1 and p.case_id = c.id
where c.tenant_id = $1 and c.kind = $2 and c.opened_at < $4 and (c.closed_at is null or c.closed_at >= $3)
  and p.from_at < $4
order by p.case_id, p.from_at
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedCase:
    """A case closed in the month. ``lead_time`` is in the month's unit, without pauses; ``whole`` and ``paused`` are
    seconds of that unit's clock; ``in_time`` is None where nothing was promised."""

    outcome: str | None
    lead_time: float
    whole: int
    paused: int
    in_time: bool | None


@dataclass(frozen=True, kw_only=True)
class MonthOfCases:
    """How many were ``opened``; how many were ``open`` at the end, of those ``promised`` had a target and ``overdue``
    were past it; and those ``closed``. ``unit`` is that of most targets copied to them."""

    unit: DeadlineUnit = DeadlineUnit.CALENDAR_DAYS
    opened: int = 0
    open: int = 0
    promised: int = 0
    overdue: int = 0
    closed: Sequence[ClosedCase] = ()


@dataclass(slots=True)
class _Case:
    """What is read of a case, up to the month's end."""

    entries: list[Entry] = field(default_factory=list)
    outcome: str | None = None
    unit: str | None = None
    due_at: datetime | None = None
    pauses: list[Pause] = field(default_factory=list)

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed for the last time; None while it is open. Two final states in a row are one closing."""
        found = None
        for entry in reversed(self.entries):
            if not entry.is_final:
                break
            found = entry.at
        return found


async def month_of_cases(kind: str, start: datetime, end: datetime, clock: WorkClock) -> MonthOfCases:
    """Return the month from ``start`` up to ``end`` of the cases of ``kind``, whoever asks."""
    async with tenant_tx() as unit:
        cases = await _read(unit.connection, unit.tenant_id, kind, start, end)
    closed = [case for case in cases if (at := case.closed_at) is not None and at >= start]
    still_open = [case for case in cases if case.closed_at is None]
    measure = _unit(closed or still_open)
    return MonthOfCases(
        unit=measure,
        opened=sum(case.entries[0].at >= start for case in cases),
        open=len(still_open),
        promised=sum(case.unit is not None for case in still_open),
        overdue=sum(case.due_at is not None and case.due_at < end for case in still_open),
        closed=[*_closed(closed, measure, clock)],
    )


async def _read(connection: Connection, tenant_id: int, kind: str, start: datetime, end: datetime) -> list[_Case]:
    found: dict[uuid.UUID, _Case] = defaultdict(_Case)
    month: tuple[Any, ...] = (tenant_id, kind, start, end)
    for row in await connection.fetch(_ENTRIES, *month, STATE_ENTERED):
        case = found[row["case_id"]]
        case.entries.append(Entry(state=row["status"], at=row["at"], is_final=row["is_final"]))
        case.outcome = row["outcome"]
    for row in await connection.fetch(_TERMS, *month, WHOLE, TargetKind.TARGET.value):
        case = found[row["case_id"]]  # the last one counts: a case that is reopened gets its terms anew
        case.unit, case.due_at = row["unit"], row["due_at"]
    for row in await connection.fetch(_PAUSES, *month):
        found[row["case_id"]].pauses.append(Pause(row["reason"], row["from_at"], row["until_at"]))
    return [case for case in found.values() if case.entries]


def _unit(cases: Sequence[_Case]) -> DeadlineUnit:
    """Return the unit of most targets, calendar days where nothing was promised."""
    units = Counter(case.unit for case in cases if case.unit is not None)
    return DeadlineUnit(min(units, key=lambda unit: (-units[unit], unit))) if units else DeadlineUnit.CALENDAR_DAYS


def _closed(cases: Sequence[_Case], unit: DeadlineUnit, clock: WorkClock) -> Iterator[ClosedCase]:
    for case in cases:
        lead_time = measured(case.entries, case.entries[-1].at, clock, case.pauses).lead_time
        closed_at = case.closed_at
        # A term that stood still when its case was closed has no due moment: it had not run out.
        kept = case.due_at is None or closed_at is None or closed_at <= case.due_at
        yield ClosedCase(
            outcome=case.outcome,
            lead_time=in_unit(lead_time, unit, clock),
            whole=lead_time.work_seconds if unit.working else lead_time.clock_seconds,
            paused=lead_time.paused_work_seconds if unit.working else lead_time.paused_clock_seconds,
            in_time=None if case.unit is None else kept,
        )
