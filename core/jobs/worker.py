"""The worker: dramatiq on Redis carries hints ``(city, job)``, nothing else.

Retries and AgeLimit are not installed: attempts and the next run are columns, Redis forgets.
"""

from __future__ import annotations

import signal
import threading
import uuid
from collections.abc import Callable

import dramatiq
import redis
import structlog
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, CurrentMessage, ShutdownNotifications, TimeLimit

from leancity.core.audit import keeper
from leancity.core.config import Config
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.jobs.run import run_job

QUEUE = "jobs"
ACTOR = "run_job"
LONGEST_JOB = 10 * 60 * 1000  # milliseconds

log = structlog.get_logger()


def make_broker(config: Config) -> RedisBroker:
    """Return the broker of this installation with its one actor."""
    broker = RedisBroker(  # type: ignore[no-untyped-call]
        url=config.redis_url,
        namespace=f"{config.redis_prefix}.jobs",
        middleware=[TimeLimit(time_limit=LONGEST_JOB), ShutdownNotifications(), CurrentMessage(), AsyncIO()],
    )

    @dramatiq.actor(broker=broker, actor_name=ACTOR, queue_name=QUEUE)
    async def _run(tenant_id: int, job_id: str) -> None:
        await run_job(tenant_id, uuid.UUID(job_id))

    return broker


def hinter(config: Config) -> Callable[[int, uuid.UUID], None]:
    """Return how the scheduler hints a worker; with Redis away the lease runs out and it hints again."""
    broker = make_broker(config)
    actor = broker.get_actor(ACTOR)

    def hint(tenant_id: int, job_id: uuid.UUID) -> None:
        try:
            actor.send(tenant_id, str(job_id))
        except (redis.RedisError, dramatiq.errors.ConnectionError) as error:
            log.warning("no worker could be hinted", error=str(error))

    return hint


def work(config: Config) -> None:
    """Run jobs until SIGINT or SIGTERM, then finish the ones in hand."""
    broker = make_broker(config)
    worker = dramatiq.Worker(broker, worker_threads=config.worker_threads)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    worker.start()
    loop = get_event_loop_thread()
    if loop is None:
        raise RuntimeError("dramatiq started no event loop")
    try:
        loop.run_coroutine(open_pool(config.database_url, size=config.pool_size))
        loop.run_coroutine(keeper.start())
    except BaseException:  # its threads would keep a process alive that can do nothing
        worker.stop()
        raise
    log.info("worker ready", threads=config.worker_threads)
    stop.wait()
    worker.pause()
    worker.join()
    loop.run_coroutine(keeper.stop())
    loop.run_coroutine(close_pool())
    worker.stop()
    broker.close()
