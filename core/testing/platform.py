"""A running platform for tests: PostgreSQL and Redis of its own, migrated, and a web process spoken to over HTTP.

Real commits, a fresh city per test, no rollback and no stand-ins: they would hide what the platform promises.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx

from leancity.core.config import LOOPBACK
from leancity.core.db.bootstrap import bootstrap, drop_database
from leancity.core.db.migrate import migrate
from leancity.core.db.roles import APP, MIGRATE
from leancity.core.servers.local import LocalServers
from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.warm import Started, WarmCommands

PASSWORD = "test"  # noqa: S105 - of servers that live in a 0700 folder for one run
SMS_TOKEN = "a token that sends nothing but test messages"  # noqa: S105
METRICS_TOKEN = "a token that reads nothing but test figures"  # noqa: S105
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 180
"""A guard: what takes a second alone takes a minute beside a dozen others."""
COMMAND_SECONDS = 300
FORKED = ("scheduler", "worker")

Process: TypeAlias = subprocess.Popen[bytes] | Started


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Addresses of the running parts. ``environment`` is what a process of this installation is started with."""

    database: str
    superuser_url: str
    app_url: str
    migrate_url: str
    redis_url: str
    port: int
    environment: dict[str, str]
    commands: WarmCommands

    def command(self, *arguments: str, check: bool = True, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``leancity …`` as an operator would, in a process of its own; ``text`` is its standard input."""
        done = self.commands.run(arguments, text, self.environment, COMMAND_SECONDS)
        if check:
            done.check_returncode()
        return done

    @contextmanager
    def process(self, name: str, **environment: str) -> Iterator[Process]:
        """Run ``leancity worker`` or the like beside the test."""
        with ExitStack() as stack:
            process = self._begin(stack, name, {**self.environment, **environment})
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _begin(self, stack: ExitStack, name: str, whole: dict[str, str]) -> Process:
        """Fork it where a fork is the same: a web process has processes of its own, a path is read at a start."""
        if name in FORKED and whole.get("PYTHONPATH") == self.environment.get("PYTHONPATH"):
            return stack.enter_context(self.commands.started([name], whole))
        command = [sys.executable, "-m", "leancity.core.cli", name]
        return subprocess.Popen(command, env=whole, stderr=subprocess.DEVNULL)  # noqa: S603


@contextmanager
def free_place(root: Path) -> Iterator[Path]:
    """Yield a folder below ``root`` that no other test process uses; a later run takes it over with its cluster."""
    root.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        with (root / f"{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield root / str(number)
            return


@contextmanager
def running_platform(state: Path) -> Iterator[Platform]:
    """Run a platform whose servers' state lies in ``state``; the database is made anew."""
    with ExitStack() as stack:
        named = os.environ.get("LEANCITY_TEST_DATABASE_URL")  # a superuser's; the one way to another server
        servers = stack.enter_context(
            LocalServers(state, postgres=not named, postgres_settings=QUICK, say=lambda line: None)
        )
        superuser_url = named or servers.superuser_url
        database = f"leancity_test_{state.name.strip('.')}"  # workers may share a server that is named for them
        asyncio.run(_fresh_database(superuser_url, database))
        app_url, migrate_url = (_as(superuser_url, role, database) for role in (APP, MIGRATE))
        asyncio.run(migrate(migrate_url))
        port = _free_port()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("LEANCITY_") or name == "LEANCITY_MODULES"
        }
        environment = {
            **inherited,
            "DATABASE_URL": app_url,
            "DATABASE_MIGRATE_URL": migrate_url,
            "REDIS_URL": servers.redis_url,
            "REDIS_PREFIX": f"test-{secrets.token_hex(4)}",
            "LEANCITY_FILES": str(state / "uploads"),
            "LEANCITY_PORT": str(port),
            "LEANCITY_POOL_SIZE": "5",
            "METRICS_TOKEN": METRICS_TOKEN,
            "LEANCITY_SECRET_KEY": "a key that seals nothing but test data",
            "LEANCITY_LOG": "json",
            "LEANCITY_OUTGOING_PRIVATE": LOOPBACK,  # two cities of a test speak to one another
            "SMTP_URL": f"smtp://127.0.0.1:{_free_port()}",  # nobody answers there without the fixture `mailbox`
            "MAIL_FROM": "city@example.org",
            "LEANCITY_SMS_URL": f"http://127.0.0.1:{_free_port()}/messages",  # nor there without ``phones``
            "LEANCITY_SMS_TOKEN": SMS_TOKEN,
        }
        platform = Platform(
            database=database,
            superuser_url=superuser_url,
            app_url=app_url,
            migrate_url=migrate_url,
            redis_url=servers.redis_url,
            port=port,
            environment=environment,
            commands=WarmCommands(environment),
        )
        web = stack.enter_context(platform.process("web"))
        _wait(port, web)
        stack.enter_context(platform.commands.begun())  # its imports would hold up the web process's
        yield platform


async def _fresh_database(superuser_url: str, database: str) -> None:
    await drop_database(superuser_url, database)
    await bootstrap(superuser_url, database, PASSWORD, PASSWORD)


def _as(superuser_url: str, role: str, database: str) -> str:
    """Return the address of the test database as ``role``, on the superuser's server."""
    _, _, rest = superuser_url.partition("@")
    server, slash, tail = rest.partition("/")
    _, question, query = tail.partition("?")
    return f"postgresql://{role}:{PASSWORD}@{server}{slash}{database}{question}{query}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, web: Process | None = None) -> None:
    """Wait until the web process at a port is ready; one that has ended never will be."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if web is not None and web.poll() is not None:
            raise RuntimeError(f"the web process of the test platform ended with {web.returncode}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2, verify=NO_TLS).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the web process of the test platform did not get ready")
