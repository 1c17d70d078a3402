"""Brings a database to the tables of this code: migrations as the owner, then the DDL pass as the migrate role."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.commands.new import new as new_migration
from piccolo.conf.apps import Finder
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table

from leancity.core.db import schema
from leancity.core.db.engine import Engine, using
from leancity.core.db.roles import OWNER
from leancity.core.db.search import create_search
from leancity.core.db.tables import TenantTable
from leancity.core.errors import StartupError

_LOCK = 0x1EA9C171  # one migration of a database at a time
_ENTER = Path(__file__).parent / "sql" / "enter.sql"


async def migrate(url: str) -> list[str]:
    """Migrate the database at ``url`` (the migrate role); return the pass's statements, none when it was up to date.

    Raises ``StartupError`` when a migration or a declaration is wrong; PostgreSQL's own errors pass through.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        # Data steps of a migration say ``set role none`` first: ``reset role`` would return to the owner, whose UPDATE
        # under FORCE silently touches nothing.
        with using(PostgresEngine({"dsn": url, "server_settings": {"role": OWNER}})):
            await _forwards()
        done = await _functions(connection)
        return [*done, *await schema.apply(connection, all_tables())]
    finally:
        await connection.close()


def all_tables() -> list[type[Table]]:
    """Return every table of the kernel and of the installed plug-ins."""
    return [table for config in Finder().get_app_configs() for table in config.table_classes]


async def make_migration(app_name: str) -> str:
    """Write the next migration of ``app_name`` (or ``all``) from the difference to its tables; return what was said.

    The difference is to the migrations there are: no database is asked.
    """
    said = io.StringIO()
    with using(Engine({})), contextlib.redirect_stdout(said):
        await new_migration(app_name=app_name, auto=True, auto_input="y")
    return said.getvalue()


async def _forwards() -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = await run_forwards("all")
    if not result.success:
        raise StartupError(f"migration failed: {result.message}\n{said.getvalue()}")


async def _functions(connection: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    """Create what is not a table. ``create or replace`` of an equal body would still write; therefore compare first."""
    source = _ENTER.read_text()
    present = await connection.fetchval("select prosrc from pg_proc where proname = 'leancity_enter'")
    done: list[str] = []
    if present is None or present.strip() not in source:
        await connection.execute(f"set role {OWNER}")
        await connection.execute(source)
        await connection.execute("set role none")
        done.append("create function leancity_enter")
    tables = [table for table in all_tables() if issubclass(table, TenantTable)]
    return [*done, *await create_search(connection, tables)]
