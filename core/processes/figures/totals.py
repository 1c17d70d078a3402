"""The figures of a process over a period, in one pass over its closed cases and one over those that were open.

Times of steps are those of done steps. Touch time is the union of the steps that ran beside one another, less
suspensions; what of the lead time nobody touched is waiting. A step that waited for the applicant or another body is
nobody's work: its time is external, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import CLOSED, DURING, FEW, Asked, Cut, asked, room
from leancity.core.processes.figures.spread import SPREAD, Spread, spread_of
from leancity.core.processes.figures.sums import SUMS
from leancity.core.processes.figures.visits import Effort, Visited, effort_of

PLAUSIBLE = 0.3
"""By what share the average number of open cases may differ from what Little's law says before it is doubted."""

PER_CASE = (
    """
, cases as (
    select c.*, c.queue_s as queue, c.claimed_s as claimed, c.suspended_s as suspended, c.external_s as external,
        c.touch_s as touch, c.is_classed as has_class
    from closed c where c.queue_s is not null
    union all
    select c.*, s.queue_s, s.claimed_s, s.suspended_s, s.external_s, s.touch_s, s.is_classed
    from closed c cross join lateral ("""  # noqa: S608 - constants
    + SUMS
    + """) s where c.queue_s is null
), timed as (
    select *, case when touch is not null then greatest(0, lead_w - touch) end as waiting from cases
)
"""
)
"""What the steps of each closed case took, as it is kept with it; those that nobody has summed are asked."""
_SPREADS = ("lead_w", "lead_s", "touch", "waiting", "queue", "claimed", "suspended", "external")
_CLOSED = (
    CLOSED
    + PER_CASE
    + "select "
    + ",".join(SPREAD.format(each) for each in _SPREADS)
    + """,
count(*) as closed, count(*) filter (where not is_reworked and not is_faulty) as first_pass,
count(*) filter (where is_faulty) as faulty,
count(is_on_time) as promised, count(*) filter (where is_on_time) as on_time,
coalesce(sum(labour_s), 0)::float8 as labour, coalesce(sum(value_added_s), 0)::float8 as value_added,
coalesce(bool_or(has_class), false) as is_classed,
coalesce(sum(closed_w - opened_w), 0)::float8 as gross
from timed
"""
)
_DURING = (
    DURING
    + """
select count(*) filter (where opened_at >= $4) as opened,
    count(*) filter (where closed_at < $5 and closed_w is null) as ended_otherwise,
    count(*) filter (where opened_at < $10 and (closed_at is null or closed_at >= $10)) as open,
    count(*) filter (where opened_at < $10 and (closed_at is null or closed_at >= $10) and due_at < $10) as overdue,
    coalesce(sum(greatest(0, least(coalesce(closed_w, $12::bigint), $12::bigint) - greatest(opened_w, $11::bigint)))
        filter (where closed_at is null or closed_w is not null), 0)::float8 as present
from during
"""
)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Little's law as a check of the data: in a steady process the average number of open cases is throughput times
    lead time (here pauses included, for a paused case is open too). ``wip`` was counted, ``expected`` follows."""

    wip: float
    expected: float

    @property
    def deviation(self) -> float | None:
        """By what share they differ, None where nothing was open or closed."""
        return abs(self.wip - self.expected) / self.wip if self.wip and self.expected else None

    @property
    def is_plausible(self) -> bool:
        """False: cases pile up or are worked off, or moments are wrong."""
        return self.deviation is not None and self.deviation <= PLAUSIBLE


@dataclass(frozen=True, kw_only=True)
class ProcessFigures:
    """Seconds; ``lead`` and the parts of it are working time, ``lead_calendar`` is the wall's; shares are 0 to 1, None
    where there is nothing to reckon from. ``ended_otherwise``: cases that came to no end that their process names; they
    are in none of the figures of the closed ones. ``lead`` is net of the time for which the case's clock stood.

    ``efficiency``: labour / lead, the method's coefficient. ``cycle_efficiency``: value-added / lead (PCE); None where
    no step is classed. ``takt_s``: working time a case that is asked for has. ``utilisation``: labour of the period /
    working time of the ``people`` who did steps of it. ``capacity_per_day``: what its narrowest step has managed on its
    best day, which is ``narrowest``. ``visited`` are its nodes; what they took is asked of ``figures.nodes``.
    """

    asked: Asked
    opened: int
    closed: int
    ended_otherwise: int
    open: int
    overdue: int
    lead: Spread
    lead_calendar: Spread
    processing: Spread
    waiting: Spread
    queue: Spread
    claimed: Spread
    suspended: Spread
    external: Spread
    throughput_per_day: float | None
    capacity_per_day: int | None
    narrowest: str | None
    value_added_s: float | None
    labour_s: float
    first_pass_yield: float | None
    rolled_yield: float | None
    error_rate: float | None
    on_time_rate: float | None
    promised: int
    efficiency: float | None
    cycle_efficiency: float | None
    takt_s: float | None
    people: int
    utilisation: float | None
    balance: Balance
    visited: Sequence[Visited]

    @property
    def is_few(self) -> bool:
        """Whether so few cases were closed that one more may change the figures."""
        return self.closed < FEW


async def process_figures(cut: Cut) -> ProcessFigures:
    """Return the figures of a process; refuse a process that is not there and a period that is none."""
    wanted = await asked(cut)
    readings = (wanted.clock.reading(wanted.since), wanted.clock.reading(wanted.over))
    async with tenant_tx() as unit:
        await room(unit)
        fetch = unit.connection.fetchrow
        closed = await fetch(_CLOSED, unit.tenant_id, *wanted.values)
        during = await fetch(_DURING, unit.tenant_id, *wanted.values, wanted.over, *readings)
        effort = await effort_of(wanted)
    if closed is None or during is None:
        raise RuntimeError("an aggregate has one row")
    return _figures(wanted, closed, during, effort)


def share(part: float, whole: float) -> float | None:
    """Return a share, None of nothing."""
    return part / whole if whole else None


def _figures(wanted: Asked, closed: Any, during: Any, effort: Effort) -> ProcessFigures:
    lead, n = spread_of(closed, "lead_w"), closed["closed"]
    days = wanted.working_days
    busiest = [node for node in effort.nodes if node.is_work]
    narrowest = min(busiest, key=lambda node: node.most_per_day, default=None)
    correct = [node.correct for node in effort.nodes]
    length = wanted.work_s
    return ProcessFigures(
        asked=wanted,
        opened=during["opened"],
        closed=n,
        ended_otherwise=during["ended_otherwise"],
        open=during["open"],
        overdue=during["overdue"],
        lead=lead,
        lead_calendar=spread_of(closed, "lead_s"),
        processing=spread_of(closed, "touch"),
        waiting=spread_of(closed, "waiting"),
        queue=spread_of(closed, "queue"),
        claimed=spread_of(closed, "claimed"),
        suspended=spread_of(closed, "suspended"),
        external=spread_of(closed, "external"),
        throughput_per_day=share(n, days),
        capacity_per_day=None if narrowest is None else narrowest.most_per_day,
        narrowest=None if narrowest is None else narrowest.node_id,
        value_added_s=closed["value_added"] if closed["is_classed"] else None,
        labour_s=closed["labour"],
        first_pass_yield=share(closed["first_pass"], n),
        rolled_yield=prod(correct) if correct else None,
        error_rate=share(closed["faulty"], n),
        on_time_rate=share(closed["on_time"], closed["promised"]),
        promised=closed["promised"],
        efficiency=share(closed["labour"], lead.total),
        cycle_efficiency=share(closed["value_added"], lead.total) if closed["is_classed"] else None,
        takt_s=share(length, during["opened"]),
        people=effort.people,
        utilisation=share(effort.labour_s, effort.people * length),
        balance=Balance(wip=share(during["present"], length) or 0.0, expected=share(closed["gross"], length) or 0.0),
        visited=effort.nodes,
    )
