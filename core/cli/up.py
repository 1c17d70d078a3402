"""``leancity up``: the whole platform on this machine, with servers of its own where none are named."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import click

from leancity.core.cli.local import lent
from leancity.core.cli.running import failing
from leancity.core.config import LOOPBACK, Config, load, require
from leancity.core.db.bootstrap import bootstrap
from leancity.core.db.migrate import migrate
from leancity.core.db.roles import APP, MIGRATE
from leancity.core.errors import StartupError
from leancity.core.servers.children import Child, run
from leancity.core.servers.errors import ServerError
from leancity.core.servers.local import LocalServers
from leancity.core.servers.ports import check_port
from leancity.core.servers.run_as import RunAs
from leancity.core.servers.supervisor import Supervisor

DATABASE = "leancity"
PROCESSES = ("web", "worker", "scheduler")


@click.command()
@click.option("--no-demo", is_flag=True, help="Start without demo cities.")
def up(no_demo: bool) -> None:
    """Run PostgreSQL, Redis, web, worker and scheduler until Ctrl-C; a second start keeps the data."""
    with failing():
        config = load()
        if config.database_url:
            require(config, "database_migrate_url")
        try:
            asyncio.run(_up(config, with_demo=not no_demo))
        except ServerError as error:
            raise StartupError(str(error)) from None


async def _up(config: Config, *, with_demo: bool) -> None:
    check_port(config.host, config.port)
    servers = LocalServers(config.state, postgres=not config.database_url, redis_url=config.redis_url or None)
    try:
        async with Supervisor() as supervisor:
            await servers.start(supervisor)
            environment = await prepared_environment(config, servers)
            run_as = servers.run_code_as()
            if with_demo:
                await asyncio.to_thread(_demo, environment, run_as)
            for name in PROCESSES:
                await supervisor.start(_process(name, _environment_of(name, environment, config), run_as, config))
            with lent(environment):
                click.echo(f"leancity: http://{_shown(config)}/health/ready answers; Ctrl-C stops everything")
                await supervisor.wait()
    finally:
        servers.release()


async def prepared_environment(config: Config, servers: LocalServers) -> dict[str, str]:
    """Make roles, database and tables where they are ours to make; return the environment of the processes."""
    environment = {**os.environ, "REDIS_URL": servers.redis_url}
    if not config.database_url:
        app_password, migrate_password = _kept(
            servers.place.state / "database-passwords.json",
            lambda: [secrets.token_urlsafe(24), secrets.token_urlsafe(24)],
        )
        await bootstrap(servers.superuser_url, DATABASE, app_password, migrate_password)
        environment["DATABASE_URL"] = servers.postgres.url(APP, app_password, DATABASE)
        environment["DATABASE_MIGRATE_URL"] = servers.postgres.url(MIGRATE, migrate_password, DATABASE)
        environment.setdefault("LEANCITY_FILES", str(servers.place.folder("files")))
        environment.setdefault("LEANCITY_ENVIRONMENT", "development")
        environment.setdefault("LEANCITY_LOG", "text")
        environment.setdefault("LEANCITY_OUTGOING_PRIVATE", LOOPBACK)  # the demo cities may speak to one another
    if not config.secret_key:
        environment["LEANCITY_SECRET_KEY"] = _kept(
            servers.place.state / "secret-key.json", lambda: secrets.token_urlsafe(48)
        )
    await migrate(environment["DATABASE_MIGRATE_URL"])
    return environment


def _kept(path: Path, make: Callable[[], Any]) -> Any:
    """Return a secret of this state (JSON), made at the first start and readable by its owner only."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(make(), file)
    return json.loads(path.read_text())


def _demo(environment: Mapping[str, str], run_as: RunAs | None) -> None:
    """Load the demo cities as the account that serves them, so that their files are its own."""
    done = run(_leancity("city", "demo"), run_as, env=environment)
    click.echo(done.stdout, nl=False)
    if done.returncode != 0:
        raise ServerError("the demo cities could not be made (see above)")


def _environment_of(name: str, environment: Mapping[str, str], config: Config) -> Mapping[str, str]:
    """Return what a process needs: none of them may migrate or erase.

    The scheduler answers ``/metrics`` on the port after the worker's: both are here on one machine.
    """
    own = {key: value for key, value in environment.items() if key != "DATABASE_MIGRATE_URL"}
    if config.metrics_port and name == "scheduler":
        own["LEANCITY_METRICS_PORT"] = str(config.metrics_port + 1)
    return own


def _process(name: str, environment: Mapping[str, str], run_as: RunAs | None, config: Config) -> Child:
    def answers(_: int) -> bool:
        try:
            with urlopen(Request(f"http://{_shown(config)}/health/ready"), timeout=2):
                return True
        except (URLError, OSError):
            return False

    is_ready = answers if name == "web" else (lambda _: True)
    return Child(name, _leancity(name), environment, run_as, ready=is_ready)


def _leancity(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "leancity.core.cli", *arguments]


def _shown(config: Config) -> str:
    return f"{config.host}:{config.port}"
