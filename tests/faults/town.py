"""`leancity up` as an operator runs it, with one city that has the probe; and its processes, to be killed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import redis

from leancity.core.servers.children import Child, spawn, stop
from leancity.core.testing.plain import NO_TLS
from tests.faults.installed import install_probe
from tests.faults.parties import Parties, free_port

VICTIMS = ("web", "worker", "scheduler", "redis", "postgres")
SLUG = "probe-town"
START_SECONDS = 180.0
ALLOWED = 5.0  # seconds from a kill until the dead one serves again
GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, redis.RedisError, httpx.HTTPError, TimeoutError)


@dataclass(frozen=True, kw_only=True)
class Town:
    """A running installation. ``folder`` holds its state, its log and the clients' ledgers."""

    up: subprocess.Popen[bytes]
    folder: Path
    port: int
    environment: dict[str, str]
    urls: dict[str, str]
    parties: Parties

    @property
    def host(self) -> str:
        return f"{SLUG}.localhost:{self.port}"

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``leancity …`` as an operator would beside the running `up`."""
        return leancity(self.environment, *arguments, check=check)

    def log(self) -> str:
        """Return what `up` has said until now."""
        return (self.folder / "up.log").read_text("utf-8", errors="replace")

    def passwords(self) -> list[str]:
        """Return what `up` has made up for the database's roles, and must not tell."""
        secrets: list[str] = json.loads((self.folder / ".leancity" / "database-passwords.json").read_text())
        return secrets

    def pid(self, name: str) -> int:
        """Return the number of the process of that name that `up` has started, 0 when there is none now."""
        for pid in children_of(self.up.pid):
            argv, program = _argv(pid), _program(pid)
            is_ours = "leancity.core.cli" in argv and argv[-1] == name
            is_starting = any(part.endswith("launch.py") for part in argv)  # it is about to become it
            if not is_starting and (is_ours or program in (name, f"{name}-server")):
                return pid
        return 0

    def is_serving(self, name: str) -> bool:
        """Whether the part of that name does its work; a worker and a scheduler are there, and that is all one sees."""
        try:
            match name:
                case "web":
                    address = f"http://127.0.0.1:{self.port}/health/ready"
                    return httpx.get(address, timeout=2, verify=NO_TLS).status_code == 200
                case "postgres":
                    return bool(self.rows("select 1 as one"))
                case "redis":
                    with redis.Redis.from_url(self.urls["redis"], socket_timeout=2) as client:
                        return bool(client.ping())
                case _:
                    return self.pid(name) != 0
        except GONE:
            return False

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Ask the database as its superuser, past every service."""

        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.urls["superuser"], timeout=10)
            try:
                return [dict(row) for row in await connection.fetch(sql, *values)]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def run_script(self, sql: str) -> None:
        """Run several statements as the superuser."""

        async def run() -> None:
            connection = await asyncpg.connect(self.urls["superuser"], timeout=10)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        asyncio.run(run())

    def empty_redis(self) -> None:
        """Let Redis forget everything; one that is away just now has."""
        with suppress(redis.RedisError), redis.Redis.from_url(self.urls["redis"], socket_timeout=2) as client:
            client.flushall()

    def ask(self, field: str, note: str, **more: int) -> dict[str, Any]:
        """Call a mutation of the probe and return its payload."""
        arguments = ", ".join([f'note: "{note}"', *(f"{name}: {value}" for name, value in more.items())])
        query = f"mutation {{ {field}({arguments}) {{ note errors {{ code }} }} }}"
        address, headers = f"http://127.0.0.1:{self.port}/graphql", {"Host": self.host}
        answer = httpx.post(address, json={"query": query}, headers=headers, timeout=60, verify=NO_TLS)
        payload: dict[str, Any] = answer.json()["data"][field]
        assert payload["errors"] == [], payload
        return payload


def children_of(parent: int) -> list[int]:
    """Return the numbers of a process's children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry.name))
    return sorted(found)


def _argv(pid: int) -> list[str]:
    with suppress(OSError):
        return [part for part in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0") if part]
    return []


def _program(pid: int) -> str:
    with suppress(OSError):
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    return ""


def wait_for(condition: Callable[[], bool], seconds: float, what: str, *, every: float = 0.2) -> float:
    """Return after how many seconds the condition held, or fail. To look is work too, beside what is waited for."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(every)
    return time.monotonic() - begun


def leancity(environment: dict[str, str], *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command of the installation; its output is in the error when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "leancity.core.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@contextmanager
def running_town(parties: Parties, **settings: str) -> Iterator[Town]:
    """Start `leancity up` in a folder of its own, make the city, and stop it all in the end."""
    folder = Path(tempfile.mkdtemp(prefix="lc-faults-", dir="/tmp"))  # a socket's path must be short
    folder.chmod(0o755)
    install_probe(folder / "site")
    ours = ("LEANCITY_", "DATABASE_", "REDIS_", "SMTP_", "PYTEST_", "PYTHON")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "PYTHONPATH": str(folder / "site"),
        "LEANCITY_STATE": str(folder / ".leancity"),
        "LEANCITY_PORT": str(free_port()),
        "LEANCITY_MODULES": "probe",
        "PROBE_KEYED_URL": parties.keyed_url,
        "PROBE_KEYLESS_URL": parties.keyless_url,
        **settings,
    }
    # A killed test run takes it along.
    child = Child("up", [sys.executable, "-m", "leancity.core.cli", "up", "--no-demo"], environment, grace=60)
    with (folder / "up.log").open("wb") as log:
        up = spawn(child, log.fileno())
    try:
        town = _town(up, folder, environment, parties)
        admin = {**environment, "LEANCITY_ADMIN_PASSWORD": "correct horse battery"}
        leancity(admin, "city", "create", SLUG, "--title", SLUG, "--zone", "Asia/Sakhalin", "--module", "probe")
        yield town
    except BaseException:
        sys.stderr.write("\n".join((folder / "up.log").read_text("utf-8", errors="replace").splitlines()[-80:]) + "\n")
        raise
    finally:
        stop(child, up)
        shutil.rmtree(folder, ignore_errors=True)


def _town(up: subprocess.Popen[bytes], folder: Path, environment: dict[str, str], parties: Parties) -> Town:
    """Return the town when `up` says that everything answers."""
    lent = folder / ".leancity" / "running.json"

    def is_up() -> bool:
        assert up.poll() is None, f"`leancity up` has ended with {up.returncode}"
        return lent.exists() and "stops everything" in (folder / "up.log").read_text("utf-8", errors="replace")

    wait_for(is_up, START_SECONDS, "`leancity up`")
    given = json.loads(lent.read_text())
    password = (folder / ".leancity" / "postgres" / "superuser-password").read_text()
    server = given["DATABASE_URL"].partition("@")[2]
    urls = {"redis": given["REDIS_URL"], "superuser": f"postgresql://postgres:{password}@{server}"}
    port = int(environment["LEANCITY_PORT"])
    return Town(up=up, folder=folder, port=port, environment=environment, urls=urls, parties=parties)
