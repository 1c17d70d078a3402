"""Removing all that a city has in the database: the one work that deletes what the application may only add.

It runs on a connection of ``leancity_migrate`` (BYPASSRLS), never in a web process or a worker: the application's role
can delete neither the rows of append-only tables nor a city. Tables go in the reverse of the order in which they are
filled, so that no row ever points to one that is gone; each batch commits by itself, so a killed run has lost nothing
and the next one goes on. ``remove`` ends it in one transaction that nobody can write past.

The catalogue says which tables there are: those of a plug-in that is not installed (any more) are emptied too.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from leancity.core.db.order import filling_order
from leancity.core.tenancy.directory import DIRECTORY

Migrating: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Told: TypeAlias = Callable[[int], None]
"""Hears of rows that are gone."""

BATCH = 5_000
_LOCK = 0x1EA9C173  # and the city's id: one process at a time empties it
_CLEARS_STATISTICS = 18
"""The PostgreSQL that can forget a table's statistics; earlier ones keep those of a table that has become empty."""

_TABLES = """
select c.relname as name from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
order by 1
"""
_WITH_ID = """
select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and a.attname = 'id' and a.atttypid = 'uuid'::regtype
"""
_COUNT = 'select count(*) from "{table}" where tenant_id = $1'
# From the row behind the last one: no step walks over what is gone already.
_PAGE = 'select id from "{table}" where tenant_id = $1 and id > $2 order by id limit $3'
_DELETE = 'delete from "{table}" where tenant_id = $1 and id = any($2::uuid[])'
_DELETE_ALL = 'delete from "{table}" where tenant_id = $1'
_POINT_NOWHERE = 'update "{table}" set {values} where tenant_id = $1 and id = any($2::uuid[]) and ({points})'
_HOLD = "select id from tenant where id = $1 for update"
_LEAVE_REGION = "update tenant set region_id = null where region_id = $1"
_REMOVE = "delete from tenant where id = $1"
_FORGET = """
select pg_clear_attribute_stats('public', c.relname, a.attname, inherited)
from pg_class c join pg_attribute a on a.attrelid = c.oid, unnest(array[false, true]) as inherited
where c.relnamespace = 'public'::regnamespace and c.relname = $1 and a.attnum > 0 and not a.attisdropped
"""


@dataclass(frozen=True, kw_only=True)
class _Tables:
    """Names of tables that hold cities' rows. ``ids``: those whose rows are numbered by a UUID ``id``."""

    known: tuple[str, ...]
    """In the order of emptying; those of the directory, by which work finds its way to a city, first."""
    unknown: tuple[str, ...]
    """Of plug-ins that are not installed here."""
    later: Mapping[str, tuple[str, ...]]
    """Columns to be emptied before any row goes: they point to what goes earlier."""
    ids: frozenset[str]


@asynccontextmanager
async def emptying(url: str, tenant_id: int) -> AsyncIterator[Migrating | None]:
    """Connect as the migrate role and hold the city's lock; None where another process holds it."""
    # Without sequential scans no plan, of ours or of a foreign key's check, walks through the rows of all cities.
    settings = {"application_name": "leancity erasing", "enable_seqscan": "off"}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        is_ours = await connection.fetchval("select pg_try_advisory_lock($1, $2)", _LOCK, tenant_id)
        yield connection if is_ours else None
    finally:
        await connection.close()


async def rows_of(connection: Migrating, tenant_id: int) -> dict[str, int]:
    """Count a city's rows anew, table by table; tables without any are among them."""
    tables = await _tables(connection)
    return {name: await _count(connection, name, tenant_id) for name in (*tables.unknown, *tables.known)}


async def empty(connection: Migrating, tenant_id: int, told: Told) -> dict[str, int]:
    """Remove a city's rows from every table, the city's own row excepted; return how many were removed from each.

    Each batch commits: give it again after a kill. Raises ``asyncpg.ForeignKeyViolationError`` where tables of
    plug-ins that are not installed hold one another's rows.
    """
    tables = await _tables(connection)
    for name, columns in tables.later.items():
        await _point_nowhere(connection, name, columns, tenant_id)
    gone = await _empty_unknown(connection, tables, tenant_id, told)
    for name in tables.known:
        gone[name] = await _empty_table(connection, name, tenant_id, told, has_id=name in tables.ids)
    return gone


async def forget_statistics(connection: Migrating) -> bool:
    """Let the planner forget the values that it has seen in the cities' tables, names and addresses among them.

    Returns whether all are forgotten: before PostgreSQL 18 the statistics of a table that is empty now stay.
    """
    is_able = connection.get_server_version().major >= _CLEARS_STATISTICS
    tables = await _tables(connection)
    for name in (*tables.unknown, *tables.known):
        if is_able:
            await connection.fetch(_FORGET, name)
        await connection.execute(f'analyze "{name}"')
    return is_able


async def remove(connection: Migrating, tenant_id: int) -> int:
    """Remove the city's own row, and what was still written meanwhile; return how many rows of tables that was.

    The row is locked first: every row of a city refers to it, so who is about to write one waits, and is refused once
    the city is gone. Its foreign keys refuse the removal while one row is left in any table.
    """
    tables = await _tables(connection)
    late = 0
    async with connection.transaction():
        await connection.execute(_HOLD, tenant_id)
        for name, columns in tables.later.items():
            await _point_nowhere(connection, name, columns, tenant_id)
        for name in (*tables.unknown, *tables.known):
            late += _number(await connection.execute(_DELETE_ALL.format(table=name), tenant_id))
        await connection.execute(_LEAVE_REGION, tenant_id)
        await connection.execute(_REMOVE, tenant_id)
    return late


async def _tables(connection: Migrating) -> _Tables:
    present = [row["name"] for row in await connection.fetch(_TABLES)]
    order = [each for each in reversed(filling_order()) if each.table._meta.tablename in present]
    names = [each.table._meta.tablename for each in order]
    directory = [name for name in present if name in DIRECTORY]
    return _Tables(
        known=(*directory, *names),
        unknown=tuple(name for name in present if name not in {*names, *directory}),
        later={each.table._meta.tablename: each.later for each in order if each.later},
        ids=frozenset(row["name"] for row in await connection.fetch(_WITH_ID)),
    )


async def _empty_unknown(connection: Migrating, tables: _Tables, tenant_id: int, told: Told) -> dict[str, int]:
    """Empty tables whose order nobody knows: what another one of them still points to is tried again after it."""
    gone: dict[str, int] = {}
    waiting = [*tables.unknown]
    while waiting:
        stuck: list[str] = []
        for name in waiting:
            try:
                removed = await _empty_table(connection, name, tenant_id, told, has_id=name in tables.ids)
            except asyncpg.ForeignKeyViolationError:
                if len(stuck) + 1 == len(waiting):
                    raise
                stuck.append(name)
            else:
                gone[name] = removed
        waiting = stuck
    return gone


async def _empty_table(connection: Migrating, name: str, tenant_id: int, told: Told, *, has_id: bool) -> int:
    if not has_id:
        gone = _number(await connection.execute(_DELETE_ALL.format(table=name), tenant_id))
        told(gone)
        return gone
    gone = 0
    async for ids in _batches(connection, name, tenant_id):
        removed = _number(await connection.execute(_DELETE.format(table=name), tenant_id, ids))
        told(removed)
        gone += removed
    return gone


async def _point_nowhere(connection: Migrating, name: str, columns: Iterable[str], tenant_id: int) -> None:
    values = ", ".join(f'"{column}" = null' for column in columns)
    points = " or ".join(f'"{column}" is not null' for column in columns)
    update = _POINT_NOWHERE.format(table=name, values=values, points=points)
    async for ids in _batches(connection, name, tenant_id):
        await connection.execute(update, tenant_id, ids)


async def _batches(connection: Migrating, name: str, tenant_id: int) -> AsyncIterator[list[uuid.UUID]]:
    """Walk through the ids of a city's rows by the primary key."""
    page, last = _PAGE.format(table=name), uuid.UUID(int=0)
    while ids := [row["id"] for row in await connection.fetch(page, tenant_id, last, BATCH)]:
        last = ids[-1]
        yield ids


async def _count(connection: Migrating, name: str, tenant_id: int) -> int:
    counted: int = await connection.fetchval(_COUNT.format(table=name), tenant_id)
    return counted


def _number(status: str) -> int:
    """Return how many rows a command's tag tells of."""
    return int(status.rpartition(" ")[2])
