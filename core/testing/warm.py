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
from collections.abc import Iterable, Iterator, Mapping
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
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("begun() comes first")
        command = [*arguments]
        with tempfile.TemporaryDirectory(prefix="leancity-command-") as name:
            folder = Path(name)
            (folder / "stdin").write_text(text, "utf-8")
            os.mkfifo(folder / STATUS)
            status = os.open(folder / STATUS, os.O_RDONLY | os.O_NONBLOCK)
            try:
                request = {"folder": name, "arguments": command, "environment": dict(environment)}
                with self._one_at_a_time:
                    self._process.stdin.write(json.dumps(request).encode() + b"\n")
                    self._process.stdin.flush()
                deadline = time.monotonic() + timeout
                while not select.select([status], [], [], 1)[0]:
                    if self._process.poll() is not None:
                        raise RuntimeError("the process that runs commands has ended")
                    if time.monotonic() > deadline:
                        raise TimeoutError(f"leancity {' '.join(command)}")
                code = int(os.read(status, 16))
            finally:
                os.close(status)
            said = [(folder / stream).read_text("utf-8") for stream in STREAMS[1:]]
        return subprocess.CompletedProcess(["leancity", *command], code, *said)


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
    """Run a command in a child and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        _become(request)
    _, ended = os.waitpid(child, 0)
    with suppress(FileNotFoundError), Path(request["folder"], STATUS).open("w") as status:
        status.write(str(os.waitstatus_to_exitcode(ended)))
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
