"""PostgreSQL and Redis of a checkout: what they answer, who may speak to them, and what is left by a killed owner."""

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from leancity.core.servers.errors import ServerError
from leancity.core.servers.local import LocalServers
from leancity.core.servers.processes import processes_in

Wait = Callable[[Callable[[], bool], float], float]
FAST = {"fsync": "off"}
# a backend that never looks whether its server is alive: the kind that keeps the shared memory
BUSY = "set jit = off; select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b"
IS_BUSY = "select count(*) from pg_stat_activity where query like 'set jit%' and state = 'active'"
HOLDER = """
import sys, time
from pathlib import Path
from leancity.core.servers.local import LocalServers
with LocalServers(Path(sys.argv[1]), postgres_settings={"fsync": "off"}) as servers:
    print(servers.superuser_url, flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def servers(checkout: Path) -> Iterator[LocalServers]:
    with LocalServers(checkout / ".leancity/test", postgres_settings=FAST) as running:
        yield running


def ask(url: str, sql: str) -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def server_pid(servers: LocalServers) -> int:
    return int((servers.postgres.data / "postmaster.pid").read_text().split()[0])


def owner(path: Path) -> str:
    return pwd.getpwuid(path.stat().st_uid).pw_name


def test_russian_letters_have_cases(servers: LocalServers) -> None:
    assert ask(servers.superuser_url, "select lower('Ё') = 'ё' and 'ДОРОГА' ilike 'дорога'") is True
    assert ask(servers.superuser_url, "select to_tsvector('russian', 'ДОРОГА')::text") == "'дорог':1"


def test_postgres_listens_on_the_socket_only_and_asks_for_a_password(servers: LocalServers) -> None:
    assert ask(servers.superuser_url, "show listen_addresses") == ""
    assert ask(servers.superuser_url, "select setting from pg_settings where name = 'max_connections'") == "100"
    assert ask(servers.superuser_url, "select current_setting('server_version_num')::int / 10000") == 18
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(servers.postgres.url("postgres", "wrong", "postgres"), "select 1")


def test_an_address_may_hold_any_character(servers: LocalServers) -> None:
    ask(servers.superuser_url, """create role "a b/ё@" login password 'p:w/?#%'""")
    url = servers.postgres.url("a b/ё@", "p:w/?#%", "postgres")
    assert ask(url, "select current_user") == "a b/ё@"
    psql = subprocess.run(
        [str(servers.postgres.program("psql")), url, "-Atc", "select 1"], capture_output=True, check=True
    )
    assert psql.stdout == b"1\n"


def test_sockets_and_secrets_are_private(servers: LocalServers) -> None:
    run = servers.place.state / "run"
    for path, mode in (
        (run, 0o700),
        (run / ".s.PGSQL.5432", 0o700),
        (run / "redis.sock", 0o700),
        (servers.postgres.data, 0o700),
        (servers.postgres.folder / "superuser-password", 0o600),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


def test_redis_listens_on_its_socket_only_and_keeps_nothing(servers: LocalServers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}


def test_a_second_owner_is_told_who_the_first_is(servers: LocalServers) -> None:
    with pytest.raises(ServerError, match=rf"already runs .*\(pid {os.getpid()}\)"):
        LocalServers(servers.place.state).prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")
def test_root_runs_them_as_somebody_else(servers: LocalServers) -> None:
    assert owner(Path(f"/proc/{server_pid(servers)}")) == "nobody"
    assert owner(servers.place.state / "run" / "redis.sock") == "nobody"
    assert owner(servers.postgres.folder / "superuser-password") == "root"


def test_data_outlive_a_restart_redis_url_is_used_and_a_killed_owner_leaves_nothing_in_the_way(
    root: Path,
) -> None:
    with LocalServers(root, postgres_settings=FAST, redis_url="redis://elsewhere:1") as first:
        assert first.redis_url == "redis://elsewhere:1"
        assert [child.name for child in first.children()] == ["postgres"]
        ask(first.superuser_url, "create table kept as select 1 as n")

    holder = subprocess.Popen([sys.executable, "-c", HOLDER, root], stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        url = holder.stdout.readline().decode().strip()
        ask(url, "insert into kept values (2)")
        holder.kill()
    with LocalServers(root, postgres_settings=FAST) as second:
        assert ask(second.superuser_url, "select sum(n) from kept") == 3
        data, redis_folder = second.postgres.data, second.place.state / "redis"
    assert processes_in(data, "postgres") == []
    assert processes_in(redis_folder, "redis-server") == []


def test_a_server_that_outlived_its_owner_is_taken_over(root: Path, wait_for: Wait) -> None:
    """As after a kill that the kernel's signal did not follow: servers that nobody holds, and a lock that is free."""
    servers = LocalServers(root, postgres_settings=FAST)
    servers.prepare()
    left = []
    for child in servers.children():
        account = servers.place.account
        left.append(
            subprocess.Popen(
                child.argv,
                env=dict(child.env),
                cwd=servers.place.folder("redis"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        )
    wait_for(lambda: servers.postgres.child().ready(left[0].pid), 5)
    ask(servers.superuser_url, "create table left_over (n int)")
    servers.release()

    with LocalServers(root, postgres_settings=FAST) as second:
        assert server_pid(second) != left[0].pid
        assert ask(second.superuser_url, "select count(*) from left_over") == 0
        with redis.Redis.from_url(second.redis_url) as client:
            assert client.ping()
    assert [process.wait(5) for process in left] == [0, 0]


def test_a_killed_server_with_a_busy_backend_is_started_again(root: Path, wait_for: Wait) -> None:
    with LocalServers(root, postgres_settings=FAST) as servers:
        psql = [str(servers.postgres.program("psql")), servers.superuser_url, "-c", BUSY]
        with subprocess.Popen(psql, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as busy:
            wait_for(lambda: ask(servers.superuser_url, IS_BUSY) == 1, 5)
            os.kill(server_pid(servers), signal.SIGKILL)
            start = time.monotonic()
            servers.postgres.end_left_over()
            assert time.monotonic() - start < 3
            assert busy.wait(5) != 0
    with LocalServers(root, postgres_settings=FAST) as servers:
        assert ask(servers.superuser_url, "select 1") == 1


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(root: Path) -> None:
    with LocalServers(root, postgres_settings=FAST) as servers:
        data = servers.postgres.data
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n\n\n\nready\n")
    with LocalServers(root, postgres_settings=FAST) as servers:
        assert server_pid(servers) != os.getpid()


def test_a_foreign_server_and_foreign_data_are_named(root: Path) -> None:
    servers = LocalServers(root, postgres_settings=FAST)
    servers.prepare()
    servers.release()
    data = servers.postgres.data
    program = root.parent / "postgres"
    program.write_bytes(Path("/usr/bin/sleep").read_bytes())
    program.chmod(0o755)
    stranger = subprocess.Popen([str(program), "60"], cwd=data)
    try:
        with pytest.raises(ServerError, match=rf"\(pid {stranger.pid}\).*not started here"), LocalServers(root):
            pass
    finally:
        stranger.kill()
        stranger.wait()

    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServerError, match="is of PostgreSQL 15, the programs are of 18"):
        LocalServers(root).prepare()
    (data / "PG_VERSION").write_text("18\n")


def test_a_long_path_gets_a_private_folder_for_its_sockets(root: Path) -> None:
    long = root.parent / ("long" * 30)
    long.symlink_to(root.parent)
    root = long / root.name
    with LocalServers(root, postgres_settings=FAST) as servers:
        sockets = servers.postgres.sockets
        assert sockets.parent == Path("/tmp")  # noqa: S108
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert ask(servers.superuser_url, "select 1") == 1
    with LocalServers(root, postgres_settings=FAST) as servers:
        assert servers.postgres.sockets == sockets
    sockets.rmdir()
