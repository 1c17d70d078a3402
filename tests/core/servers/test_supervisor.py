"""The supervisor: what it does about dead children, and what is left of them when it ends or is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from leancity.core.servers.children import Child, spawn
from leancity.core.servers.errors import ServerError
from leancity.core.servers.local import LocalServers
from leancity.core.servers.processes import processes_in
from leancity.core.servers.supervisor import Supervisor

Wait = Callable[[Callable[[], bool], float], float]
ENV = {"PATH": "/usr/bin:/bin"}
OWNER = """
import asyncio, sys
from pathlib import Path
from leancity.core.servers.children import Child
from leancity.core.servers.local import LocalServers
from leancity.core.servers.supervisor import Supervisor

async def main():
    servers = LocalServers(Path(sys.argv[1]), postgres_settings={"fsync": "off"})
    async with Supervisor() as supervisor:
        await servers.start(supervisor)
        await supervisor.start(Child("web", ["sh", "-c", "sleep 60 & wait"], {"PATH": "/usr/bin:/bin"}))
        print("pids", *(supervisor.pid(name) for name in ("postgres", "redis", "web")), flush=True)
        await supervisor.wait()
    servers.release()

asyncio.run(main())
print("ended", flush=True)
"""


@pytest.fixture
def owner(root: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process that supervises PostgreSQL, Redis and a shell, and their numbers."""
    command = [sys.executable, "-c", OWNER, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("pids"):
                yield process, [int(pid) for pid in line.split()[1:]]
                break
        process.kill()


def shell(script: str, name: str = "child", **others: Any) -> Child:
    return Child(name, ["sh", "-c", script], ENV, **others)


async def until(condition: Callable[[], bool], seconds: float) -> float:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"not so within {seconds} s"
        await asyncio.sleep(0.02)
    return time.monotonic() - start


async def within(seconds: float, attempt: Callable[[], Awaitable[object]], *refusals: type[Exception]) -> object:
    """Try again until it succeeds; its last refusal is raised when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except refusals:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def test_killed_postgres_and_redis_are_back_within_5_seconds_with_the_data(root: Path) -> None:
    servers = LocalServers(root)  # with fsync, as `up` runs it

    async def ask(sql: str) -> object:
        connection = await asyncpg.connect(servers.superuser_url, timeout=2)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    async def ping() -> object:
        with redis.Redis.from_url(servers.redis_url) as client:
            return client.ping()

    lines: list[str] = []
    async with Supervisor(lines.append) as supervisor:
        await servers.start(supervisor)
        await ask("create table kept as select 7 as n")
        for _ in range(3):
            os.kill(supervisor.pid("postgres"), signal.SIGKILL)
            await asyncio.sleep(0.02)
            refusals = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
            assert await within(5, lambda: ask("select n from kept"), *refusals) == 7
        os.kill(supervisor.pid("redis"), signal.SIGKILL)
        await asyncio.sleep(0.02)
        assert await within(5, ping, redis.ConnectionError) is True
    servers.release()
    assert "leancity   | postgres ended (SIGKILL): restart 3 of 5" in lines
    assert any(line.startswith("postgres   | ") and line.endswith("ready to accept connections") for line in lines)
    assert processes_in(servers.postgres.data, "postgres") == []


def test_a_killed_supervisor_leaves_no_orphans(
    owner: tuple[subprocess.Popen[str], list[int]], wait_for: Wait, gone: Callable[[int], bool], root: Path
) -> None:
    process, pids = owner
    process.kill()
    wait_for(lambda: all(gone(pid) for pid in pids), 5)
    wait_for(lambda: not processes_in(root / "postgres/data", "postgres"), 5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_is_no_error(
    owner: tuple[subprocess.Popen[str], list[int]], gone: Callable[[int], bool], number: signal.Signals
) -> None:
    process, pids = owner
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert output.endswith("ended\n")
    assert "database system is shut down" in output
    assert output.index("ready to exit") < output.index("fast shutdown"), "the last to start is the first to stop"
    assert all(gone(pid) for pid in pids)


async def test_a_child_that_keeps_dying_ends_everything(gone: Callable[[int], bool]) -> None:
    lines: list[str] = []
    start = time.monotonic()
    good = []

    async def supervise() -> None:
        async with Supervisor(lines.append) as supervisor:
            await supervisor.start(shell("exec sleep 60", "good"))
            good.append(supervisor.pid("good"))
            await supervisor.start(shell("echo tried; exit 3", "bad"))
            await supervisor.wait()

    with pytest.raises(
        ServerError, match=r"^bad ended \(exit code 3\) after 5 restarts in 60 s: everything is stopped$"
    ):
        await supervise()
    assert lines.count("bad        | tried") == 6
    assert time.monotonic() - start < 10
    assert gone(good[0])


async def test_a_child_that_dies_now_and_then_is_always_restarted() -> None:
    lines: list[str] = []
    async with Supervisor(lines.append, restarts=1, period=0.3) as supervisor:
        await supervisor.start(shell("echo alive; sleep 0.4"))
        await until(lambda: lines.count("child      | alive") == 4, 5)


async def test_what_a_dead_or_deaf_child_started_ends_with_it(tmp_path: Path, gone: Callable[[int], bool]) -> None:
    """A grandchild would keep its parent's port, and a child that ignores SIGTERM would keep us."""
    file = tmp_path / "pid"
    async with Supervisor(lambda line: None) as supervisor:
        await supervisor.start(shell(f"sleep 60 & echo $! > {file}; wait", "dies"))
        await until(lambda: file.exists() and file.read_text() != "", 2)
        grandchild = int(file.read_text())
        os.kill(supervisor.pid("dies"), signal.SIGKILL)
        await until(lambda: gone(grandchild), 2)
        await supervisor.start(shell("trap '' TERM; while :; do sleep 1; done", "deaf", grace=0.5))
        await asyncio.sleep(0.2)
        deaf = supervisor.pid("deaf")
        start = time.monotonic()
    assert time.monotonic() - start < 3
    assert gone(deaf)


async def test_a_child_that_does_not_start_says_why() -> None:
    late = shell("echo still here; sleep 60", "two", ready=lambda pid: False, ready_within=0.3)
    async with Supervisor(lambda line: None) as supervisor:
        with pytest.raises(ServerError, match=r"^one ended before it was ready: no such luck$"):
            await supervisor.start(shell("echo no such luck; exit 1", "one", ready=lambda pid: False))
        with pytest.raises(ServerError, match=r"^two \(pid \d+\) was not ready within 0 s: still here$"):
            await supervisor.start(late)
        with pytest.raises(ServerError, match=r"three ended before it was ready: can't start /no/such: .*No such file"):
            await supervisor.start(Child("three", ["/no/such"], ENV, ready=lambda pid: False))


async def test_output_is_passed_on_line_by_line() -> None:
    lines: list[str] = []
    async with Supervisor(lines.append) as supervisor:
        script = (
            "printf 'a\\n\\nb'; echo err >&2; head -c 70000 /dev/zero | tr '\\0' x; echo; printf end; exec sleep 60"
        )
        await supervisor.start(shell(script))
        await until(lambda: sum(line.count("x") for line in lines) == 70000, 3)
        await asyncio.sleep(0.1)
    texts = [line.removeprefix("child      | ") for line in lines]
    assert texts[:2] == ["a", "berr"]
    assert "".join(texts[2:]) == "x" * 70000 + "end"


async def test_a_signal_ends_the_block_whatever_it_awaits() -> None:
    reached = False
    async with Supervisor(lambda line: None):
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)
        reached = True
    assert not reached
    await asyncio.sleep(0)  # the cancellation is used up


def test_children_are_started_by_the_main_thread_only() -> None:
    errors: list[RuntimeError] = []

    def attempt() -> None:
        try:
            spawn(shell("exit 0"), 1)
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])
