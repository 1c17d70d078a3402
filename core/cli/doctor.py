"""``leancity doctor``: what an operator would check by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import click
import redis.asyncio as redis

from leancity.core.cli.running import WRONG, failing, installed
from leancity.core.config import Config, load, require
from leancity.core.db.engine import ASIDE
from leancity.core.db.migrate import all_tables
from leancity.core.db.tables import TenantTable
from leancity.core.files.store import probe

RESERVED_CONNECTIONS = 10

_ROLE = "select rolbypassrls or rolsuper from pg_roles where rolname = current_user"
_UNGUARDED = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relname = any($1)
  and not (c.relrowsecurity and c.relforcerowsecurity)
"""


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check the settings, the servers, the roles and the wall between cities; exit code 1 when something is wrong."""
    with failing():
        config = load()
        require(config, "database_url", "redis_url")
        is_well = asyncio.run(_report(config))
    if not is_well:
        context.exit(WRONG)


async def _report(config: Config) -> bool:
    is_well = True
    async for finding, is_good in _findings(config):
        click.echo(f"{'ok  ' if is_good else 'BAD '} {finding}")
        is_well = is_well and is_good
    return is_well


async def _findings(config: Config) -> AsyncIterator[tuple[str, bool]]:
    """Yield what was looked at, in words, and whether it is as it should be."""
    modules = installed()
    yield f"plug-ins: {', '.join(sorted(modules.names)) or 'none'}", True
    connection = await asyncpg.connect(config.database_url)
    try:
        version = connection.get_server_version()
        named = await connection.fetchval("show server_version")
        yield f"PostgreSQL {named} (15 to 18 are supported)", 15 <= version.major <= 18
        yield "the database's locale folds ё and Ё", await connection.fetchval("select lower('Ё') = 'ё'")
        yield "the application's role is under row-level security", not await connection.fetchval(_ROLE)
        names = [table._meta.tablename for table in all_tables() if issubclass(table, TenantTable)]
        unguarded = [row[0] for row in await connection.fetch(_UNGUARDED, names)]
        yield (
            f"every tenant table has its policy forced{': not ' + ', '.join(unguarded) if unguarded else ''}",
            not unguarded,
        )
        budget = (config.web_processes + config.worker_processes) * (config.pool_size + ASIDE) + RESERVED_CONNECTIONS
        most = int(await connection.fetchval("show max_connections"))
        yield f"connections: {budget} wanted, {most} allowed", budget <= most
    finally:
        await connection.close()
    wrong = await asyncio.to_thread(probe)
    yield f"files are kept in {config.files}{wrong and ': not '}{wrong}", not wrong
    client = redis.from_url(config.redis_url)
    try:
        yield f"Redis {(await client.info('server'))['redis_version']}", True
    finally:
        await client.aclose()
