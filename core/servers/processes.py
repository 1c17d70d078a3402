"""What runs in a folder, by /proc: our servers change into their data folder, so it tells whose a left-over one is.

Better than a pid file alone, which after a crash may name a process that has nothing to do with us.
"""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from leancity.core.servers.errors import ServerError


@dataclass(frozen=True)
class Process:
    """A living process: number, its parent's, owner, and the file it runs (still told after that file was replaced)."""

    pid: int
    parent: int
    uid: int
    program: Path


def processes_in(folder: Path, name: str) -> list[Process]:
    """Return the processes named `name` whose working directory is `folder`; other users' are visible to root only."""
    found = []
    folder = folder.resolve()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # it has just ended, or isn't ours to see
            if os.readlink(entry / "cwd") == str(folder):
                program = Path(os.readlink(entry / "exe").removesuffix(" (deleted)"))
                if program.name == name:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])  # a name may hold ")"
                    found.append(Process(int(entry.name), parent, entry.stat().st_uid, program))
    return found


def end_left_over(folder: Path, program: Path, uid: int, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """End what an earlier life of `program` left running in `folder`: each signal in turn, with seconds to wait.

    A server is asked, not its children: one that loses a child to our signal takes it for a crash. SIGKILL goes to all.
    Raises ServerError, naming the pid, when such a process isn't ours (another user's or another installation's), or
    when it outlives the last signal.
    """
    program = program.resolve()
    left: list[Process] = []
    for number, seconds in steps:
        deadline = time.monotonic() + seconds
        asked: set[int] = set()
        while left := processes_in(folder, program.name):
            _ask(left, number, asked, folder, program, uid)
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        if not left:
            return
    if left:
        raise ServerError(f"{program.name} (pid {left[0].pid}), left over in {folder}, can't be stopped")


def _ask(
    running: Sequence[Process], number: signal.Signals, asked: set[int], folder: Path, program: Path, uid: int
) -> None:
    """Send the signal once to each that nobody above it in the folder would pass it on to; `asked` takes their pids.

    Asked anew at every look: a server that was dying at the first one leaves orphans, which nobody else would ask.
    """
    pids = {process.pid for process in running}
    for process in running:
        if (process.uid, process.program) != (uid, program):
            raise ServerError(
                f"{process.program} (pid {process.pid}) runs in {folder} and was not started here: stop it first"
            )
        if process.pid in asked or (process.parent in pids and number != signal.SIGKILL):
            continue
        asked.add(process.pid)
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists, whoever's it is."""
    return Path(f"/proc/{pid}").exists()
