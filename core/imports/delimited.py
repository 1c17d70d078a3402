"""CSV as it comes: gzipped or not; by comma, semicolon or tab; in UTF-8 (marked or not), UTF-16 or Windows-1251."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from leancity.core.imports.problems import Unreadable

DELIMITERS = ",;\t"
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLOCK = 1 << 20


def delimited_rows(path: Path) -> Callable[[], Iterator[tuple[int, list[str | datetime] | Unreadable]]]:
    """Return what begins to yield the rows anew, the header first. A broken row is yielded as the error that it is.

    ``Unreadable``: the bytes are no text in any of the encodings, or the archive is damaged.
    """
    try:
        encoding = _encoding(path)
        delimiter = _delimiter(path, encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"the archive is damaged: {error}") from error
    return lambda: _rows(path, encoding, delimiter)


class _Lines:
    """The file's lines, those of the row being read kept, so that reading can begin again behind a broken one."""

    def __init__(self, file: IO[str]) -> None:
        self._file = iter(file)
        self._waiting: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._file)
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """Give back all but the first line of the row."""
        self._waiting.extendleft(reversed(self.taken[1:]))
        self.taken.clear()


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str | datetime] | Unreadable]]:
    with _text(path, encoding) as file:
        lines, line, ended = _Lines(file), 1, False
        while not ended:
            try:
                # Strict, or a quote that is never closed would silently swallow the lines behind it.
                for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                    if any(cells):
                        yield line, [*cells]
                    line += len(lines.taken)
                    lines.taken.clear()
                ended = True
            except csv.Error as error:
                yield line, Unreadable(str(error))
                line += 1
                lines.give_back()


def _encoding(path: Path) -> str:
    """Return the encoding that the whole file is right in, read block by block."""
    with _bytes(path) as file:
        if file.read(2) in _UTF16:
            return "utf-16"
    for encoding in ("utf-8-sig", "cp1251"):
        decoder = codecs.getincrementaldecoder(encoding)()
        with _bytes(path) as file:
            try:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return encoding
    raise Unreadable("it is text neither in UTF-8 nor in Windows-1251")


def _delimiter(path: Path, encoding: str) -> str:
    """Return the mark that divides the header most; a header of one column has none, and any will do."""
    with _text(path, encoding) as file:
        first = next((line for line in file if line.strip()), "")
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _bytes(path: Path) -> gzip.GzipFile | io.BufferedReader:
    with path.open("rb") as file:
        is_gzipped = file.read(2) == _GZIP
    return gzip.open(path, "rb") if is_gzipped else path.open("rb")


def _text(path: Path, encoding: str) -> IO[str]:
    return io.TextIOWrapper(_bytes(path), encoding, newline="")
