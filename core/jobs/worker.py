"""The worker: dramatiq on Redis carries hints ``(city, job)``, nothing else.

None of dramatiq's middleware is installed: attempts, the next run and time limits are ours (Redis forgets), and its
event loop has to run before there are consumers and until after them.
"""

from __future__ import annotations

import signal
import threading
import uuid
from collections.abc import Sequence

import dramatiq
import redis
import structlog
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker

from leancity.core.audit import keeper
from leancity.core.config import Config
from leancity.core.db.engine import close_pool
from leancity.core.db.waiting import open_pool_patiently
from leancity.core.errors import StartupError
from leancity.core.jobs.claim import Claimed
from leancity.core.jobs.queues import QUEUES, Queue
from leancity.core.jobs.relay import Hint
from leancity.core.jobs.run import run_job

POLL = 100  # milliseconds: the longest pause between two looks for a hint
REDIS_SECONDS = 5.0  # until a Redis that does not answer is taken for away

log = structlog.get_logger()


def make_broker(config: Config) -> RedisBroker:
    """Return the broker of this installation: an actor and a queue for each of ours, the most urgent first."""
    broker = RedisBroker(  # type: ignore[no-untyped-call]
        client=redis.Redis.from_url(
            config.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ),
        namespace=f"{config.redis_prefix}.jobs",
        middleware=[],
    )

    async def run(tenant_id: int, job_id: str) -> None:
        await run_job(tenant_id, uuid.UUID(job_id))

    for priority, queue in enumerate(QUEUES):
        dramatiq.actor(broker=broker, actor_name=_actor(queue), queue_name=queue, priority=priority)(run)
    return broker


def _actor(queue: Queue) -> str:
    return f"run_{queue}"


def hinter(config: Config) -> Hint:
    """Return how the scheduler hints the workers."""
    broker = make_broker(config)
    actors = {queue: broker.get_actor(_actor(queue)) for queue in QUEUES}

    def hint(claimed: Sequence[Claimed]) -> Sequence[Claimed]:
        for number, each in enumerate(claimed):
            try:
                actors[each.queue].send(each.tenant_id, str(each.job_id))
            except (redis.RedisError, dramatiq.errors.ConnectionError) as error:
                log.warning("no worker could be hinted", error=str(error))
                return claimed[number:]
        return ()

    return hint


def work(config: Config) -> None:
    """Run jobs until SIGINT or SIGTERM, then finish the ones in hand."""
    if config.pool_size <= config.worker_threads:
        raise StartupError("LEANCITY_POOL_SIZE must be more than LEANCITY_WORKER_THREADS: a job is held by a statement")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    broker = make_broker(config)
    loop = EventLoopThread(log)
    loop.start(timeout=5.0)
    set_event_loop_thread(loop)
    try:
        loop.run_coroutine(open_pool_patiently(config.database_url, size=config.pool_size))
        loop.run_coroutine(keeper.start())
        worker = dramatiq.Worker(broker, worker_threads=config.worker_threads, worker_timeout=POLL)
        worker.start()
        log.info("worker ready", threads=config.worker_threads)
        stop.wait()
        worker.stop()  # when each thread has finished the job it has; hints beyond those go back to Redis
        loop.run_coroutine(keeper.stop())
        loop.run_coroutine(close_pool())
    finally:
        loop.stop()  # type: ignore[no-untyped-call]
        broker.close()
