"""The archive's outer form: a tar of plain files, written and read as a stream.

What is read may be anybody's. Each header is a block of 512 bytes that the library parses; a link, a folder, a device,
an extended header or a second tar behind the first is refused, so nothing makes us hold more than one part in memory,
and no name is ever a path on this machine.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from leancity.core.errors import Refused, refuse

BLOCK = tarfile.BLOCKSIZE
CHUNK = 1 << 20  # bytes moved at once
LONGEST_NAME = 100  # characters: what fits a plain header
_NOTHING = bytes(BLOCK)


class Readable(Protocol):
    """What is read front to back; fewer bytes than asked for, or none, mean its end."""

    def read(self, size: int = -1, /) -> bytes: ...


class TarWriter:
    """Writes parts one behind the other."""

    def __init__(self, out: BinaryIO, moment: int) -> None:
        """``moment``: seconds since 1970 that every part is dated."""
        self._out = out
        self._moment = moment
        self._left = 0
        self.written = 0

    def add(self, name: str, content: bytes) -> None:
        """Write a part whose content is at hand."""
        self.begin(name, len(content))
        self.write(content)

    def begin(self, name: str, size: int) -> None:
        """Begin a part of ``size`` bytes, which ``write`` brings."""
        if self._left:
            raise ValueError("the part before is not complete")
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, self._moment, 0o600
        self._put(info.tobuf(tarfile.USTAR_FORMAT))
        self._left = size
        self._pad(size)

    def write(self, content: bytes) -> None:
        """Write bytes of the part that was begun."""
        if len(content) > self._left:
            raise ValueError("more than was announced")
        self._put(content)
        self._left -= len(content)
        self._pad(self._size)

    def close(self) -> None:
        """Write the end. The file below stays open."""
        if self._left:
            raise ValueError("the last part is not complete")
        self._put(_NOTHING * 2)

    def _pad(self, size: int) -> None:
        self._size = size
        if not self._left and size % BLOCK:
            self._put(bytes(BLOCK - size % BLOCK))

    def _put(self, content: bytes) -> None:
        self._out.write(content)
        self.written += len(content)


class Part:
    """A part that is being read: once, front to back, before the next one."""

    def __init__(self, source: Readable, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._source = source
        self._left = size

    def all(self, most: int) -> bytes:
        """Return the whole content; refuse more than ``most`` bytes."""
        if self.size > most:
            raise refuse("archive_part_wrong", "file", part=self.name)
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Yield the content that is left, some at a time."""
        while self._left:
            yield self._read(min(self._left, CHUNK))

    def skip(self) -> None:
        """Go behind the content, and what fills its last block."""
        for _ in self.chunks():
            pass
        if self.size % BLOCK:
            filled = _exactly(self._source, BLOCK - self.size % BLOCK)
            if filled.strip(b"\0"):
                raise refuse("archive_part_wrong", "file", part=self.name)

    def _read(self, length: int) -> bytes:
        content = _exactly(self._source, length)
        self._left -= length
        return content


def parts(source: Readable) -> Iterator[Part]:
    """Yield the parts of a tar; refuse what is no plain one or breaks off. Reads ``source`` to its very end."""
    while (header := _exactly(source, BLOCK)) != _NOTHING:
        part = _part(source, header)
        yield part
        part.skip()
    while rest := source.read(CHUNK):
        if rest.strip(b"\0"):
            raise refuse("archive_part_wrong", "file", part="…")


def _part(source: Readable, header: bytes) -> Part:
    try:
        info = tarfile.TarInfo.frombuf(header, "ascii", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise not_one() from error
    if info.type != tarfile.REGTYPE or info.size < 0 or len(info.name) > LONGEST_NAME:
        raise refuse("archive_part_wrong", "file", part=info.name[:LONGEST_NAME])
    return Part(source, info.name, info.size)


def _exactly(source: Readable, length: int) -> bytes:
    content = source.read(length)
    while len(content) < length:
        more = source.read(length - len(content))
        if not more:
            raise truncated()
        content += more
    return content


def not_one() -> Refused:
    """Return the refusal of what is no archive at all."""
    return refuse("archive_none", "file")


def truncated() -> Refused:
    """Return the refusal of an archive whose end is missing."""
    return refuse("archive_truncated", "file")
