"""The three kinds of process of an installation."""

from __future__ import annotations

import asyncio

import click
from granian import Granian
from granian.constants import Interfaces

from leancity.core.app import create_app
from leancity.core.cli.running import failing, installed
from leancity.core.config import load, require
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.jobs.relay import relay
from leancity.core.jobs.worker import hinter, work
from leancity.core.log import configure
from leancity.core.tenancy.service import keep_renewing


@click.command()
def web() -> None:
    """Serve the web until a signal comes."""
    with failing():
        config = load()
        require(config, "database_url", "redis_url")
        create_app(config, installed())  # a wrong plug-in stops the start here, with one line, not in every web process
        server = Granian(
            "leancity.core.app:create",
            factory=True,
            interface=Interfaces.ASGI,
            address=config.host,
            port=config.port,
            workers=config.web_processes,
            log_enabled=False,
            websockets=True,
        )
        server.serve()


@click.command()
def worker() -> None:
    """Run jobs until a signal comes."""
    with failing():
        config = load()
        require(config, "database_url", "redis_url")
        configure(config.log_format)
        installed()  # a wrong plug-in stops the start, not every job
        work(config)


@click.command()
def scheduler() -> None:
    """Hint workers of what is due, as the one leader of the database."""
    with failing():
        config = load()
        require(config, "database_url", "redis_url")
        configure(config.log_format)
        modules = installed()

        async def run() -> None:
            await open_pool(config.database_url, size=2)
            renewing = asyncio.create_task(keep_renewing(modules))  # jobs need not wait for it
            try:
                await relay(
                    config.database_direct_url or config.database_url, hinter(config), most=4 * config.worker_threads
                )
            finally:
                renewing.cancel()
                await close_pool()

        asyncio.run(run())
