"""Is a TCP port free, and if not, who has it."""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

from leancity.core.servers.errors import ServerError

LISTENING = "0A"  # the state column of /proc/net/tcp


def check_port(host: str, port: int) -> None:
    """Raise ServerError when a server couldn't listen on `host:port`; it names the occupant when /proc shows it.

    `host` is a name or an IPv4 or IPv6 address. The port is only tried, not kept: another program may still be faster.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ServerError(f"{host} is not an address of this machine: {error.strerror}") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT don't occupy a port
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ServerError(f"can't listen on {host}:{port}: {error.strerror}") from None
            raise ServerError(f"port {port} on {host} is taken by {_occupant(port)}") from None


def _occupant(port: int) -> str:
    """Describe the process that listens on `port`; processes of other users are visible to root only."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):
            if any(os.readlink(descriptor) in wanted for descriptor in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return "a process of another user"


def _listening_inodes(port: int) -> list[str]:
    inodes = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.append(fields[9])
    return inodes
