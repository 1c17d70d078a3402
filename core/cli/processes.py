"""The three kinds of process of an installation."""

from __future__ import annotations

import asyncio
import functools

import click
from granian import Granian
from granian.constants import Interfaces

from leancity.core.app import create_app
from leancity.core.audit.seal import keep_sweeping
from leancity.core.cli.running import failing, installed
from leancity.core.config import load, require
from leancity.core.db.engine import close_pool
from leancity.core.db.waiting import open_pool_patiently
from leancity.core.jobs.queues import Slots
from leancity.core.jobs.relay import relay
from leancity.core.jobs.schedules import keep_mending
from leancity.core.jobs.worker import hinter, work
from leancity.core.live.relay import keep_publishing
from leancity.core.log import configure
from leancity.core.telemetry import tracing
from leancity.core.telemetry.queues import keep_measuring
from leancity.core.telemetry.serving import listen
from leancity.core.telemetry.together import counting_together
from leancity.core.tenancy.service import keep_renewing


@click.command()
def web() -> None:
    """Serve the web until a signal comes."""
    with failing():
        config = load()
        require(config, "database_url", "redis_url")
        with counting_together(config.web_processes):
            # A wrong plug-in stops the start here, with one line, not in every web process.
            create_app(config, installed())
            server = Granian(
                "leancity.core.app:create",
                factory=True,
                interface=Interfaces.ASGI,
                address=config.host,
                port=config.port,
                workers=config.web_processes,
                respawn_failed_workers=True,  # otherwise one that crashes takes all of them along
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
        listen(config)
        tracing.start("worker")
        try:
            work(config)
        finally:
            tracing.stop()


@click.command()
def scheduler() -> None:
    """Hint workers of what is due, as the one leader of the database."""
    with failing():
        config = load()
        require(config, "database_url", "redis_url")
        configure(config.log_format)
        modules = installed()
        listen(config)

        async def run() -> None:
            await open_pool_patiently(config.database_url, size=4)
            renewing = asyncio.create_task(keep_renewing(modules))  # jobs need not wait for it
            measuring = asyncio.create_task(keep_measuring())
            try:
                await relay(
                    config.database_direct_url or config.database_url,
                    hinter(config),
                    slots=Slots(threads=config.worker_threads * config.worker_processes),
                    beside={
                        "sealing": keep_sweeping,
                        "schedules": keep_mending,
                        "announcements": functools.partial(keep_publishing, config),
                    },
                )
            finally:
                renewing.cancel()
                measuring.cancel()
                await close_pool()

        asyncio.run(run())
