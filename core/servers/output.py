"""Passes on what a child writes, line by line, each with the child's name in front."""

import asyncio
import os
from collections.abc import Callable

LONGEST = 65536  # bytes; a longer line is passed on in pieces


class LineForwarder:
    """Reads a child's pipe in the event loop. `sink` is the descriptor to give to the child, `last` its last line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """`write` gets every line, without its end."""
        self._write = write
        self._source, self.sink = os.pipe()
        os.set_blocking(self._source, False)
        self._rest = b""
        self.last = ""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read)

    def close(self) -> None:
        """Pass on what is left and stop reading."""
        self._read()
        self._emit(self._rest)
        self._rest = b""
        self._loop.remove_reader(self._source)
        os.close(self._source)
        os.close(self.sink)

    def _read(self) -> None:
        try:
            chunk = os.read(self._source, LONGEST)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._emit(line)
        if len(self._rest) >= LONGEST:
            self._emit(self._rest)
            self._rest = b""

    def _emit(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self.last = text
            self._write(text)
