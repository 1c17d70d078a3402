"""Making a database that is ours to make: the database itself, then the roles in it."""

from __future__ import annotations

import asyncpg

from leancity.core.db.roles import roles_sql


async def bootstrap(superuser_url: str, database: str, app_password: str, migrate_password: str) -> None:
    """Make ``database`` where it is missing, and the roles with these passwords; a second time changes nothing."""
    connection = await asyncpg.connect(superuser_url)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", database):
            await connection.execute(f'create database "{database}"')
    finally:
        await connection.close()
    await make_roles(superuser_url, app_password, migrate_password, database=database)


async def drop_database(superuser_url: str, database: str) -> None:
    """Remove a database with all that is in it, also while others are connected; none is no error."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(f'drop database if exists "{database}" with (force)')
    finally:
        await connection.close()


async def make_roles(
    superuser_url: str, app_password: str, migrate_password: str, *, database: str | None = None
) -> None:
    """Run ``roles_sql`` as a superuser, in ``database`` or in the one that the address names."""
    connection = await asyncpg.connect(superuser_url, database=database)
    try:
        await connection.execute(roles_sql(app_password, migrate_password))
    finally:
        await connection.close()
