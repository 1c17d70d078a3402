"""The tenant transaction: the unit of database work.

``async with tenant_tx():`` reads, ``async with tenant_tx(write=True):`` writes. It is per unit, not per request:

* nested in one task it joins the unit that is open;
* inside one ``operation()`` (a GraphQL query) all reads share one read-only REPEATABLE READ snapshot on one lazily
  opened connection, one at a time; a unit that fails takes only itself along, the next one opens a new snapshot;
* a write has a transaction of its own and ends the snapshot, so that what is read afterwards has seen the commit.

A request never holds two connections, therefore the pool can't deadlock on itself. Nothing outside the database is
awaited inside a unit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction

from leancity.core.db.engine import get_engine, pool
from leancity.core.telemetry.statements import acquired
from leancity.core.tenancy.context import current_tenant

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# One SQL function sets the city (see core/db/sql/enter.sql); it is the first statement after BEGIN, never inside a
# savepoint and never called twice in a transaction.
ENTER = "select leancity_enter($1)"


@dataclass(eq=False, kw_only=True)
class Unit:
    """An open unit of work. Piccolo reads ``connection`` from it.

    ``known`` is what was read in it and is asked for again, by a name of the reader's: it stays as it was read until
    the unit ends, but for what the unit itself writes, whose writer takes it out.
    """

    connection: Connection
    tenant_id: int
    writable: bool
    known: dict[Any, Any] = field(default_factory=dict)
    task: asyncio.Task[Any] | None = field(default_factory=asyncio.current_task)


class Snapshot:
    """The shared read-only transaction of one operation."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.connection: Connection | None = None
        self.transaction: Transaction | None = None

    async def open(self, tenant_id: int) -> Connection:
        if self.connection is None:
            self.connection, self.transaction = await _begin(tenant_id, writable=False)
        return self.connection

    async def close(self) -> None:
        connection, transaction = self.connection, self.transaction
        self.connection = self.transaction = None
        if connection is not None and transaction is not None:
            await _end(connection, transaction, commit=False)


class Rider(Protocol):
    """What commits with the first unit that writes: ``join`` writes it, ``left`` hears that the unit was undone."""

    async def join(self, unit: Unit) -> None: ...

    def left(self, unit: Unit) -> None: ...


_rider: ContextVar[Rider | None] = ContextVar("leancity_rider", default=None)
_unit: ContextVar[Unit | None] = ContextVar("leancity_unit", default=None)
_snapshot: ContextVar[Snapshot | None] = ContextVar("leancity_snapshot", default=None)


@asynccontextmanager
async def operation() -> AsyncIterator[None]:
    """Let all reads of the block, in whatever task of it, share one snapshot."""
    snapshot = Snapshot()
    token = _snapshot.set(snapshot)
    try:
        yield
    finally:
        _snapshot.reset(token)
        async with snapshot.lock:
            await snapshot.close()


@asynccontextmanager
async def put_down() -> AsyncIterator[None]:
    """Let this operation hold no connection until the block ends: for work that takes some of its own, elsewhere.

    Its reads wait meanwhile and see a newer snapshot afterwards. Not for use inside a unit.
    """
    snapshot = _snapshot.get()
    if snapshot is None:
        yield
        return
    async with snapshot.lock:
        await snapshot.close()
        yield


@contextmanager
def carrying(rider: Rider) -> Iterator[None]:
    """Let every unit of the block that writes ask ``rider`` to join it."""
    token = _rider.set(rider)
    try:
        yield
    finally:
        _rider.reset(token)


@asynccontextmanager
async def tenant_tx(*, write: bool = False, aside: bool = False) -> AsyncIterator[Unit]:
    """Open, or join, a unit of work in the city being served.

    ``aside``: what it writes stands whether or not the work that it serves does (a number drawn, a try counted).

    Raises ``NoTenantError`` outside a city, and ``RuntimeError`` where a write is asked for inside a read, a unit of
    one task is used by another, or the city has changed since the unit was opened.
    """
    tenant_id = current_tenant().id
    outer = _unit.get()
    if outer is not None:
        _check_joinable(outer, tenant_id, write)
        yield outer
        return
    snapshot = _snapshot.get()
    if snapshot is not None and not write:
        async with snapshot.lock:
            connection = await snapshot.open(tenant_id)
            try:
                async with _bound(Unit(connection=connection, tenant_id=tenant_id, writable=False)) as unit:
                    yield unit
            except BaseException:
                await snapshot.close()
                raise
        return
    if snapshot is not None:
        async with snapshot.lock:
            await snapshot.close()
    connection, transaction = await _begin(tenant_id, writable=write)
    unit = Unit(connection=connection, tenant_id=tenant_id, writable=write)
    rider = _rider.get() if write and not aside else None
    try:
        async with _bound(unit):
            if rider is not None:
                await rider.join(unit)
            yield unit
    except BaseException:
        await _end(connection, transaction, commit=False)
        if rider is not None:
            rider.left(unit)
        raise
    await _end(connection, transaction, commit=True)


def _check_joinable(outer: Unit, tenant_id: int, write: bool) -> None:
    if outer.task is not asyncio.current_task():
        raise RuntimeError("a unit of work belongs to the task that opened it: don't gather inside tenant_tx()")
    if outer.tenant_id != tenant_id:
        raise RuntimeError("the city changed inside a unit of work")
    if write and not outer.writable:
        raise RuntimeError("a write was asked for inside a read: open tenant_tx(write=True) first")


@asynccontextmanager
async def _bound(unit: Unit) -> AsyncIterator[Unit]:
    """Make ``unit`` the one that this task's services join and piccolo's queries run on."""
    ours = _unit.set(unit)
    current: ContextVar[Any] = get_engine().current_transaction
    piccolos = current.set(unit)
    try:
        yield unit
    finally:
        current.reset(piccolos)
        _unit.reset(ours)


async def _begin(tenant_id: int, *, writable: bool) -> tuple[Connection, Transaction]:
    connection = await acquired(pool())
    if writable:
        transaction = connection.transaction()
    else:
        transaction = connection.transaction(isolation="repeatable_read", readonly=True)
    try:
        await transaction.start()
        await connection.execute(ENTER, tenant_id)
    except BaseException:
        await _release(connection)
        raise
    return connection, transaction


async def _end(connection: Connection, transaction: Transaction, *, commit: bool) -> None:
    """Finish and give the connection back whatever happens: a failed COMMIT must not drain the pool."""
    try:
        if commit:
            await transaction.commit()
        else:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await transaction.rollback()
    finally:
        await _release(connection)


async def _release(connection: Connection) -> None:
    # Shielded: a cancelled request must not leave its connection outside the pool.
    await asyncio.shield(pool().release(connection))
