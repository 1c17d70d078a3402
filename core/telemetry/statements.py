"""Every statement of the application, counted by kind and put on the trace it belongs to; never its parameters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from functools import lru_cache
from typing import TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from leancity.core.telemetry.metrics import POOL_CONNECTIONS, POOL_LIMIT, POOL_WAIT, STATEMENT_ERRORS, STATEMENTS
from leancity.core.telemetry.spans import tracer

EVERY = 2.0  # seconds between looks at the pool
LONGEST = 2_000  # characters of a statement on a span

# By the first six letters, which tell them apart and are read quickly.
_KINDS = {
    **{word: word for word in ("select", "insert", "update", "delete")},
    **dict.fromkeys(("begin;", "begin ", "commit", "rollba", "savepo", "releas"), "transaction"),
}
_ENTER = "select leancity_"  # the kernel's own function that enters a city, with every unit of work
_RESET = "SELECT pg_advisory_unlock_all"  # of the pool, when a connection comes back
_BY_KIND = {kind: STATEMENTS.labels(kind) for kind in {*_KINDS.values(), "with", "enter", "reset", "other"}}

T = TypeVar("T")


async def counted(statement: str, done: Awaitable[T]) -> T:
    """Wait for a statement and count it."""
    begun = time.perf_counter()
    try:
        result = await done
    except BaseException as error:
        _note(statement, time.perf_counter() - begun, error)
        raise
    _note(statement, time.perf_counter() - begun, None)
    return result


@lru_cache(maxsize=512)
def kind_of(statement: str) -> str:
    """Return which kind of statement it is; there are few."""
    if statement.startswith((_ENTER, _RESET)):
        return "enter" if statement.startswith(_ENTER) else "reset"
    start = statement.lstrip()[:6].lower()
    return "with" if start.startswith("with") else _KINDS.get(start, "other")


async def acquired(pool: asyncpg.Pool[asyncpg.Record]) -> PoolConnectionProxy[asyncpg.Record]:
    """Wait for a connection, and count how long."""
    begun = time.perf_counter()
    try:
        return await pool.acquire()
    finally:
        POOL_WAIT.observe(time.perf_counter() - begun)


async def look_at(pool: asyncpg.Pool[asyncpg.Record]) -> None:
    """Tell every two seconds how much of the pool is used, for ever."""
    POOL_LIMIT.set(pool.get_max_size())
    while True:
        idle = pool.get_idle_size()
        POOL_CONNECTIONS.labels("idle").set(idle)
        POOL_CONNECTIONS.labels("used").set(pool.get_size() - idle)
        await asyncio.sleep(EVERY)


def _note(statement: str, seconds: float, error: BaseException | None) -> None:
    kind = kind_of(statement)
    _BY_KIND[kind].observe(seconds)
    if error is not None:
        STATEMENT_ERRORS.labels(kind, _class_of(error)).inc()
    making = tracer()
    if making is not None:
        _trace(making, kind, statement, seconds, error)


def _trace(making: Tracer, kind: str, statement: str, seconds: float, error: BaseException | None) -> None:
    """Put a statement on the trace it is a part of; what the relay asks again and again is a part of none."""
    if not trace.get_current_span().is_recording():
        return
    ended = time.time_ns()
    span = making.start_span(
        f"sql {kind}",
        kind=SpanKind.CLIENT,
        attributes={
            "db.system.name": "postgresql",
            "db.operation.name": kind,
            "db.query.text": statement.strip()[:LONGEST],
        },
        start_time=ended - int(seconds * 1e9),
    )
    if error is not None:
        span.set_status(StatusCode.ERROR, type(error).__name__)
    span.end(ended)


def _class_of(error: BaseException) -> str:
    """Return the class of an error's SQLSTATE, of which there are about forty."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate)[:2]
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "connection"
