"""The scheduler's gauges: how much waits in each queue and for how long, over all cities together.

Measured from the directory, by the indexes over what is due: no city is entered for it. Where much is due counting it
takes a while; then it is counted less often.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import cache

import asyncpg
import structlog
from prometheus_client import Gauge

from leancity.core.db.engine import pool
from leancity.core.jobs.queues import QUEUES

EVERY = 5.0  # seconds
SHARE = 20  # of the time one is counting at most

_DUE = """
select queue,
       count(*) filter (where not is_held and not is_leased) as waiting,
       count(*) filter (where is_leased and not is_held) as leased,
       count(*) filter (where is_held) as held,
       coalesce(extract(epoch from now() - min(run_at) filter (where not is_held)), 0)::float8 as lag
from (
    select queue, run_at,
           coalesce(held_until > now(), false) as is_held, coalesce(lease_until > now(), false) as is_leased
    from due where kind = 'job' and run_at <= now()
) as due_now
group by queue
"""
_DEAD = "select queue, count(*) as dead from due where kind = 'dead' group by queue"
_ANNOUNCED = "select count(*) from announcement"
_COLUMNS = ("waiting", "leased", "held", "lag")

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """What only a scheduler tells."""

    leader: Gauge
    waiting: Gauge
    leased: Gauge
    held: Gauge
    lag: Gauge
    dead: Gauge
    announcements: Gauge


@cache
def gauges() -> Gauges:
    """Make the gauges, in the process that measures: in any other their zeros would be lies."""
    by_queue = ("queue",)
    return Gauges(
        leader=Gauge("leancity_scheduler_leader", "1 in the scheduler that leads, 0 in those that wait."),
        waiting=Gauge("leancity_queue_waiting", "Jobs whose moment has come and that nobody is at.", by_queue),
        leased=Gauge("leancity_queue_leased", "Jobs that a worker has been hinted of.", by_queue),
        held=Gauge("leancity_queue_held", "Jobs that a worker is at.", by_queue),
        lag=Gauge("leancity_queue_lag_seconds", "How long the eldest job that nobody is at is overdue.", by_queue),
        dead=Gauge("leancity_queue_dead", "Jobs that failed for good and wait for an operator.", by_queue),
        announcements=Gauge("leancity_announcements_waiting", "Changes that subscribers have not been told of yet."),
    )


def leads(is_leader: bool) -> None:
    """Tell whether this scheduler is the one that leads."""
    gauges().leader.set(is_leader)


async def keep_measuring() -> None:
    """Measure for ever. While the database is away there are no figures, rather than what they were."""
    while True:
        begun = time.monotonic()
        try:
            await measure()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("queues can't be measured", error=type(error).__name__)
            _forget()
        await asyncio.sleep(max(EVERY, SHARE * (time.monotonic() - begun)))


async def measure() -> None:
    """Set the gauges of every queue."""
    due = {row["queue"]: row for row in await pool().fetch(_DUE)}
    dead = {row["queue"]: row["dead"] for row in await pool().fetch(_DEAD)}
    gauges().announcements.set(await pool().fetchval(_ANNOUNCED))
    for queue in QUEUES:
        for column in _COLUMNS:
            getattr(gauges(), column).labels(queue).set(due[queue][column] if queue in due else 0)
        gauges().dead.labels(queue).set(dead.get(queue, 0))


def _forget() -> None:
    for name in (*_COLUMNS, "dead"):
        getattr(gauges(), name).clear()
    gauges().announcements.set(float("nan"))
