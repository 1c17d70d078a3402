"""PostgreSQL and Redis of one checkout, for `leancity up` and for the tests."""

import fcntl
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from leancity.core.servers.children import Child, spawn, stop, wait_until_ready
from leancity.core.servers.errors import ServerError, check_disk
from leancity.core.servers.place import Place, find_place
from leancity.core.servers.postgres import Postgres, embedded_postgres
from leancity.core.servers.redis import Redis, embedded_redis
from leancity.core.servers.run_as import RunAs
from leancity.core.servers.supervisor import Supervisor
from leancity.core.servers.view import run_code_as


def to_stderr(line: str) -> None:
    """Tell the user a line."""
    sys.stderr.write(f"leancity: {line}\n")


class LocalServers:
    """The servers whose state lies in `root` (`<checkout>/.leancity`, or a folder in it for another set of servers).

    Either `with LocalServers(root) as servers:` (tests; logs go to `<state>/log/`, nobody restarts a dead server), or
    under a supervisor, `await servers.start(supervisor)`, and `release()` when that has ended. Both in the main thread.
    A killed owner takes its servers along; what still runs at the next start is ended, and its data taken over.

    Raises ServerError, one line, for whatever is in the way.
    """

    def __init__(
        self,
        root: Path,
        *,
        postgres: bool = True,
        postgres_settings: Mapping[str, str] | None = None,
        redis_url: str | None = None,
        say: Callable[[str], None] = to_stderr,
    ) -> None:
        """postgres: False when DATABASE_URL names a server. redis_url: one to be used instead of an embedded one.

        postgres_settings: by name, see `Postgres`. say: gets the lines that tell where things went as root.
        """
        self._root = root
        self._say = say
        self._settings = dict(postgres_settings or {})
        self._with_postgres = postgres
        self._redis_url = redis_url
        self._place: Place | None = None
        self._postgres: Postgres | None = None
        self._redis: Redis | None = None
        self._open = ExitStack()

    @property
    def place(self) -> Place:
        """Where the state lies; known once prepared. `place.folder(name)` makes one that web and workers may write."""
        if self._place is None:
            raise RuntimeError("prepare() comes first")
        return self._place

    @property
    def postgres(self) -> Postgres:
        """The cluster: addresses and programs (psql, pg_dump)."""
        if self._postgres is None:
            raise RuntimeError(
                "there is no embedded PostgreSQL: prepare() comes first, or postgres=False was asked for"
            )
        return self._postgres

    @property
    def superuser_url(self) -> str:
        """PostgreSQL's superuser on the database `postgres`."""
        return self.postgres.superuser_url

    @property
    def redis_url(self) -> str:
        """Redis, embedded or named."""
        if self._redis is None and self._redis_url is None:
            raise RuntimeError("prepare() comes first")
        return self._redis.url if self._redis else str(self._redis_url)

    def prepare(self) -> None:
        """Choose account and place, take the lock, make the cluster if there is none. Starts nothing that stays."""
        try:
            self._prepare()
        except OSError as error:  # most often the state of an earlier run as another user
            self.release()
            raise ServerError(f"can't use {error.filename or self._root}: {error.strerror}") from None
        except BaseException:
            self.release()
            raise

    def _prepare(self) -> None:
        self._place = place = find_place(self._root)
        check_disk(place.state)
        self._lock(place.state / "lock")
        if place.moved and place.account:
            self._say(
                f"{place.account.name} can't reach {place.checkout}: PostgreSQL, Redis and data are in {place.state}"
            )
        run_as = RunAs(place.account, place.folder("home"), {}) if place.account else None
        if self._with_postgres:
            self._postgres = embedded_postgres(place, run_as, self._settings)
            self._postgres.prepare()
        if self._redis_url is None:
            self._redis = embedded_redis(place, run_as)

    def children(self) -> list[Child]:
        """Return the servers as programs to be run, in the order of their start."""
        return [server.child() for server in (self._postgres, self._redis) if server is not None]

    def run_code_as(self) -> RunAs | None:
        """Return as whom web, workers and scheduler are to run; says a line when that needs a view, or is root."""
        run_as, line = run_code_as(self.place)
        if line:
            self._say(line)
        return run_as

    async def start(self, supervisor: Supervisor) -> None:
        """Prepare, and start the servers under `supervisor`, which stops them."""
        self.prepare()
        for child in self.children():
            await supervisor.start(child)

    def release(self) -> None:
        """Let another process have this state; to be called when the supervisor has ended."""
        self._open.close()

    def __enter__(self) -> Self:
        self.prepare()
        try:
            logs = (
                self.place.state / "log"
            )  # ours, not the account's: root follows no link that it might have put there
            logs.mkdir(mode=0o700, exist_ok=True)
            for child in self.children():
                self._start_alone(child, logs / f"{child.name}.log")
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _start_alone(self, child: Child, log: Path) -> None:
        child.clean()
        with log.open("wb") as output:
            process = spawn(child, output.fileno())
        self._open.callback(stop, child, process)
        try:
            wait_until_ready(child, process)
        except ServerError as error:
            lines = log.read_text(errors="replace").splitlines() or [""]
            raise ServerError(f"{error}: {lines[-1]}") from None

    def _lock(self, path: Path) -> None:
        """Be the only owner of this state. The lock is the kernel's and goes with the process, however that ends."""
        file = self._open.enter_context(path.open("a+"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            raise ServerError(f"leancity already runs on {path.parent} (pid {owner}): stop that one first") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
