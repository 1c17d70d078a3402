"""Reading an archive that anybody may have made: part after part, each in its place.

Nothing is believed before it adds up. Memory is one part's; what the archive announces bounds what may follow, and its
manifest must tell what did.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, TypeVar

import msgspec

from leancity.core.db.rows import Cells
from leancity.core.errors import Refused, refuse
from leancity.tenants.archive import directory
from leancity.tenants.archive.crypt import decrypting, is_encrypted
from leancity.tenants.archive.format import (
    CITY,
    DIRECTORY,
    FILE,
    FORMAT,
    LARGEST_LIST,
    LARGEST_PIECE,
    MANIFEST,
    PIECE,
    SECRETS,
    TABLES,
    CityFacts,
    FileSum,
    Manifest,
    Sum,
    Summing,
)
from leancity.tenants.archive.tar import Part, Readable, not_one, parts, truncated

_SECTIONS = (TABLES, DIRECTORY, SECRETS)
_SECRET = 3  # cells: id, column, value
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_row = msgspec.json.Decoder(list[str | None])

T = TypeVar("T", CityFacts, Manifest)


class _Format(msgspec.Struct, frozen=True):
    format: int


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some rows: of a city's table, of the directory, or secrets."""

    section: str
    table: str
    name: str
    rows: Sequence[Cells]


Read: TypeAlias = CityFacts | Piece | Part | Manifest
"""What comes, in this order; a ``Part`` is a file, to be read before the next."""


class Archive:
    """An open archive. ``size`` is the file's, ``place`` how far it is read."""

    def __init__(self, file: BinaryIO, source: Readable, size: int) -> None:
        self.size = size
        self._file = file
        self._source = source

    @property
    def place(self) -> int:
        return self._file.tell()

    def read(self) -> Iterator[Read]:
        """Yield what is in the archive; the manifest comes last, and then all adds up. Blocks."""
        return _Reading(parts(self._source)).read()


@contextmanager
def opened(path: Path, identities: Sequence[Any]) -> Iterator[Archive]:
    """Open an archive; refuse one that is encrypted where there are no keys."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise refuse("archive_unreadable", "file", file=str(path)) from error
    with file:
        size = path.stat().st_size
        if not is_encrypted(path):
            yield Archive(file, file, size)
        elif not identities:
            raise refuse("archive_locked", "identity")
        else:
            with decrypting(file, identities) as plain:
                yield Archive(file, plain, size)


class _Reading:
    def __init__(self, source: Iterator[Part]) -> None:
        self._source = source
        self._sums: dict[str, dict[str, Summing]] = {section: {} for section in _SECTIONS}
        self._place = (0, -1, 0)  # section, table, piece
        self._last = ""  # id of the table's last row
        self._file = ("", "")
        self._files = self._file_bytes = 0
        self._names = hashlib.sha256()

    def read(self) -> Iterator[Read]:
        first = next(self._source, None)
        if first is None or first.name != CITY:
            raise not_one()
        content = first.all(LARGEST_LIST)
        self._city = _city(content)
        self._columns = {table.name: len(table.columns) for table in self._city.tables}
        self._order = {
            TABLES: [*self._columns],
            DIRECTORY: [*directory.COLUMNS],
            SECRETS: [*self._columns],
        }
        yield self._city
        for part in self._source:
            if part.name == MANIFEST:
                manifest = _decoded(part.all(LARGEST_LIST), Manifest)
                self._check(manifest, hashlib.sha256(content).hexdigest())
                if next(self._source, None) is not None:  # also reads what encryption has at its very end
                    raise refuse("archive_part_wrong", "file", part="…")
                yield manifest
                return
            if PIECE.fullmatch(part.name):
                yield self._piece(part)
            else:
                self._begin_file(part)
                yield part
        raise truncated()

    def _piece(self, part: Part) -> Piece:
        section, table, number = PIECE.fullmatch(part.name).groups()  # type: ignore[union-attr] # it matched
        if self._files or table not in self._order[section]:
            raise _misplaced(part)
        place = (_SECTIONS.index(section), self._order[section].index(table), int(number))
        is_next = place == (*self._place[:2], self._place[2] + 1)
        if not is_next and not (place[:2] > self._place[:2] and place[2] == 1):
            raise _misplaced(part)
        if not is_next:
            self._last = ""
        self._place = place
        content = part.all(LARGEST_PIECE)
        rows = self._rows(section, table, part, content)
        summing = self._sums[section].setdefault(table, Summing())
        summing.add(content, len(rows))
        if section == TABLES and summing.rows > self._city.tables[place[1]].rows:
            raise _misplaced(part)
        return Piece(section=section, table=table, name=part.name, rows=rows)

    def _rows(self, section: str, table: str, part: Part, content: bytes) -> list[Cells]:
        cells = {TABLES: self._columns.get(table), DIRECTORY: len(directory.COLUMNS.get(table, ()))}
        wanted = cells.get(section, _SECRET)
        rows: list[Cells] = []
        for number, line in enumerate(content.split(b"\n")[:-1], 1):
            try:
                row = _row.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise _wrong_row(part, number) from error
            if len(row) != wanted or not row[0]:
                raise _wrong_row(part, number)
            if section != SECRETS:
                if row[0] <= self._last or (section == TABLES and not _ID.fullmatch(row[0])):
                    raise _wrong_row(part, number)
                self._last = row[0]
            elif None in row:
                raise _wrong_row(part, number)
            rows.append(row)
        if not rows or content[-1:] != b"\n":
            raise _wrong_row(part, len(rows) + 1)
        return rows

    def _begin_file(self, part: Part) -> None:
        match = FILE.fullmatch(part.name)
        if match is None or (name := (match[2], match[3] or "")) <= self._file or self._files >= self._city.files:
            raise _misplaced(part)
        self._file = name
        self._files += 1
        self._file_bytes += part.size
        self._names.update(f"{part.name}\n".encode())

    def _check(self, manifest: Manifest, city: str) -> None:
        """Hold that the manifest tells what was read, and that it is what was announced."""
        if manifest.city != city:
            raise _differs(CITY)
        told = {TABLES: manifest.tables, DIRECTORY: manifest.directory, SECRETS: manifest.secrets}
        for section, sums in told.items():
            for name in {*sums, *self._sums[section]}:
                found = self._sums[section].get(name, Summing()).sum()
                if sums.get(name) != found:
                    raise _differs(f"{section}/{name}")
        for table in self._city.tables:
            if manifest.tables.get(table.name, Sum(rows=-1, sha256="")).rows != table.rows:
                raise _differs(f"{TABLES}/{table.name}")
        files = FileSum(files=self._files, bytes=self._file_bytes, sha256=self._names.hexdigest())
        if manifest.files != files or self._files != self._city.files:
            raise _differs("files")


def _city(content: bytes) -> CityFacts:
    try:
        format_ = msgspec.json.decode(content, type=_Format).format
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_one() from error
    if format_ != FORMAT:
        raise refuse("archive_format_unknown", "file", format=format_, known=FORMAT)
    city = _decoded(content, CityFacts)
    names = [table.name for table in city.tables]
    if len({*names}) != len(names) or any(
        table.rows < 0 or table.columns[:1] != ("id",) or len({*table.columns}) != len(table.columns)
        for table in city.tables
    ):
        raise not_one()
    return city


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_one() from error


def _misplaced(part: Part) -> Refused:
    return refuse("archive_part_wrong", "file", part=part.name)


def _wrong_row(part: Part, number: int) -> Refused:
    return refuse("archive_row_wrong", "file", part=part.name, row=number)


def _differs(name: str) -> Refused:
    return refuse("archive_sum_wrong", "file", part=name)
