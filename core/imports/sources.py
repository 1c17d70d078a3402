"""Opening a file of rows: what it is by its content, its header, its rows with their line numbers.

A file is read twice: once to the end before anything is written (so that one that can't be read is refused whole, and
its rows are counted), then row by row. A delimited file is never held in memory; a workbook is, as its format asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from leancity.core.errors import refuse
from leancity.core.imports.delimited import delimited_rows
from leancity.core.imports.problems import Unreadable
from leancity.core.imports.workbook import workbook_rows

Cell: TypeAlias = str | datetime
"""A cell's words, or the wall clock time (without a zone) of a workbook's date."""
Numbered: TypeAlias = tuple[int, list[Cell] | Unreadable]
"""The line, counted from 1, on which a row begins, and the row: its cells, or why they can't be told apart."""

_BLOCK = 1 << 20
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip (XLSX, ODS), and the older XLS


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that was read to its end once. ``headers`` are as written; ``total`` rows follow them."""

    name: str
    digest: str
    headers: tuple[str, ...]
    total: int
    _open: Callable[[], Iterator[Numbered]]

    def rows(self) -> Iterator[Numbered]:
        """Yield the rows below the header; blank ones are left out."""
        rows = self._open()
        next(rows)
        return rows


def open_source(path: Path) -> Source:
    """Open a CSV (plain or gzipped) or a workbook; ``Refused`` says what is wrong with it."""
    try:
        opened = _reader(path)
        rows = opened()
        _, header = next(rows, (0, []))
        if isinstance(header, Unreadable):
            raise header
        total = sum(1 for _ in rows)
        digest = _digest(path)
    except Unreadable as error:
        raise refuse("import_unreadable", "file", file=path.name, reason=str(error)) from error
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse("import_unreadable", "file", file=path.name, reason=reason) from error
    headers = tuple(" ".join(str(cell).split()) for cell in header)
    if not any(headers) or not total:
        raise refuse("import_empty", "file", file=path.name)
    named = [same(name) for name in headers if name]
    if twice := sorted({name for name in headers if name and named.count(same(name)) > 1}):
        raise refuse("import_headers_twice", "file", headers=", ".join(twice))
    return Source(name=path.name, digest=digest, headers=headers, total=total, _open=opened)


def same(header: str) -> str:
    """Return a header as it is compared: without regard to case and blanks."""
    return " ".join(header.split()).casefold()


def _reader(path: Path) -> Callable[[], Iterator[Numbered]]:
    with path.open("rb") as file:
        begin = file.read(4)
    if begin in _WORKBOOKS:
        kept = workbook_rows(path)
        return lambda: iter(kept)
    return delimited_rows(path)


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
