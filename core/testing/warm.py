"""Commands without their imports: a process that has imported ``leancity`` once and forks for each command.

``leancity …`` takes seconds to start and tenths of one to run. What a fork runs is the same command in a process of its
own, with its own environment, arguments, standard streams and exit code; only the imports are those of its parent.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STREAMS = ("stdin", "stdout", "stderr")
STATUS = "status"


class WarmCommands:
    """The forking process. ``environment``: what it is started with itself."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Have the forking process until the block ends; it imports while others work."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "leancity.core.testing.warm"], env=self._environment, stdin=subprocess.PIPE
        )
        try:
            yield
        finally:
            self._process.communicate()

    def run(
        self, arguments: Iterable[str], text: str, environment: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in ``environment`` with ``text`` as its standard input.

        TimeoutError: it takes longer than so many seconds. RuntimeError: the forking process has ended.
        """
        command = [*arguments]
        with self.started(command, environment, text) as process:
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired as expired:
                raise TimeoutError(f"leancity {' '.join(command)}") from expired
            said = [(process.folder / stream).read_text("utf-8") for stream in STREAMS[1:]]
        return subprocess.CompletedProcess(["leancity", *command], code, *said)

    @contextmanager
    def started(self, arguments: Sequence[str], environment: Mapping[str, str], text: str = "") -> Iterator[Started]:
        """Start a command, to be ended by who asks for it; RuntimeError: the forking process has ended."""
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("begun() comes first")
        with tempfile.TemporaryDirectory(prefix="leancity-command-") as name:
            folder = Path(name)
            (folder / "stdin").write_text(text, "utf-8")
            os.mkfifo(folder / STATUS)
            status = os.open(folder / STATUS, os.O_RDONLY | os.O_NONBLOCK)
            try:
                request = {"folder": name, "arguments": [*arguments], "environment": dict(environment)}
                with self._one_at_a_time:
                    self._process.stdin.write(json.dumps(request).encode() + b"\n")
                    self._process.stdin.flush()
                yield Started(folder, status, self._process)
            finally:
                os.close(status)


class Started:
    """A command that was started, with the part of ``subprocess.Popen`` that tests use."""

    def __init__(self, folder: Path, status: int, parent: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.returncode: int | None = None
        self._status, self._parent, self._told = status, parent, b""
        while b"\n" not in self._told:
            self._listen(1)
        self.pid = int(self._told.split(b"\n")[0])

    def poll(self) -> int | None:
        """Return the exit code, less than zero for a signal's number, or None while it runs."""
        self._listen(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raises ``subprocess.TimeoutExpired`` behind so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.folder), timeout or 0)
            self._listen(1 if deadline is None else max(0.0, min(1.0, deadline - time.monotonic())))
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _listen(self, seconds: float) -> None:
        """Hear what its keeper tells: first its number, at its end the exit code."""
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            self._told += os.read(self._status, 64)
            if self._told.count(b"\n") == 2:
                self.returncode = int(self._told.split(b"\n")[1])
        if self._parent.poll() is not None:
            raise RuntimeError("the process that runs commands has ended")


def serve() -> None:
    """Import all commands, then fork for each request (a line of JSON on standard input) until that ends."""
    import click

    from leancity.core.cli.main import main

    _import_all(main, click.Context(main))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    rest = b""
    while more := os.read(0, 65536):
        *lines, rest = (rest + more).split(b"\n")
        for line in lines:
            if os.fork() == 0:
                _keep(json.loads(line))


def _import_all(group: Any, context: Any) -> None:
    for name in group.list_commands(context):
        with suppress(ImportError):  # it will say so itself when it is asked for
            command = group.get_command(context, name)
            if hasattr(command, "list_commands"):
                _import_all(command, context)


def _keep(request: dict[str, Any]) -> None:
    """Run a command in a child; tell its number and its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        _become(request)
    with suppress(OSError), Path(request["folder"], STATUS).open("w", buffering=1) as status:  # nobody may listen
        status.write(f"{child}\n")
        _, ended = os.waitpid(child, 0)
        status.write(f"{os.waitstatus_to_exitcode(ended)}\n")
    os._exit(0)


def _become(request: dict[str, Any]) -> None:
    """Be the command, and never return."""
    from leancity.core.cli.main import main

    for number, name in enumerate(STREAMS):
        stream = os.open(Path(request["folder"], name), os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["leancity", *request["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    code = 1
    try:
        main(prog_name="leancity")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:  # as the interpreter does
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
