"""Starting and stopping a program that must not outlive us."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from leancity.core.servers.errors import ServerError
from leancity.core.servers.launch import Spec
from leancity.core.servers.run_as import RunAs, launcher

LOOK_EVERY = 0.05  # seconds between two looks at a process we wait for


@dataclass(frozen=True)
class Child:
    """A program to be run.

    env: the whole environment, but for the user's variables, which `run_as` sets.
    stop_signal: asks it to end, and is what it gets when we die; after `grace` seconds it is killed, with its group.
    clean: removes what an earlier life left; called before each start and after a kill, may take a few seconds, raises
        ServerError when a start is hopeless. ready: whether the process of this pid serves; None: at once.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    run_as: RunAs | None = None
    cwd: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    clean: Callable[[], None] = field(default=lambda: None)
    ready: Callable[[int], bool] = field(default=lambda pid: True)
    ready_within: float = 120.0


def spawn(child: Child, output: int) -> subprocess.Popen[bytes]:
    """Start `child` in a session of its own (Ctrl-C reaches it through us only), its output going to that descriptor.

    Must be called in the main thread: the kernel's promise to end a child with its parent is kept when the *thread*
    that started it ends.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(f"{child.name} must be started by the main thread: it would die with this one")
    return subprocess.Popen(  # noqa: S603
        _command(child.argv, child.run_as, child.stop_signal, child.cwd),
        env={**child.env, **(child.run_as.environment() if child.run_as else {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def run(
    argv: Sequence[str], run_as: RunAs | None, *, env: Mapping[str, str] | None = None, seconds: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in any thread; `stdout` of the answer holds both its outputs as text.

    Raises subprocess.TimeoutExpired after so many seconds.
    """
    return subprocess.run(  # noqa: S603
        _command(argv, run_as, signal.SIGKILL, Path("/")),
        env={**(os.environ if env is None else env), **(run_as.environment() if run_as else {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended. It stays a zombie until `reap`, so that nobody else can be given its number meanwhile."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def reap(process: subprocess.Popen[bytes]) -> int:
    """Kill what is left of the child's group, itself included, and return its exit code (minus the signal's number)."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def wait_until_ready(child: Child, process: subprocess.Popen[bytes]) -> None:
    """Return when the child serves. Raises ServerError when it ends before that or takes longer than it may."""
    deadline = time.monotonic() + child.ready_within
    while not child.ready(process.pid):
        if has_ended(process):
            raise ServerError(f"{child.name} ended before it was ready")
        if time.monotonic() > deadline:
            raise ServerError(f"{child.name} (pid {process.pid}) was not ready within {child.ready_within:.0f} s")
        time.sleep(LOOK_EVERY)


def stop(child: Child, process: subprocess.Popen[bytes]) -> None:
    """Ask the child to end, wait its grace, kill what is left. Safe to call for one that has ended already."""
    deadline = time.monotonic() + child.grace
    if not has_ended(process):
        os.kill(process.pid, child.stop_signal)  # not yet reaped, so the number is still its own
    while not has_ended(process) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
    killed = not has_ended(process)
    reap(process)
    if killed:
        child.clean()


def _command(argv: Sequence[str], run_as: RunAs | None, death_signal: signal.Signals, cwd: Path) -> list[str]:
    user = (run_as.account.uid, run_as.account.gid, list(run_as.account.groups)) if run_as else None
    view = [(str(door), [str(path) for path in shown]) for door, shown in run_as.view.items()] if run_as else []
    spec = Spec(parent=os.getpid(), death_signal=death_signal, user=user, view=view, cwd=str(cwd))
    return [*launcher(), json.dumps(spec), *argv]
