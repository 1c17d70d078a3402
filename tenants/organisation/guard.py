"""Is a workbook safe to open? A few bytes of it may stand for gigabytes in the memory of whoever reads it.

The archive itself is checked as every uploaded document is. What that cannot know is how a reader lays a sheet out: a
cell in the last row and column makes a grid of billions, a long shared text is repeated by every cell that names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from leancity.core.errors import Refused, refuse
from leancity.core.files.archive import Archive, Entry, bomb, broken
from leancity.core.files.kinds import XLSX
from leancity.core.files.office import office_kind

MB = 1024 * 1024
LARGEST = 20 * MB
MOST_ROWS = 20_000  # of all sheets together
MOST_SHEETS = 50
MOST_COLUMNS = 256
MOST_CELLS = 1_000_000  # of the grids that the sheets span
MOST_MERGES = 40_000
LONGEST_CELL = 32_767  # characters, by the format
MOST_TEXT = 64 * MB  # characters of all cells, shared ones counted as often as they are used

_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also an XLSX under a password
_ZIP = b"PK\x03\x04"
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_SHARED = "xl/sharedStrings.xml"
_GRID = b"sheetData"


def check_workbook(file: BinaryIO) -> None:
    """Refuse, naming the field ``file``, what is no XLSX of a size that an organisation has; leave it at its begin."""
    if file.seek(0, 2) > LARGEST:
        raise refuse("file_too_large", "file", limit=LARGEST // MB)
    file.seek(0)
    begin = file.read(8)
    if not begin:
        raise refuse("file_empty", "file")
    if begin == _XLS:
        raise refuse("organisation_file_old", "file")
    if not begin.startswith(_ZIP) or office_kind(file) is not XLSX:
        raise refuse("organisation_file_kind", "file")
    archive = Archive(file)
    shared = archive.find(_SHARED)
    lengths = _shared_lengths(archive, shared) if shared else []
    size = _Size(lengths)
    for entry in archive.entries:
        if not entry.name.lower().endswith((".xml", ".rels", ".vml")):
            _refuse_grid(archive, entry)
        elif entry is not shared:
            _scan_sheet(archive, entry, size)
    file.seek(0)


def too_many_rows() -> Refused:
    """Return the refusal of a workbook that no organisation needs."""
    return refuse("organisation_rows_many", "file", limit=MOST_ROWS)


class _Size:
    """What the sheets add up to."""

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths
        self.rows = self.cells = self.merges = self.text = self.sheets = 0

    def add_text(self, length: int) -> None:
        self.text += length
        if length > LONGEST_CELL or self.text > MOST_TEXT:
            raise bomb()

    def add_shared(self, index: str) -> None:
        place = int(index) if index.isdecimal() and len(index) < 8 else -1
        self.add_text(self.lengths[place] if 0 <= place < len(self.lengths) else 0)


class _Sheet:
    """A worksheet as its elements go by."""

    def __init__(self, size: _Size) -> None:
        self.size = size
        self.row = self.column = self.widest = self.highest = self.merges = 0
        self.kind = ""
        self.words: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match _local(tag):
            case "row":
                self._go(int(attributes["r"]) if attributes.get("r", "").isdecimal() else self.row + 1, 0)
            case "c":
                self.kind = attributes.get("t", "")
                place = _REFERENCE.fullmatch(attributes.get("r", ""))
                if place is not None:
                    self._go(int(place[2]), column_number(place[1]))
                elif "r" in attributes:
                    raise broken()
                else:
                    self._go(max(self.row, 1), self.column + 1)
            case "v" | "t":
                self.words = []
            case "mergeCell":
                self.size.merges += 1
                if self.size.merges > MOST_MERGES:
                    raise bomb()

    def text(self, text: str) -> None:
        if self.words is not None:
            self.words.append(text)

    def end(self, tag: str) -> None:
        if _local(tag) in ("v", "t") and self.words is not None:
            words, self.words = "".join(self.words), None
            if self.kind == "s":
                self.size.add_shared(words.strip())
            else:
                self.size.add_text(len(words))

    def _go(self, row: int, column: int) -> None:
        self.row, self.column = row, column
        self.highest, self.widest = max(self.highest, row), max(self.widest, column)
        if self.size.rows + self.highest > MOST_ROWS:
            raise too_many_rows()
        if self.widest > MOST_COLUMNS:
            raise refuse("organisation_columns_many", "file", limit=MOST_COLUMNS)
        if self.size.cells + self.highest * self.widest > MOST_CELLS:
            raise bomb()


def column_number(letters: str) -> int:
    """Return 1 for A."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _scan_sheet(archive: Archive, entry: Entry, size: _Size) -> None:
    sheet = _Sheet(size)
    _scan(archive.blocks(entry), sheet.start, sheet.text, sheet.end)
    size.rows += sheet.highest
    size.cells += sheet.highest * sheet.widest
    size.sheets += entry.name.startswith("xl/worksheets/") and entry.name.endswith(".xml")
    if size.sheets > MOST_SHEETS:
        raise refuse("organisation_sheets_many", "file", limit=MOST_SHEETS)


def _shared_lengths(archive: Archive, entry: Entry) -> list[int]:
    """Return the characters of each shared text."""
    lengths: list[int] = []
    is_text = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal is_text
        if _local(tag) == "si":
            lengths.append(0)
        is_text = _local(tag) == "t"

    def text(words: str) -> None:
        if is_text and lengths:
            lengths[-1] += len(words)
            if lengths[-1] > LONGEST_CELL:
                raise bomb()

    def end(_: str) -> None:
        nonlocal is_text
        is_text = False

    _scan(archive.blocks(entry), start, text, end)
    return lengths


def _scan(
    blocks: Iterator[bytes],
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None],
    end: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse_type(*_: Any) -> None:
        raise bomb()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse_type
    try:
        for block in blocks:
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise broken() from error


def _refuse_grid(archive: Archive, entry: Entry) -> None:
    """Refuse a picture that is a sheet: the reader opens what the workbook calls one, whatever its name."""
    before = b""
    for block in archive.blocks(entry):
        if _GRID in before + block:
            raise broken()
        before = block[-len(_GRID) :]


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]
