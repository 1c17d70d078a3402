"""Claiming: which rows the workers are hinted of next.

However many rows wait, a claim looks at few: it jumps through the index from city to city and sees the head of each
city's line only. Cities take turns; within a city the more urgent queue comes first. Of rows with one ``order_key`` the
eldest unfinished is given out; one that stands behind it is put aside, out of the line's head, until the eldest is
finished (``let_next_go``) or at the latest in ten minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from leancity.core.db.engine import pool
from leancity.core.db.unit import Connection
from leancity.core.jobs.queues import QUEUES, Queue, Slots

LEASE = timedelta(seconds=30)
"""How long a hint counts: then the worker that got it is taken for dead and another one is hinted."""
ASIDE = timedelta(minutes=10)
HEADS = 2048  # rows that one claim looks at, shared among the lines
LEAST_HEAD = 4

# One step of the recursion is one probe of the index due_turns_idx: (kind, queue, tenant_id, run_at, id).
_LINES = """
with recursive line as (
    (select queue, tenant_id, run_at from due where kind = 'job' order by queue, tenant_id, run_at limit 1)
    union all
    select next.queue, next.tenant_id, next.run_at
    from line cross join lateral (
        select d.queue, d.tenant_id, d.run_at from due d
        where d.kind = 'job' and (d.queue, d.tenant_id) > (line.queue, line.tenant_id)
        order by d.queue, d.tenant_id, d.run_at limit 1
    ) next
)
select queue, tenant_id from line where run_at <= now()
"""
_OUT = "select tenant_id, queue, count(*) as jobs from due where lease_until > now() and kind = 'job' group by 1, 2"
_CLAIM = """
with head as (
    select row.*, line.tenant_id, line.rank,
        row.order_key is not null and exists (
            select from due elder
            where elder.tenant_id = line.tenant_id and elder.order_key = row.order_key and elder.id < row.id
              and elder.kind = 'job'
        ) as is_behind
    from unnest($1::text[], $2::int[], $3::int[]) as line (queue, tenant_id, rank)
    cross join lateral (
        select d.id, d.run_at, d.order_key, d.queue from due d
        where d.kind = 'job' and d.queue = line.queue and d.tenant_id = line.tenant_id and d.run_at <= now()
          and (d.lease_until is null or d.lease_until <= now())
        order by d.run_at, d.id limit $4
    ) row
), numbered as (
    select id, queue, tenant_id, rank, run_at,
        row_number() over (partition by tenant_id order by rank, run_at, id) as in_city
    from head where not is_behind
), fair as (
    select n.id, n.in_city, n.rank, n.run_at, n.queue,
        row_number() over (partition by n.queue order by n.in_city, n.run_at, n.id) as in_queue
    from numbered n
    left join unnest($5::int[], $6::bigint[]) as city (tenant_id, jobs) using (tenant_id)
    where n.in_city + coalesce(city.jobs, 0) <= $7
), chosen as (
    select fair.id from fair
    join unnest($8::text[], $9::bigint[]) as room (queue, jobs) using (queue)
    where fair.in_queue <= room.jobs
    order by fair.in_city, fair.rank, fair.run_at, fair.id limit $10
), given as (
    select d.id from due d join chosen using (id) for update of d skip locked
), behind as (
    select d.id from due d join head using (id) where head.is_behind for update of d skip locked
), put_aside as (
    update due d set run_at = now() + $12 from behind, head
    where d.id = behind.id and head.id = d.id and d.run_at = head.run_at
)
update due d set lease_until = now() + $11 from given where d.id = given.id
returning d.tenant_id, d.id, d.queue
"""
_GIVE_BACK = "update due set lease_until = null where id = any($1::uuid[]) and held_until is null"
# A microsecond later than asked for: a claim that is about to put it aside sees that it was touched.
_LET_GO = """
update due d set run_at = j.run_at + interval '1 microsecond'
from job j
where d.tenant_id = $1 and j.tenant_id = $1 and j.id = d.id and d.id = (
    select e.id from due e where e.tenant_id = $1 and e.order_key = $2 and e.kind = 'job' order by e.id limit 1
)
"""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A row that was leased for a hint."""

    tenant_id: int
    job_id: uuid.UUID
    queue: Queue


@dataclass(frozen=True, kw_only=True)
class Line:
    """One city's rows of one queue, of which at least one was due when they were looked for."""

    queue: str
    tenant_id: int


async def find_lines() -> list[Line]:
    """Return the lines in which a row is due."""
    return [Line(**row) for row in await pool().fetch(_LINES)]


@dataclass(frozen=True, kw_only=True)
class Out:
    """What is out with the workers, hinted or in hand: jobs by city and by queue."""

    by_city: dict[int, int]
    by_queue: dict[str, int]

    @property
    def jobs(self) -> int:
        return sum(self.by_city.values())


async def look_out() -> Out:
    """Count what is out."""
    out = Out(by_city={}, by_queue={})
    for row in await pool().fetch(_OUT):
        out.by_city[row["tenant_id"]] = out.by_city.get(row["tenant_id"], 0) + row["jobs"]
        out.by_queue[row["queue"]] = out.by_queue.get(row["queue"], 0) + row["jobs"]
    return out


async def claim(slots: Slots, lines: Sequence[Line], out: Out) -> list[Claimed]:
    """Lease due rows of ``lines`` in fair turns, as many as the slots have room for."""
    room = slots.most - out.jobs
    if room <= 0 or not lines:
        return []
    rooms = [max(0, slots.of_a_queue(queue) - out.by_queue.get(queue, 0)) for queue in QUEUES]
    rows = await pool().fetch(
        _CLAIM,
        [line.queue for line in lines],
        [line.tenant_id for line in lines],
        [QUEUES.index(line.queue) if line.queue in QUEUES else len(QUEUES) for line in lines],
        max(LEAST_HEAD, HEADS // len(lines)),
        list(out.by_city),
        list(out.by_city.values()),
        slots.of_a_city,
        list(QUEUES),
        rooms,
        room,
        LEASE,
        ASIDE,
    )
    return [Claimed(tenant_id=row["tenant_id"], job_id=row["id"], queue=row["queue"]) for row in rows]


async def give_back(claimed: Sequence[Claimed]) -> None:
    """Let go of rows whose hint reached nobody."""
    await pool().execute(_GIVE_BACK, [each.job_id for each in claimed])


async def let_next_go(connection: Connection, tenant_id: int, order_key: uuid.UUID) -> None:
    """Put the eldest row of an order back into its line, in the transaction that has finished the one before it."""
    await connection.execute(_LET_GO, tenant_id, order_key)
