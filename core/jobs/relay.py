"""The scheduler: leases what is due and hints the workers by Redis.

A row is leased, not removed: only the worker's transaction that records the outcome removes it, and a row whose lease
ran out is hinted again. Redis may therefore be emptied at any moment. Which row comes next is ``core.jobs.claim``'s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NoReturn

import asyncpg
import structlog

from leancity.core.audit.writing import AWAY
from leancity.core.jobs.claim import Claimed, Line, claim, find_lines, give_back, look_out
from leancity.core.jobs.queues import Slots
from leancity.core.telemetry.queues import leads

BUSY = 0.02  # seconds between looks while something is out or waits
IDLE = 0.2
SHARE = 20  # of the time one is looking for the cities with something due, at most
REFUSED = 1.0  # seconds after Redis refused hints
AGAIN = 1.0  # seconds until what runs beside the relay is begun again after an error
LEADER = 0x1EA9C172

Hint = Callable[[Sequence[Claimed]], Sequence[Claimed]]
"""Hints workers of rows and returns those of which it could not. It may block for a while."""
Beside = Mapping[str, Callable[[], Awaitable[None]]]
"""What only the leader does, each for ever in a task of its own, by name."""

log = structlog.get_logger()


async def relay(url: str, hint: Hint, *, slots: Slots, beside: Beside) -> NoReturn:
    """Hint workers for ever, as the one leader of this database, and do what is ``beside``.

    ``url`` is a direct connection: the leader's lock lives as long as it does. A database that goes away is waited for.
    """
    while True:
        try:
            await _relay(url, hint, slots, beside)
        except AWAY as error:
            log.warning("the database went away", error=str(error))
            await asyncio.sleep(AGAIN)


async def _relay(url: str, hint: Hint, slots: Slots, beside: Beside) -> None:
    leader = await _lead(url)
    log.info("scheduler leads", threads=slots.threads)
    leads(True)
    tasks = [asyncio.create_task(_keep_at(name, work), name=name) for name, work in beside.items()]
    try:
        turns = _Turns(slots, hint)
        while True:
            await leader.fetchval("select 1")
            await asyncio.sleep(await turns.take())
    finally:
        leads(False)
        await _end(tasks)
        leader.terminate()  # gives the lock back also where the server is gone


async def _end(tasks: Collection[asyncio.Task[NoReturn]]) -> None:
    """Cancel tasks until all have ended: a connection that breaks at that very moment eats a cancellation."""
    left = {*tasks}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)


class _Turns:
    """The looks of one leadership. Which cities have something due is found out a few times a second."""

    def __init__(self, slots: Slots, hint: Hint) -> None:
        self._slots = slots
        self._hint = hint
        self._lines: list[Line] = []
        self._next_look = 0.0

    async def take(self) -> float:
        """Claim and hint; return for how many seconds to pause."""
        begun = time.monotonic()
        if begun >= self._next_look:
            self._lines = await find_lines()
            ended = time.monotonic()
            self._next_look = ended + max(IDLE, SHARE * (ended - begun))
        out = await look_out()
        claimed = await claim(self._slots, self._lines, out) if self._lines else []
        if claimed:
            refused = await asyncio.to_thread(self._hint, claimed)
            if refused:
                await give_back(refused)
                return REFUSED
        if claimed or out.jobs or self._lines:
            return BUSY
        return max(0.0, self._next_look - time.monotonic())


async def _keep_at(name: str, work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Do ``work`` for ever: whatever it raises, neither the relay nor its neighbours feel it."""
    while True:
        try:
            await work()
        except AWAY as error:
            log.warning("waits for the database", work=name, error=str(error))
        except Exception as error:
            log.error("unforeseen", work=name, exc_info=error)
        await asyncio.sleep(AGAIN)


async def _lead(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """Wait until no other scheduler of the database leads."""
    connection = await asyncpg.connect(url)
    while not await connection.fetchval(  # noqa: ASYNC110 - the lock is PostgreSQL's, no event of this process tells
        "select pg_try_advisory_lock($1)", LEADER
    ):
        await asyncio.sleep(2)
    return connection
