"""What the reports of a city add up to in a period, by category and in all: computed in the database, nobody named.

Reports filed, closings and answers are those of the period; what is open and overdue is so now. Times are those of the
whole promise (``CaseTerm``): of a report taken up anew all its openings, without the time it lay closed. Duplicates are
counted and not timed: their problem is mended with another report.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from leancity.core.cases.kinds import WHOLE
from leancity.core.clock.city import FIRST_YEAR, city_clock
from leancity.core.clock.instants import local_instant
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit, seconds_in
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.kinds import DUPLICATE, FIXED, FORWARDED, KEY, NOT_FIXED, NOT_OURS
from leancity.modules.city_problems.seen import seeing

LONGEST = 366
"""Days of a period."""
EARLIEST, LATEST = date(FIRST_YEAR, 1, 1), date(9999, 1, 1)
"""No case is older; later days have no moments in every zone."""
FEWEST = 5
"""Of fewer reports no middle is told: it would tell of one of them."""

# $1 city, $2 kind, $3 and $4 the period, then of the first $5 now and $6 to $10 the outcomes, of the second $5 the one
# that isn't timed, $6 the whole promise, $7 its kind, $8 and $9 the working units, $10 the hours of a working day.
_COUNTS = """
select r.category_id, grouping(r.category_id) = 1 as is_total,
       count(*) filter (where c.opened_at >= $3 and c.opened_at < $4) as reported,
       count(*) filter (where c.closed_at is null) as open_now,
       count(*) filter (where c.closed_at is null and c.due_at < $5) as overdue_now,
       count(*) filter (where c.closed_at >= $3 and c.closed_at < $4) as closed,
       count(*) filter (where c.closed_at >= $3 and c.closed_at < $4 and c.outcome = $6) as fixed,
       count(*) filter (where c.closed_at >= $3 and c.closed_at < $4 and c.outcome = $7) as not_fixed,
       count(*) filter (where c.closed_at >= $3 and c.closed_at < $4 and c.outcome = $8) as not_ours,
       count(*) filter (where c.closed_at >= $3 and c.closed_at < $4 and c.outcome = $9) as forwarded,
       count(*) filter (where c.closed_at >= $3 and c.closed_at < $4 and c.outcome = $10) as duplicates,
       coalesce(sum(r.supporters) filter (where c.opened_at >= $3 and c.opened_at < $4), 0)::bigint as supporters
from case_record c join city_problems_report r on r.tenant_id = c.tenant_id and r.case_id = c.id
where c.tenant_id = $1 and r.tenant_id = $1 and c.kind = $2
  and (c.closed_at is null or (c.closed_at >= $3 and c.closed_at < $4) or (c.opened_at >= $3 and c.opened_at < $4))
group by grouping sets ((r.category_id), ())
"""
# The promise of the last opening ends with the case.
_TIMES = """
with took as (
    select r.category_id, sum(extract(epoch from p.ended_at - p.started_at)::float8) / 86400 as days,
           case when bool_and(p.unit = $8 or p.unit = $9)
                then sum(p.elapsed * case p.unit when $8 then $10::float8 else 1 end) end as hours,
           bool_or(p.ended_at = c.closed_at and (p.due_at is null or p.ended_at <= p.due_at)) as is_kept
    from case_record c
    join city_problems_report r on r.tenant_id = c.tenant_id and r.case_id = c.id
    join case_term p on p.tenant_id = c.tenant_id and p.case_id = c.id
    where c.tenant_id = $1 and r.tenant_id = $1 and p.tenant_id = $1 and c.kind = $2
      and c.closed_at >= $3 and c.closed_at < $4 and c.outcome is distinct from $5 and p.stage = $6 and p.kind = $7
    group by c.id, r.category_id
)
select w.category_id, grouping(w.category_id) = 1 as is_total, count(*) as timed,
       count(*) filter (where w.is_kept) as kept, count(w.hours) as timed_in_hours,
       percentile_cont(array[0.5, 0.9]) within group (order by w.hours) as hours,
       percentile_cont(array[0.5, 0.9]) within group (order by w.days) as days
from took w group by grouping sets ((w.category_id), ())
"""
_MARKS = """
select r.category_id, grouping(r.category_id) = 1 as is_total,
       count(*) filter (where m.is_contested) as contested, count(m.mark) as marks, avg(m.mark)::float8 as mean_mark
from city_problems_mark m join city_problems_report r on r.tenant_id = m.tenant_id and r.case_id = m.case_id
where m.tenant_id = $1 and r.tenant_id = $1 and m.at >= $2 and m.at < $3
group by grouping sets ((r.category_id), ())
"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Times are None where fewer than five reports were ``timed``, those in working hours also where the promise is
    not counted in working time; the mean mark where fewer than five gave one; shares (0 to 1) where there is nothing
    to divide by. ``contested`` closings are undone, so the share is of those and of the ``closed`` together."""

    category_id: uuid.UUID | None
    reported: int = 0
    open_now: int = 0
    overdue_now: int = 0
    closed: int = 0
    fixed: int = 0
    not_fixed: int = 0
    not_ours: int = 0
    forwarded: int = 0
    duplicates: int = 0
    timed: int = 0
    is_too_few: bool = True
    kept_share: float | None = None
    work_hours_median: float | None = None
    work_hours_p90: float | None = None
    days_median: float | None = None
    days_p90: float | None = None
    contested: int = 0
    contested_share: float | None = None
    marks: int = 0
    mean_mark: float | None = None
    supporters: int = 0


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Of the days ``since`` to ``until``, both included; ``categories`` are those that have anything to tell."""

    since: date
    until: date
    total: Figures
    categories: list[Figures]


async def statistics(since: date, until: date) -> Statistics:
    """Return the figures of a period of the city's days to who may see the list.

    ``Refused``: it has no day, or more than 366 of them.
    """
    if not EARLIEST <= since <= until < LATEST or (until - since).days >= LONGEST:
        raise refuse("city_problems.period_invalid", "until", limit=LONGEST)
    await seeing()
    zone = current_tenant().zone_info
    period = local_instant(since, 0, zone), local_instant(until + timedelta(days=1), 0, zone)
    async with tenant_tx() as unit:
        day = seconds_in(DeadlineUnit.WORKING_DAYS, await city_clock()) / 3600
        cases = (unit.tenant_id, KEY, *period)
        rows = [
            *await unit.connection.fetch(_COUNTS, *cases, now(), *_OUTCOMES),
            *await unit.connection.fetch(_TIMES, *cases, DUPLICATE, *_TERMS, day),
            *await unit.connection.fetch(_MARKS, unit.tenant_id, *period),
        ]
    told: dict[uuid.UUID | None, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        told[None if row["is_total"] else row["category_id"]] |= dict(row)
    total = _figures(None, told.pop(None))
    categories = [_figures(category_id, row) for category_id, row in told.items()]
    return Statistics(since=since, until=until, total=total, categories=categories)


_OUTCOMES = (FIXED, NOT_FIXED, NOT_OURS, FORWARDED, DUPLICATE)
_TERMS = (WHOLE, TargetKind.TARGET.value, DeadlineUnit.WORKING_DAYS.value, DeadlineUnit.WORKING_HOURS.value)
_COUNTED = (
    "reported", "open_now", "overdue_now", "closed", "fixed", "not_fixed", "not_ours", "forwarded", "duplicates",
    "timed", "contested", "marks", "supporters",
)  # fmt: skip


def _figures(category_id: uuid.UUID | None, row: Mapping[str, Any]) -> Figures:
    counted = {name: row.get(name, 0) for name in _COUNTED}
    is_too_few = counted["timed"] < FEWEST
    days = (None, None) if is_too_few else row["days"]
    hours = row["hours"] if row.get("timed_in_hours", 0) >= FEWEST else (None, None)
    return Figures(
        category_id=category_id,
        **counted,
        is_too_few=is_too_few,
        kept_share=_share(row.get("kept", 0), counted["timed"]),
        work_hours_median=_rounded(hours[0]),
        work_hours_p90=_rounded(hours[1]),
        days_median=_rounded(days[0]),
        days_p90=_rounded(days[1]),
        contested_share=_share(counted["contested"], counted["closed"] + counted["contested"]),
        mean_mark=_rounded(row["mean_mark"]) if counted["marks"] >= FEWEST else None,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
