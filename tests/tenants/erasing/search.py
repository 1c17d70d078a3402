"""Looking for texts everywhere a running platform may have left them, past every wall."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import redis.asyncio as redis

from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform

_TABLES = """
select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by 1, 2
"""
_STATISTICS = """
select tablename, attname,
       concat(most_common_vals::text, histogram_bounds::text, most_common_elems::text) as all_of_it
from pg_stats
"""


async def in_database(platform: Platform, markers: Iterable[str]) -> dict[str, set[str]]:
    """Return where each marker stands: names of tables, and columns whose statistics the planner keeps."""
    found: dict[str, set[str]] = {marker: set() for marker in markers}
    connection = await asyncpg.connect(platform.superuser_url, database=platform.database)
    try:
        for schema, table in await connection.fetch(_TABLES):
            for row in await connection.fetch(f'select t::text as said from "{schema}"."{table}" t'):
                _note(found, row["said"], table)
        for row in await connection.fetch(_STATISTICS):
            _note(found, row["all_of_it"], f"statistics of {row['tablename']}.{row['attname']}")
    finally:
        await connection.close()
    return found


def in_files(root: Path, markers: Iterable[str]) -> dict[str, set[str]]:
    """Return the files below a folder, by content or by name, in which each marker stands."""
    found: dict[str, set[str]] = {marker: set() for marker in markers}
    for path in root.rglob("*"):
        said = path.name + (path.read_bytes().decode("latin-1") if path.is_file() else "")
        for marker in found:
            if marker in said or marker.encode().decode("latin-1") in said:
                found[marker].add(str(path.relative_to(root)))
    return found


async def in_redis(platform: Platform, markers: Iterable[str]) -> dict[str, set[str]]:
    """Return the keys of Redis, by name or by value, in which each marker stands."""
    found: dict[str, set[str]] = {marker: set() for marker in markers}
    client = redis.Redis.from_url(platform.redis_url)
    try:
        async for key in client.scan_iter():
            values: dict[Any, Any] = {
                b"string": lambda key=key: client.get(key),
                b"hash": lambda key=key: client.hgetall(key),
                b"list": lambda key=key: client.lrange(key, 0, -1),
                b"set": lambda key=key: client.smembers(key),
                b"zset": lambda key=key: client.zrange(key, 0, -1),
            }
            _note(found, f"{key!r} {await values[await client.type(key)]()!r}", repr(key))
    finally:
        await client.aclose()
    return found


async def checksums(city: City) -> dict[str, str]:
    """Return a digest of all rows of a city, table by table, and of its files' bytes."""
    connection = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    try:
        sums = {}
        for schema, table in await connection.fetch(_TABLES):
            columns = "select attname from pg_attribute where attrelid = $1::regclass and attname = 'tenant_id'"
            if await connection.fetchval(columns, f'"{schema}"."{table}"'):
                rows = (
                    f"select md5(string_agg(t::text, E'\\n' order by t::text)) from \"{table}\" t where tenant_id = $1"
                )
                sums[table] = await connection.fetchval(rows, city.tenant.id) or ""
    finally:
        await connection.close()
    root = Path(city.platform.environment["LEANCITY_FILES"]) / city.tenant.slug
    sums["files"] = str(sorted((path.name, path.stat().st_size) for path in root.rglob("*") if path.is_file()))
    return sums


def _note(found: dict[str, set[str]], said: str, where: str) -> None:
    for marker in found:
        if marker in said:
            found[marker].add(where)
