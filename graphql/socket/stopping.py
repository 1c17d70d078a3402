"""Tells clients before this process stops: the web server would drop their sockets without a word."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from weakref import WeakKeyDictionary

from leancity.graphql.socket.registry import Registry

_prepared: WeakKeyDictionary[asyncio.AbstractEventLoop, Stopping] = WeakKeyDictionary()


def close_before_stopping(registry: Registry) -> None:
    """Close the sockets of ``registry`` at SIGTERM, and let the web server stop after that.

    Granian stops at SIGINT as well as at SIGTERM and offers no hook before it drops the connections; its supervisor
    sends SIGTERM, which becomes ours, and passes on as SIGINT.
    """
    loop = asyncio.get_running_loop()
    if loop not in _prepared:
        _prepared[loop] = Stopping(registry)
        with suppress(RuntimeError, ValueError):  # not the main thread's loop, which alone hears signals
            loop.add_signal_handler(signal.SIGTERM, _prepared[loop].begin)


class Stopping:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Say goodbye; whoever asks a second time is not made to wait."""
        if self._task is None:
            self._task = asyncio.create_task(self._stop())
        else:
            _stop_now()

    async def _stop(self) -> None:
        await self._registry.close_all()
        _stop_now()


def _stop_now() -> None:
    os.kill(os.getpid(), signal.SIGINT)
