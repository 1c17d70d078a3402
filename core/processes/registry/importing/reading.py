"""Reading a registry's file: which sheet holds what, and its lines with all that is wrong with each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from leancity.core.errors import refuse
from leancity.core.imports.lines import Line, read_lines
from leancity.core.imports.mapping import FieldMapping, guess, settled
from leancity.core.imports.sources import Source, open_sheets, same
from leancity.core.processes.registry.importing.fields import KINDS, SheetKind

MOST_LINES = 50_000
"""Lines of one file: a large city's registry several times over."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet that was understood. ``headers`` tells each field's header; ``unused`` those that fill nothing."""

    name: str
    kind: SheetKind
    headers: dict[str, str]
    unused: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Book:
    """``unread`` names the sheets that hold nothing of a registry."""

    file: str
    digest: str
    sheets: tuple[Sheet, ...]
    unread: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many lines its sheets have."""
        return sum(len(sheet.lines) for sheet in self.sheets)

    def lines(self) -> Iterator[tuple[Sheet, Line]]:
        """Yield the lines in the order in which they are written: what is referred to comes first."""
        return ((sheet, line) for sheet in self.sheets for line in sheet.lines)


def read_book(path: Path, name: str, zone: ZoneInfo, kind: str | None = None) -> Book:
    """Read a workbook of several sheets, or a CSV of one kind. Takes a while: never on the event loop.

    A sheet is known by its name, a file by its own; otherwise by its headers. ``kind`` says it of a file with one
    sheet. ``Refused`` where nothing is understood, a required column is missing, or there are too many lines.
    """
    if kind is not None and kind not in KINDS:
        raise refuse("registry_sheet_unknown", "kind", kinds=", ".join(KINDS))
    sources = open_sheets(path)
    if sum(source.total for source in sources) > MOST_LINES:
        raise refuse("registry_lines_many", "file", limit=MOST_LINES)
    told = [(source, KINDS[kind] if kind and len(sources) == 1 else _kind_of(source, name)) for source in sources]
    sheets = [_sheet(source, found, zone) for source, found in told if found is not None]
    if not sheets:
        titles = [title for each in KINDS.values() for title in each.title.values()]
        raise refuse("registry_sheets_none", "file", file=name, kinds=", ".join(titles))
    order = [*KINDS]
    return Book(
        file=name,
        digest=sources[0].digest,
        sheets=tuple(sorted(sheets, key=lambda sheet: order.index(sheet.kind.name))),
        unread=tuple(source.name for source, found in told if found is None),
    )


def _kind_of(source: Source, file: str) -> SheetKind | None:
    said = {same(source.name), same(Path(file).stem)}
    for kind in KINDS.values():
        if same(kind.name) in said or said & {same(title) for title in kind.title.values()}:
            return kind
    fitting = [(len(found), kind) for kind, found in _guessed(source.headers)]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def _guessed(headers: tuple[str, ...]) -> Iterable[tuple[SheetKind, dict[str, str]]]:
    """Yield the kinds all of whose required columns a header has, with the columns that it fills."""
    for kind in KINDS.values():
        found = guess(kind, headers)
        if all(field.name in found for field in kind.fields if field.required):
            yield kind, found


def _sheet(source: Source, kind: SheetKind, zone: ZoneInfo) -> Sheet:
    mapping = settled(kind, FieldMapping(), source.headers)
    used = set(mapping.fields.values())
    return Sheet(
        name=source.name,
        kind=kind,
        headers=mapping.fields,
        unused=tuple(header for header in source.headers if header and header not in used),
        lines=tuple(read_lines(source, kind, mapping, zone)),
    )
