"""The process's one engine and pool.

Piccolo's own ``transaction()``, ``atomic()`` and ``batch`` are closed here: a failed COMMIT keeps their connection for
ever and their context variable can't be closed from another task. ``core.db.unit`` is the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import asyncpg
from piccolo.engine.postgres import PostgresEngine

from leancity.core.db.counted import Counted
from leancity.core.telemetry.statements import look_at


class Engine(PostgresEngine):
    """Piccolo's engine without its eager connection and without its transactions."""

    async def check_version(self) -> None:
        """Do nothing: the parent would connect while being constructed. ``doctor`` checks the version."""

    async def prep_database(self) -> None:
        """Do nothing: the application's role may not create extensions, and needs none."""

    async def _run_in_new_connection(self, query: str, args: Sequence[Any] | None = None) -> NoReturn:
        raise RuntimeError("the pool is closed: a statement outside it would hold a connection that nobody counts")

    def transaction(self, allow_nested: bool = True) -> NoReturn:
        raise RuntimeError("use leancity.core.db.unit.tenant_tx()")

    def atomic(self) -> NoReturn:
        raise RuntimeError("use leancity.core.db.unit.tenant_tx()")

    async def batch(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError("page by cursor instead: a batch holds a connection for as long as its reader likes")


ASIDE = 2  # connections of the small pool beside
_engine: PostgresEngine | None = None
_aside: asyncpg.Pool[asyncpg.Record] | None = None
_looking: asyncio.Task[None] | None = None


@contextmanager
def using(engine: PostgresEngine) -> Iterator[None]:
    """Let piccolo find ``engine`` instead of the process's own, for a migration."""
    global _engine
    before, _engine = _engine, engine
    try:
        yield
    finally:
        _engine = before


def get_engine() -> PostgresEngine:
    """Return the process's engine; raise ``RuntimeError`` before ``open_pool``."""
    if _engine is None:
        raise RuntimeError("the database is not open in this process: call open_pool first")
    return _engine


async def open_pool(url: str, *, size: int) -> None:
    """Connect this process to PostgreSQL as the application, with at most ``size`` connections and two aside."""
    global _engine, _aside, _looking
    # Piccolo's tables remember their engine, so there is one engine object for the life of the process.
    engine = _engine if isinstance(_engine, Engine) else Engine({})
    engine.config = {"dsn": url}
    await engine.start_connection_pool(
        min_size=min(2, size), max_size=size, server_settings={"application_name": "leancity"}, connection_class=Counted
    )
    _engine = engine
    _looking = asyncio.create_task(look_at(pool()))
    # It connects when it is first used; with no connection to begin with this does no I/O.
    _aside = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=ASIDE,
        server_settings={"application_name": "leancity aside"},
        connection_class=Counted,
    )


async def close_pool() -> None:
    """Close both pools, waiting for the connections in use."""
    global _aside, _looking
    if _looking is not None:
        _looking.cancel()
        _looking = None
    opened, _aside = _aside, None
    if opened is not None:
        await opened.close()
    await get_engine().close_connection_pool()


def pool() -> asyncpg.Pool[asyncpg.Record]:
    """Return the open pool."""
    opened = get_engine().pool
    if opened is None:
        raise RuntimeError("the pool is closed")
    return opened


def aside_pool() -> asyncpg.Pool[asyncpg.Record]:
    """Return the small pool of what must not wait for the other one: see ``core.db.aside``."""
    if _aside is None:
        raise RuntimeError("the pool is closed")
    return _aside
