"""A taken port is told with its occupant, before anything has been started; so is a full disk."""

import os
import socket
from pathlib import Path

import pytest

from leancity.core.servers import errors
from leancity.core.servers.errors import ServerError, check_disk
from leancity.core.servers.ports import check_port


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_taken_port_names_who_has_it(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ServerError, match=rf"^port {port} on {host} is taken by .+ \(pid {os.getpid()}\)$"):
            check_port(host, port)
    check_port(host, port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ServerError, match=r"can't listen on 192\.0\.2\.1:8000"):
        check_port("192.0.2.1", 8000)
    with pytest.raises(ServerError, match=r"no-such-host\.invalid is not an address"):
        check_port("no-such-host.invalid", 8000)


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check_disk(tmp_path)
    monkeypatch.setattr(errors, "DISK_NEEDED_MB", 10**12)  # more than there can be
    with pytest.raises(ServerError, match=r"^not enough disk in .*: \d+ MB free, 1000000000000 MB are needed$"):
        check_disk(tmp_path)
