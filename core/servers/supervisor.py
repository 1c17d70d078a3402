"""Keeps programs running: starts them in order, restarts the dead, stops them in reverse order, leaves none behind."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from leancity.core.servers.children import Child, has_ended, reap, spawn, stop, wait_until_ready
from leancity.core.servers.errors import ServerError
from leancity.core.servers.output import LineForwarder

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY = 0.1  # seconds
DELAYS = (0.0, 0.2, 0.5, 1.0, 2.0)  # seconds before the first, second … restart within the period


def to_stdout(line: str) -> None:
    """Write a line. A reader that has gone (`leancity up | head`) is no reason to lose the servers."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Supervisor:
    """Use it as `async with` in the main thread, `start()` children in it, then `wait()`.

    SIGINT, SIGTERM and SIGHUP end the block at whatever it is waiting for, and it ends without an error; a child that
    dies more often than allowed ends it with ServerError. Either way all children are stopped on the way out.
    A SIGKILL of this process ends them too, by the kernel (see `launch`).
    """

    def __init__(self, write: Callable[[str], None] = to_stdout, *, restarts: int = 5, period: float = 60.0) -> None:
        """`write` gets every line of output; a child may be restarted `restarts` times in `period` seconds."""
        self._write = write
        self._restarts = restarts
        self._period = period
        self._owner: asyncio.Task[object] | None = None
        self._processes: dict[str, tuple[Child, subprocess.Popen[bytes]]] = {}
        self._outputs: dict[str, LineForwarder] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._failure: ServerError | None = None

    async def __aenter__(self) -> Self:
        self._owner = asyncio.current_task()
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._end, None)
        return self

    async def start(self, child: Child) -> None:
        """Start a child and wait until it is ready. Raises ServerError, with its last line, when it doesn't get so."""
        process = await self._spawn(child)
        try:
            await asyncio.to_thread(wait_until_ready, child, process)
        except ServerError as error:
            self._outputs[child.name].close()
            last = self._outputs.pop(child.name).last
            raise ServerError(f"{error}: {last}" if last else str(error)) from None
        self._watchers.append(asyncio.create_task(self._keep(child)))

    async def wait(self) -> None:
        """Wait until the block is ended from outside."""
        await asyncio.get_running_loop().create_future()

    def pid(self, name: str) -> int:
        """Return the number of the child's present process."""
        return self._processes[name][1].pid

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        ended_by_us, self._stopping = self._stopping, True
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        for name, (child, process) in reversed(self._processes.items()):
            try:
                await asyncio.to_thread(stop, child, process)
            except ServerError as failure:
                self._say(str(failure))
            if name in self._outputs:
                self._outputs[name].close()
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        if ended_by_us and self._owner:
            self._owner.uncancel()
        if self._failure:
            raise self._failure from None
        return ended_by_us and kind is asyncio.CancelledError

    def _end(self, failure: ServerError | None) -> None:
        """Leave the block: what it awaits is cancelled. The second Ctrl-C finds us stopping already."""
        if not self._stopping and self._owner:
            self._stopping = True
            self._failure = failure
            self._owner.cancel()

    async def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        await asyncio.to_thread(child.clean)
        if child.name not in self._outputs:
            self._outputs[child.name] = LineForwarder(lambda line: self._write(f"{child.name:<10} | {line}"))
        process = spawn(child, self._outputs[child.name].sink)
        self._processes[child.name] = (child, process)
        return process

    async def _keep(self, child: Child) -> None:
        """Restart the child whenever it ends, at once at first, then more slowly; give up at the limit."""
        restarts: list[float] = []
        while True:
            process = self._processes[child.name][1]
            while not has_ended(process):  # noqa: ASYNC110 - nothing in this process could set an event
                await asyncio.sleep(LOOK_EVERY)
            ending = f"{child.name} ended ({_describe(reap(process))})"
            started = False
            while not started:
                restarts = [moment for moment in restarts if time.monotonic() - moment < self._period]
                if len(restarts) >= self._restarts:
                    line = f"{ending} after {self._restarts} restarts in {self._period:.0f} s: everything is stopped"
                    self._end(ServerError(line))
                    return
                self._say(f"{ending}: restart {len(restarts) + 1} of {self._restarts}")
                await asyncio.sleep(DELAYS[min(len(restarts), len(DELAYS) - 1)])
                restarts.append(time.monotonic())
                try:
                    await self._spawn(child)
                    started = True
                except (ServerError, OSError) as error:
                    self._say(f"{child.name} could not be started: {error}")

    def _say(self, line: str) -> None:
        self._write(f"{'leancity':<10} | {line}")


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
