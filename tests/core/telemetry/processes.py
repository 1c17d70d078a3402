"""Processes of the installation that a test starts for itself, with an environment of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx

from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.platform import Platform

T = TypeVar("T")


@contextmanager
def another_web(platform: Platform, **environment: str) -> Iterator[Platform]:
    """Run one more web process, or several behind one port; yield the platform as seen through it."""
    port = free_port()
    with platform.process("web", **{"LEANCITY_PORT": str(port), **environment}):
        wait_until_ready(port)
        yield replace(platform, port=port)


@contextmanager
def logged(
    platform: Platform, name: str, folder: Path, **environment: str
) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Run a process of the installation, its standard error in a file; yield what reads the lines of its log."""
    file = folder / name
    with file.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "leancity.core.cli", name],
            env={**platform.environment, **environment},
            stderr=errors,
        )
        try:
            yield lambda: [json.loads(line) for line in file.read_text().splitlines()]
        finally:
            process.terminate()
            process.wait(20)


def wait_until_ready(port: int) -> None:
    """Wait until a web process serves the port."""
    wait_until(lambda: _is_ready(port))


def wait_until(holds: Callable[[], T], *, seconds: float = 300) -> T:
    """Wait until ``holds`` and return what it then says; raise ``AssertionError`` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)
    return answer


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2, verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        return False
