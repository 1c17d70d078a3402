"""Which cases a figure is of: one process, a period of the city's days, and what narrows it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from leancity.core.cases.apart import reads_all
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.cases.registry import open_kinds
from leancity.core.clock.city import city_clock
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.processes.versions.tables import Process
from leancity.core.tenancy.context import current_tenant

READ = "core.process.read"
FEW = 5
"""Below so many cases a figure is told, and marked: one case more may change it."""
USUAL = timedelta(days=365)


class Mark(StrEnum):
    """Where cases come from: real ones, those of a trial operation, another system's log. Never mixed."""

    PRODUCTION = "production"
    TRIAL = "trial"
    IMPORT = "import"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What was asked for; ``since`` and ``until`` are local days, both included; None leaves a thing open."""

    process_id: uuid.UUID
    since: date | None = None
    until: date | None = None
    mark: Mark = Mark.PRODUCTION
    version_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    channel: str | None = None
    log_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A cut that was checked: its first day and its last, its two moments (the end not included), and the clock.

    ``values`` are $2…$9 of every statement that begins with one of the constants below; $1 is the city.
    """

    cut: Cut
    first: date
    last: date
    since: datetime
    until: datetime
    clock: WorkClock

    @property
    def values(self) -> tuple[Any, ...]:
        cut = self.cut
        narrowed = (cut.version_id, cut.unit_id, cut.channel, cut.log_id)
        return (cut.process_id, cut.mark.value, self.since, self.until, *narrowed)

    @property
    def over(self) -> datetime:
        """The end of the period, or the present where that is earlier: until then it can be measured."""
        return max(self.since, min(self.until, now()))

    @property
    def work_s(self) -> int:
        """The working seconds of the period until ``over``."""
        return self.clock.between(self.since, self.over)

    @property
    def working_days(self) -> float:
        """The same in the calendar's working days."""
        return self.work_s / self.clock.day_seconds


MINE = """
f.tenant_id = $1 and f.process_id = $2 and f.mark = $3
and ($6::uuid is null or f.version_id = $6) and ($7::uuid is null or f.unit_id = $7)
and ($8::text is null or f.channel = $8) and ($9::uuid is null or f.log_id = $9)
"""
CLOSED = """
with closed as (
    select f.*, greatest(0, f.closed_w - f.opened_w - f.paused_w)::float8 as lead_w,
        greatest(0, extract(epoch from f.closed_at - f.opened_at) - f.paused_s)::float8 as lead_s
    from process_case_fact f where f.closed_at >= $4 and f.closed_at < $5
    and f.closed_w is not null and
""" + MINE + ")"  # fmt: skip  # noqa: S608 - constants
"""The cases closed within the period: ``lead_w`` and ``lead_s`` net of the time for which their clock stood. Those that
ended otherwise than their process names are not among them."""
DURING = """
with during as materialized (
    select f.* from process_case_fact f
    where f.opened_at < $5 and (f.closed_at is null or f.closed_at >= $4) and
""" + MINE + ")"  # fmt: skip  # noqa: S608 - constants
"""The cases that were open at some moment of the period."""
# The mark is on the step too, so the cases are looked at only where the cut asks for what they alone know.
ENDED = """
from process_step_fact s
where s.tenant_id = $1 and s.process_id = $2 and s.mark = $3 and s.done_at >= $4 and s.done_at < $5
    and (num_nulls($6::uuid, $7::uuid, $8::text, $9::uuid) = 4 or exists (
        select from process_case_fact f where f.tenant_id = s.tenant_id and f.id = s.fact_id and
""" + MINE + "))"  # fmt: skip
"""The steps that ended within the period, done or withdrawn."""
_ROOM = "select set_config('work_mem', $1, true)"
_MEMORY = "64MB"
"""What a sort of a report may take: a year of a large city does not fit into the server's own 4 MB."""


async def room(unit: Unit) -> None:
    """Let the statements of the open transaction sort a year's steps in memory."""
    await unit.connection.execute(_ROOM, _MEMORY)


async def asked_for_each(cut: Cut) -> Asked:
    """Check the same of what tells of cases one by one: those of a kind apart are for who may read all of them."""
    wanted = await asked(cut)
    async with tenant_tx():
        row = await Process.select(Process.case_kind).where(Process.id == cut.process_id).first()
    kind = open_kinds().get(row["case_kind"]) if row else None
    if kind is not None and kind.reading_permission is not None and not reads_all(kind):
        current_principal().refuse(kind.reading_permission, "process", cut.process_id)
    return wanted


async def asked(cut: Cut) -> Asked:
    """Check the right to see figures and what they are asked of; refuse a process that is not there."""
    current_principal().require(READ)
    today = now().astimezone(current_tenant().zone_info).date()
    last = cut.until or today
    first = cut.since or last - USUAL
    if first > last:
        raise refuse("period_backwards", "since")
    if cut.channel is not None:
        one_text("channel", cut.channel, limit=SHORT)
    async with tenant_tx():
        if not await Process.exists().where(Process.id == cut.process_id):
            raise refuse("not_found", "process_id")
    clock = await city_clock()
    if first < clock.first or last >= clock.last:
        raise refuse("period_outside", "since" if first < clock.first else "until", first=clock.first, last=clock.last)
    since, until = clock.midnight(first), clock.midnight(last + timedelta(days=1))
    return Asked(cut=cut, first=first, last=last, since=since, until=until, clock=clock)
