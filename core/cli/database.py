"""``leancity db``: roles and migrations."""

from __future__ import annotations

import asyncio
import secrets

import click

from leancity.core.cli.running import failing
from leancity.core.config import load, require
from leancity.core.db.bootstrap import make_roles
from leancity.core.db.migrate import make_migration
from leancity.core.db.migrate import migrate as run_migrations
from leancity.core.db.roles import roles_sql


@click.group()
def db() -> None:
    """Prepare a database and bring it up to date."""


@db.command()
@click.option("--as-superuser", "url", help="Run the SQL in the database of this address, as its superuser.")
@click.option("--print", "is_printed", is_flag=True, help="Print the SQL for a DBA instead.")
@click.option("--app-password", default="", help="Password of leancity_app; a fresh one when not given.")
@click.option("--migrate-password", default="", help="Password of leancity_migrate; a fresh one when not given.")
def roles(url: str | None, is_printed: bool, app_password: str, migrate_password: str) -> None:
    """Make the database roles, or print the SQL that does."""
    if bool(url) == is_printed:
        raise click.UsageError("give either --as-superuser URL or --print")
    app_password = app_password or secrets.token_urlsafe(24)
    migrate_password = migrate_password or secrets.token_urlsafe(24)
    with failing():
        if url:
            asyncio.run(make_roles(url, app_password, migrate_password))
            click.echo(f"leancity_app: {app_password}\nleancity_migrate: {migrate_password}")
        else:
            click.echo(roles_sql(app_password, migrate_password), nl=False)


@db.command()
def migrate() -> None:
    """Bring the database to the tables of this code; says nothing when it is there."""
    with failing():
        config = load()
        require(config, "database_migrate_url")
        for statement in asyncio.run(run_migrations(config.database_migrate_url)):
            click.echo(statement)


@db.command("new-migration")
@click.argument("app")
def new_migration(app: str) -> None:
    """Write the next migration of a piccolo app (``core_cases``, ``modules_city_problems``, or ``all``)."""
    with failing():
        click.echo(asyncio.run(make_migration(app)), nl=False)
