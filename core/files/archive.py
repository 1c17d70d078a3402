"""Reading a zip archive that a stranger made: nothing in it is believed, nothing of it is written to disk.

Sizes are counted while the entries are really unpacked, a block at a time. What office programs never write (comments,
bytes before or between, zip64, names twice) is refused, for it serves to show two programs two different contents.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from leancity.core.errors import Refused, refuse

MB = 1024 * 1024
MOST_ENTRIES = 4000
LARGEST_DIRECTORY = MB  # bytes of the list of entries
LARGEST_ENTRY = 128 * MB  # unpacked
LARGEST_TOTAL = 256 * MB
HIGHEST_RATIO = 100  # unpacked to packed of the whole archive
RATIO_FROM = 16 * MB  # below that repetition is harmless
BLOCK = 64 * 1024

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_END64 = b"PK\x06\x07"
_ENCRYPTED = 0x1 | 0x40 | 0x2000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in the archive, its name as the archive has it."""

    name: str
    info: zipfile.ZipInfo


class Archive:
    """An archive whose list of entries has been checked; ``blocks`` unpacks, and checks, the entries themselves."""

    def __init__(self, file: BinaryIO) -> None:
        """Refuse what is no archive as office programs write them."""
        self._file = file
        self._size = file.seek(0, 2)
        self._unpacked = 0
        self._check_end()
        try:
            with zipfile.ZipFile(file) as opened:
                infos = opened.infolist()
        except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OSError, EOFError) as error:
            raise broken() from error
        self.entries = [Entry(name=info.orig_filename, info=info) for info in infos]
        self._check_entries()

    def _check_end(self) -> None:
        """Read the archive's end ourselves: the library would read any number of entries into memory."""
        if self._size < _END.size:
            raise broken()
        self._file.seek(max(0, self._size - _END.size - 20))
        tail = self._file.read()
        mark, disk, first_disk, here, entries, length, offset, comment = _END.unpack(tail[-_END.size :])
        is_plain = mark == b"PK\x05\x06" and disk == first_disk == comment == 0 and here == entries
        if not is_plain or tail[: len(_END64)] == _END64 or offset + length != self._size - _END.size:
            raise broken()
        if entries > MOST_ENTRIES or length > LARGEST_DIRECTORY:
            raise bomb()

    def _check_entries(self) -> None:
        if len(self.entries) > MOST_ENTRIES:
            raise bomb()
        names = set()
        for entry in self.entries:
            name, info = entry.name, entry.info
            if info.flag_bits & _ENCRYPTED:
                raise refuse("file_encrypted", "file")
            if not _is_plain(name) or name.lower() in names:
                raise refuse("file_path_inside", "file")
            if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise broken()
            names.add(name.lower())

    def find(self, name: str) -> Entry | None:
        """Return the entry of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        """Unpack an entry, a block at a time; refuse where it is more, or other, than the archive's list says."""
        info, size, check = entry.info, 0, 0
        for block in self._inflated(self._begin(info), info):
            size += len(block)
            self._unpacked += len(block)
            if size > LARGEST_ENTRY or self._unpacked > LARGEST_TOTAL:
                raise bomb()
            if self._unpacked > RATIO_FROM and self._unpacked > HIGHEST_RATIO * self._size:
                raise bomb()
            check = zlib.crc32(block, check)
            yield block
        if size != info.file_size or check != info.CRC:
            raise broken()

    def content(self, entry: Entry, most: int) -> bytes:
        """Return an entry that must be small."""
        found = bytearray()
        for block in self.blocks(entry):
            found += block
            if len(found) > most:
                raise bomb()
        return bytes(found)

    def check_layout(self) -> None:
        """Refuse entries that share bytes, by which a small archive holds the same content thousands of times."""
        end = 0
        for info in sorted((entry.info for entry in self.entries), key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise bomb()
            end = self._begin(info) + info.compress_size
        if end > self._size:
            raise broken()

    def _begin(self, info: zipfile.ZipInfo) -> int:
        """Return where an entry's bytes begin, by its own header, which must agree with the list."""
        self._file.seek(info.header_offset)
        head = self._file.read(_LOCAL.size)
        if len(head) < _LOCAL.size:
            raise broken()
        mark, _, flags, method, _, _, _, _, _, name_length, more = _LOCAL.unpack(head)
        name = self._file.read(name_length)
        listed = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
        if mark != b"PK\x03\x04" or flags & _ENCRYPTED or method != info.compress_type or name != listed:
            raise broken()
        return info.header_offset + _LOCAL.size + int(name_length) + int(more)

    def _inflated(self, begin: int, info: zipfile.ZipInfo) -> Iterator[bytes]:
        left, place = info.compress_size, begin
        unpacking = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
        while left:
            self._file.seek(place)
            packed = self._file.read(min(left, BLOCK))
            if not packed:
                raise broken()
            left, place = left - len(packed), place + len(packed)
            if unpacking is None:
                yield packed
                continue
            try:
                while packed and not unpacking.eof:
                    yield unpacking.decompress(packed, BLOCK)
                    packed = unpacking.unconsumed_tail
            except zlib.error as error:
                raise broken() from error
        if unpacking is not None:
            yield unpacking.flush(BLOCK)
            if not unpacking.eof or unpacking.unused_data:
                raise broken()


def _is_plain(name: str) -> bool:
    """Tell whether a name leads to a place below the archive's root on every system."""
    parts = name.removesuffix("/").split("/")
    is_shown = all(character.isprintable() for character in name)
    return bool(name) and is_shown and "\\" not in name and ":" not in name and not {"", ".", ".."} & set(parts)


def broken() -> Refused:
    """Return the refusal of an archive that is damaged, or is none."""
    return refuse("file_broken", "file")


def bomb() -> Refused:
    """Return the refusal of an archive that holds far more than it shows."""
    return refuse("file_bomb", "file")
