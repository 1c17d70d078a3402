"""How much there is to do, for people and for units, against the hours they have; and who could do an item.

Hours to be done are what the drawing estimates, less what was worked; where it says nothing, the median of what the
same step took people in half a year; where nothing is known the item is counted as unestimated. Hours available are
those of the city's work clock, less absences, times the seat (a person in half a position has half of them).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from leancity.core.clock.city import city_clock
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.processes.running.fitting import ASSIGN, PLACE, WORK, assigning, closed_modules, fit_for
from leancity.core.processes.running.worklist import read_unit_work, read_work

MOST_UNITS = 50
MOST_CANDIDATES = 200
MOST_DAYS = 92
MEASURED = timedelta(days=183)
"""How far back a step's median is looked for."""

_ITEMS = """
with item as (
    select w.assignee_id, {PLACE} as unit_id, i.process_id, w.node_id, w.due_at, w.worked_s, w.estimate_s
    from work_item w
    join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
    join process p on p.tenant_id = i.tenant_id and p.id = i.process_id
    where w.tenant_id = $1 and w.state in ('open', 'claimed', 'started', 'suspended') and w.mark <> 'test'
      and split_part(p.key, '.', 1) <> all($7::text[])
      and (w.assignee_id = any($2::uuid[]) or (w.assignee_id is null and {PLACE} = any($3::uuid[])))
), median as (
    select f.process_id, f.node_id, percentile_cont(0.5) within group (order by f.labour_s) as took
    from process_step_fact f
    join (select distinct process_id, node_id from item where estimate_s is null) n
      on n.process_id = f.process_id and n.node_id = f.node_id
    where f.tenant_id = $1 and f.done_at > $6 and f.state = 'done' and f.labour_s is not null
    group by f.process_id, f.node_id
)
select item.assignee_id, case when item.assignee_id is null then item.unit_id end as unit_id,
    count(*) as open,
    count(*) filter (where item.due_at < $4) as overdue,
    count(*) filter (where item.due_at >= $4 and item.due_at < $5) as due_soon,
    sum(greatest(0, coalesce(item.estimate_s, median.took) - item.worked_s)) as seconds,
    count(*) filter (where coalesce(item.estimate_s, median.took) is null) as unestimated
from item left join median on median.process_id = item.process_id and median.node_id = item.node_id
group by 1, 2
""".replace("{PLACE}", PLACE)
_PEOPLE = """
select u.id, u.unit_id, coalesce((
    select max(p.seats) from staff_position p
    where p.tenant_id = u.tenant_id and p.unit_id = u.unit_id and p.is_active and lower(p.title) = lower(u.position)
), 1) as seats
from user_account u
where u.tenant_id = $1 and u.is_active and u.kind = 'staff'
  and (u.unit_id = any($2::uuid[]) or u.id = any($3::uuid[]))
order by u.sorted_name, u.id
"""
_AWAY = """
select user_id, substitute_id, from_at, until_at from absence
where tenant_id = $1 and user_id = any($2::uuid[]) and until_at > $3 and from_at < $4
"""
_CANDIDATES = """
select u.id from user_account u
where u.tenant_id = $1 and u.is_active and u.kind = 'staff' and (
    ($2 <> '' and exists (select from role_grant g join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
        where g.tenant_id = $1 and g.user_id = u.id and r.key = $2))
    or ($2 = '' and u.unit_id = any($3::uuid[])))
order by (u.unit_id = any($3::uuid[])) desc, u.sorted_name, u.id limit $4
"""
_UNITS_OF = """
select {PLACE} as unit_id from work_item w
join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
where w.tenant_id = $1 and w.id = $2
union
select p.unit_id from work_item w join staff_position p on p.tenant_id = w.tenant_id and p.id = w.position_id
where w.tenant_id = $1 and w.id = $2
""".replace("{PLACE}", PLACE)


@dataclass(frozen=True, kw_only=True)
class Load:
    """What lies with somebody. ``hours``: of what is estimated; ``unestimated``: items of which nothing is known."""

    open: int = 0
    overdue: int = 0
    due_soon: int = 0
    hours: float = 0.0
    unestimated: int = 0

    def __add__(self, other: Load) -> Load:
        return Load(
            open=self.open + other.open,
            overdue=self.overdue + other.overdue,
            due_soon=self.due_soon + other.due_soon,
            hours=self.hours + other.hours,
            unestimated=self.unestimated + other.unestimated,
        )


@dataclass(frozen=True, kw_only=True)
class PersonLoad:
    """A person's load and the hours they have; ``away_until``: they are away now, ``substitute_id`` stands in."""

    user_id: uuid.UUID
    unit_id: uuid.UUID | None
    load: Load
    available_hours: float
    away_until: datetime | None = None
    substitute_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class UnitLoad:
    """A unit's people and what waits in its queue; ``load`` is of all of it."""

    unit_id: uuid.UUID
    load: Load
    queue: Load
    available_hours: float
    people: tuple[PersonLoad, ...]


async def unit_loads(unit_ids: Collection[uuid.UUID], *, days: int = 7) -> list[UnitLoad]:
    """Return the load of units within the reach of who assigns, for the next ``days``; others are not there."""
    everywhere, mine = assigning()
    if len(unit_ids) > MOST_UNITS:
        raise refuse("workload_units_many", "unit_ids", limit=MOST_UNITS)
    units = [each for each in dict.fromkeys(unit_ids) if everywhere or each in mine]
    people, queues = await _loads(units, (), days)
    found: dict[uuid.UUID, list[PersonLoad]] = defaultdict(list)
    for person in people:
        if person.unit_id is not None:
            found[person.unit_id].append(person)
    return [_unit(each, found[each], queues.get(each, Load())) for each in units]


async def candidates(item_id: uuid.UUID) -> list[tuple[uuid.UUID, PersonLoad | None]]:
    """Return who may do an item, who has most room first; their load to who assigns it, None to who delegates."""
    who = current_principal()
    if not who.can(ASSIGN):
        who.require(WORK)
    led = (await read_unit_work([item_id])).get(item_id) if who.can(ASSIGN) else None
    work = led or (await read_work([item_id])).get(item_id)
    if work is None:
        raise refuse("not_found", "item_id")
    fit = await fit_for(item_id, await near(item_id, work.role_key))
    if led is None:
        return [(user_id, None) for user_id in sorted(fit)]
    people, _ = await _loads((), fit, 7)
    people.sort(key=lambda each: (each.away_until is not None, _fullness(each), str(each.user_id)))
    return [(each.user_id, each) for each in people]


async def near(item_id: uuid.UUID, role_key: str) -> list[uuid.UUID]:
    """Return people among whom those are who may do an item: in its role, or in its unit."""
    async with tenant_tx() as unit:
        found = [row["unit_id"] for row in await unit.connection.fetch(_UNITS_OF, unit.tenant_id, item_id)]
        units = [each for each in found if each is not None]
        rows = await unit.connection.fetch(_CANDIDATES, unit.tenant_id, role_key, units, MOST_CANDIDATES)
    return [row["id"] for row in rows]


async def _loads(
    units: Collection[uuid.UUID], users: Collection[uuid.UUID], days: int
) -> tuple[list[PersonLoad], dict[uuid.UUID, Load]]:
    if not 1 <= days <= MOST_DAYS:
        raise refuse("workload_days", "days", limit=MOST_DAYS)
    clock, at = await city_clock(), now()
    until = at + timedelta(days=days)
    async with tenant_tx() as unit:
        people = await unit.connection.fetch(_PEOPLE, unit.tenant_id, [*units], [*users])
        ids = [row["id"] for row in people]
        away = await unit.connection.fetch(_AWAY, unit.tenant_id, ids, at, until)
        values = (ids, [*units], at, until, at - MEASURED, closed_modules())
        items = await unit.connection.fetch(_ITEMS, unit.tenant_id, *values)
    loads = {row["assignee_id"]: _load(row) for row in items if row["assignee_id"] is not None}
    queues = {row["unit_id"]: _load(row) for row in items if row["assignee_id"] is None}
    return [
        _person(row, loads, [each for each in away if each["user_id"] == row["id"]], clock, at, until) for row in people
    ], queues


def _load(row: asyncpg.Record) -> Load:
    return Load(
        open=row["open"],
        overdue=row["overdue"],
        due_soon=row["due_soon"],
        hours=round(float(row["seconds"] or 0) / 3600, 2),
        unestimated=row["unestimated"],
    )


def _person(
    row: asyncpg.Record,
    loads: dict[uuid.UUID, Load],
    away: list[asyncpg.Record],
    clock: WorkClock,
    at: datetime,
    until: datetime,
) -> PersonLoad:
    absent = sum(clock.between(max(each["from_at"], at), min(each["until_at"], until)) for each in away)
    seconds = max(0, clock.between(at, until) - absent) * min(1.0, float(row["seats"]))
    present = next((each for each in away if each["from_at"] <= at), None)
    return PersonLoad(
        user_id=row["id"],
        unit_id=row["unit_id"],
        load=loads.get(row["id"], Load()),
        available_hours=round(seconds / 3600, 2),
        away_until=None if present is None else present["until_at"],
        substitute_id=None if present is None else present["substitute_id"],
    )


def _unit(unit_id: uuid.UUID, people: list[PersonLoad], queue: Load) -> UnitLoad:
    return UnitLoad(
        unit_id=unit_id,
        load=_sum([*(each.load for each in people), queue]),
        queue=queue,
        available_hours=round(sum(each.available_hours for each in people), 2),
        people=tuple(people),
    )


def _sum(loads: Iterable[Load]) -> Load:
    return sum(loads, Load())


def _fullness(person: PersonLoad) -> float:
    """Return the hours to be done for each hour there is; who has none is full."""
    return person.load.hours / person.available_hours if person.available_hours else float("inf")
