"""The control chart of a process (XmR): whether lead times of late are chance or a change.

The limits are the mean of the points and 2.66 times the mean step between neighbours, as Shewhart's charts of single
values have them; a median would not be comparable with those constants. Days are the calendar's working days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from statistics import fmean

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import CLOSED, Cut, asked

LIMIT = 2.66
MOVING_LIMIT = 3.268
RUN = 8
MOST = 1000
"""Points, the newest."""

_CASES = (
    CLOSED  # noqa: S608 - constants
    + """
, points as (
    select closed_at as at, lead_w as value, 1 as cases, id from closed order by closed_at desc, id desc limit $10
)
select at, value, cases from points order by at, id
"""
)
_WEEKS = (
    CLOSED  # noqa: S608 - constants
    + """
, points as (
    select date_trunc('week', closed_at at time zone $11::text) as week,
        percentile_cont(0.5) within group (order by lead_w) as value, count(*)::int as cases
    from closed group by 1 order by 1 desc limit $10
)
select week at time zone $11::text as at, value, cases from points order by 1
"""
)


class Each(StrEnum):
    """What a point is: a case, or the median of those closed in a week."""

    CASE = "case"
    WEEK = "week"


class Break(StrEnum):
    """Why a point is no chance: beyond a limit, the eighth on one side of the middle, one of three of four that lie
    nearer to a limit than to the middle, or a step that is too wide."""

    BEYOND = "beyond"
    RUN = "run"
    NEAR_LIMIT = "near_limit"
    STEP = "step"


@dataclass(frozen=True, kw_only=True)
class Point:
    """``value`` in working days; ``step``: the distance from the point before it, None of the first."""

    at: datetime
    value: float
    cases: int
    step: float | None
    breaks: tuple[Break, ...]


@dataclass(frozen=True, kw_only=True)
class ControlChart:
    """``centre``, limits (``low`` is never below 0) and ``step_limit`` in working days, None with fewer than two points
    to reckon from; ``reckoned_from``: how many points these are."""

    points: Sequence[Point]
    centre: float | None
    low: float | None
    high: float | None
    step_limit: float | None
    reckoned_from: int


async def control_chart(cut: Cut, each: Each, until: date | None = None) -> ControlChart:
    """Return the chart; its limits are reckoned from the points before the local day ``until``, else from all."""
    wanted = await asked(cut)
    zone = (wanted.clock.zone.key,) if each is Each.WEEK else ()
    async with tenant_tx() as unit:
        sql_values = (unit.tenant_id, *wanted.values, MOST, *zone)
        if each is Each.WEEK:
            rows = await unit.connection.fetch(_WEEKS, *sql_values)
        else:
            rows = await unit.connection.fetch(_CASES, *sql_values)
    day = wanted.clock.day_seconds
    found = [(row["at"], row["value"] / day, row["cases"]) for row in rows]
    end = None if until is None else wanted.clock.midnight(until)
    return charted(found, sum(end is None or at < end for at, _, _ in found))


def charted(found: Sequence[tuple[datetime, float, int]], base: int) -> ControlChart:
    """Return the chart of points in order, its limits reckoned from the first ``base``."""
    values = [value for _, value, _ in found]
    steps = [abs(after - before) for before, after in pairwise(values)]
    if base < 2:
        points = [Point(at=at, value=value, cases=n, step=None, breaks=()) for at, value, n in found]
        return ControlChart(points=points, centre=None, low=None, high=None, step_limit=None, reckoned_from=base)
    centre, moving = fmean(values[:base]), fmean(steps[: base - 1])
    low, high, step_limit = max(0.0, centre - LIMIT * moving), centre + LIMIT * moving, MOVING_LIMIT * moving
    points = [
        Point(
            at=at,
            value=value,
            cases=n,
            step=steps[place - 1] if place else None,
            breaks=tuple(
                _breaks(values[: place + 1], centre, (low, high), steps[place - 1] if place else 0, step_limit)
            ),
        )
        for place, (at, value, n) in enumerate(found)
    ]
    return ControlChart(points=points, centre=centre, low=low, high=high, step_limit=step_limit, reckoned_from=base)


def _breaks(
    values: Sequence[float], centre: float, limits: tuple[float, float], step: float, step_limit: float
) -> list[Break]:
    """Return what the last of ``values`` breaks."""
    low, high = limits
    found = [Break.BEYOND] if not low <= values[-1] <= high else []
    run = values[-RUN:]
    if len(run) == RUN and (all(each > centre for each in run) or all(each < centre for each in run)):
        found.append(Break.RUN)
    four = values[-4:]
    above, below = (centre + high) / 2, (centre + low) / 2
    if len(four) == 4:
        is_above, is_below = sum(each > above for each in four), sum(each < below for each in four)
        if (is_above >= 3 and values[-1] > above) or (is_below >= 3 and values[-1] < below):
            found.append(Break.NEAR_LIMIT)
    return found + ([Break.STEP] if step > step_limit else [])
