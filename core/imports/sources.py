"""Opening a file of rows: what it is by its content, its header, its rows with their line numbers.

A file is read twice: once to the end before anything is written (so that one that can't be read is refused whole, and
its rows are counted), then row by row. A delimited file is never held in memory; a workbook is, as its format asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from leancity.core.errors import Refused, refuse
from leancity.core.imports.delimited import delimited_rows
from leancity.core.imports.problems import Unreadable
from leancity.core.imports.workbook import workbook_rows, workbook_sheets

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
        return _source(path.name, _digest(path), _reader(path), path.name)
    except (Unreadable, OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def open_sheets(path: Path) -> list[Source]:
    """Open every visible sheet of a workbook that has rows below its header, each by its own name; of a CSV the file.

    ``Refused`` says what is wrong with the file, or with the headers of a sheet.
    """
    try:
        if not _is_workbook(path):
            return [open_source(path)]
        digest, sheets = _digest(path), workbook_sheets(path)
        filled = {name: rows for name, rows in sheets.items() if len(rows) > 1}
        if not filled:
            raise refuse("import_empty", "file", file=path.name)
        return [_source(name, digest, partial(iter, rows), path.name) for name, rows in filled.items()]
    except (Unreadable, OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def _source(name: str, digest: str, opened: Callable[[], Iterator[Numbered]], file: str) -> Source:
    rows = opened()
    _, header = next(rows, (0, []))
    if isinstance(header, Unreadable):
        raise header
    total = sum(1 for _ in rows)
    headers = tuple(" ".join(str(cell).split()) for cell in header)
    if not any(headers) or not total:
        raise refuse("import_empty", "file", file=file)
    named = [same(name) for name in headers if name]
    if twice := sorted({name for name in headers if name and named.count(same(name)) > 1}):
        raise refuse("import_headers_twice", "file", headers=", ".join(twice))
    return Source(name=name, digest=digest, headers=headers, total=total, _open=opened)


def _unreadable(path: Path, error: Exception) -> Refused:
    reason = str(error) if isinstance(error, Unreadable) else getattr(error, "strerror", None) or str(error)
    return refuse("import_unreadable", "file", file=path.name, reason=reason)


def same(header: str) -> str:
    """Return a header as it is compared: without regard to case and blanks."""
    return " ".join(header.split()).casefold()


def _reader(path: Path) -> Callable[[], Iterator[Numbered]]:
    if _is_workbook(path):
        kept = workbook_rows(path)
        return lambda: iter(kept)
    return delimited_rows(path)


def _is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in _WORKBOOKS


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
