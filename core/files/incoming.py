"""A file that is being received: counted and hashed on its way to a nameless file on disk.

It never has a name, so nothing is left of it when the process ends in whatever way; memory holds a few chunks of it.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from leancity.core.errors import Problem, Refused
from leancity.core.files.kinds import MB
from leancity.core.files.store import store
from leancity.core.files.threads import storing

BLOCK = 512 * 1024  # bytes gathered before a thread writes them


class TooLarge(Refused):
    """More was sent than may be: over HTTP the status 413."""

    def __init__(self, limit: int) -> None:
        megabytes = math.floor(limit / MB * 10) / 10
        super().__init__(Problem(code="file_too_large", field="file", params={"limit": f"{megabytes:g}"}))


class Incoming:
    """``file``, ``size`` and ``sha256`` count once ``finish`` has been awaited."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self.file = file
        self.limit = limit
        self.size = 0
        self._digest = hashlib.sha256()
        self._waiting = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Take some more; raise ``TooLarge`` before more than ``limit`` bytes are written."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise TooLarge(self.limit)
        self._waiting += chunk
        if len(self._waiting) >= BLOCK:
            await self._flush()

    async def finish(self) -> None:
        await self._flush()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    async def _flush(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        await storing(self._keep, block)

    def _keep(self, block: bytes) -> None:
        self._digest.update(block)
        self.file.write(block)
        self.file.flush()


@asynccontextmanager
async def receiving(limit: int) -> AsyncIterator[Incoming]:
    """Open a nameless file for at most ``limit`` bytes; it is gone when the block ends."""
    with tempfile.TemporaryFile(dir=store().incoming()) as file:
        yield Incoming(file, limit)
