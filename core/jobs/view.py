"""What waits, runs and lies dead, over all cities: counted in the directory, so no city is entered for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leancity.core.db.engine import pool
from leancity.core.jobs.queues import QUEUES

_QUEUES = """
select queue,
    count(*) filter (where kind = 'job' and not is_running and run_at <= now()) as waiting,
    count(*) filter (where kind = 'job' and not is_running and run_at > now()) as later,
    count(*) filter (where kind = 'job' and is_running) as running,
    count(*) filter (where kind = 'dead') as dead,
    coalesce(extract(epoch from now() - min(run_at) filter (
        where kind = 'job' and not is_running and run_at <= now())), 0)::float8 as lag
from (select queue, kind, run_at, coalesce(held_until > now(), false) as is_running from due) as row
group by queue
"""
_CITIES = """
select t.slug, count(*) filter (where d.kind = 'job' and d.run_at <= now()) as waiting,
    count(*) filter (where d.kind = 'job' and d.held_until > now()) as running,
    count(*) filter (where d.kind = 'dead') as dead
from due d join tenant t on t.id = d.tenant_id
where d.kind = 'dead' or d.run_at <= now()
group by t.slug order by 2 desc, 4 desc, 1 limit $1
"""
_LAGS = """
select c.id, q.queue, coalesce((
    select extract(epoch from now() - d.run_at) from due d
    where d.kind = 'job' and d.queue = q.queue and d.tenant_id = c.id and d.run_at <= now()
      and (d.held_until is null or d.held_until <= now())
    order by d.run_at limit 1
), 0)::float8 as lag
from unnest($1::int[]) as c (id), unnest($2::text[]) as q (queue)
"""


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """One queue: jobs that are due and ``waiting``, in hand, ``later`` (a time, a retry, behind an elder), dead.

    ``lag`` is for how many seconds the eldest waiting one has been due.
    """

    queue: str
    waiting: int
    running: int
    later: int
    dead: int
    lag: float


@dataclass(frozen=True, kw_only=True)
class CityFigures:
    """One city's jobs: those that are due, of which ``running`` are in hand, and the dead."""

    city: str
    waiting: int
    running: int
    dead: int


async def queue_figures() -> list[QueueFigures]:
    """Return the figures of each queue, the most urgent first."""
    found = {row["queue"]: row for row in await pool().fetch(_QUEUES)}
    empty = {"waiting": 0, "running": 0, "later": 0, "dead": 0, "lag": 0.0}
    return [QueueFigures(**{**empty, **dict(found.get(queue, {})), "queue": queue}) for queue in QUEUES]


async def noisiest_cities(limit: int = 10) -> list[CityFigures]:
    """Return the cities with the most jobs due, then with the most dead ones."""
    rows = await pool().fetch(_CITIES, limit)
    return [CityFigures(city=row["slug"], **{k: row[k] for k in ("waiting", "running", "dead")}) for row in rows]


async def lags_of(tenant_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return of each city for how many seconds the eldest waiting job of each queue has been due; 0 for none."""
    found: dict[int, dict[str, float]] = {tenant_id: {} for tenant_id in tenant_ids}
    for row in await pool().fetch(_LAGS, [*tenant_ids], [*QUEUES]):
        found[row["id"]][row["queue"]] = row["lag"]
    return found
