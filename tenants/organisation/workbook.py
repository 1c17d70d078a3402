"""The sheets of a workbook as grids of words, with what its merged cells mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from leancity.core.errors import refuse
from leancity.tenants.organisation.guard import MOST_CELLS, MOST_SHEETS, check_workbook, too_many_rows
from leancity.tenants.organisation.guard import MOST_ROWS as MOST_ROWS
from leancity.tenants.organisation.words import cell_text, column_letters

_NOTHING = frozenset({"-", "--", "—", "–", "н/д", "нет данных", "отсутствует"})


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A visible sheet. Rows and columns count from 0 here and from 1 (and A) in what people are told.

    ``cells``: as they stand; a merged cell has its words in its first place only. ``down``: with those of cells merged
    over rows in each of the rows. ``filled``: in all places. ``numeric``: places whose words were a number.
    ``wide``: row to the columns that its widest merged cell takes. ``merged``: columns with cells merged over rows.
    """

    name: str
    cells: list[list[str]]
    down: list[list[str]]
    filled: list[list[str]]
    numeric: frozenset[tuple[int, int]]
    wide: dict[int, int]
    merged: frozenset[int]

    def place(self, row: int, column: int | None = None) -> tuple[str, int, str]:
        """Return where a cell, or a row, is for a finding."""
        return self.name, row + 1, "" if column is None else column_letters(column)


def read_sheets(file: BinaryIO) -> list[Sheet]:
    """Return the visible sheets; refuse what is no XLSX, or larger than any organisation is."""
    check_workbook(file)
    try:
        with CalamineWorkbook.from_filelike(file) as book:
            names = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
            ]
            if len(names) > MOST_SHEETS:
                raise refuse("organisation_sheets_many", "file", limit=MOST_SHEETS)
            sheets = [_sheet(book.get_sheet_by_name(name)) for name in names]
    except CalamineError as error:
        raise refuse("file_broken", "file") from error
    if sum(len(sheet.cells) for sheet in sheets) > MOST_ROWS:
        raise too_many_rows()
    return sheets


def _sheet(found: CalamineSheet) -> Sheet:
    grid = found.to_python(skip_empty_area=False)
    cells = [[_words(value) for value in row] for row in grid]
    numeric = {
        (row, column)
        for row, values in enumerate(grid)
        for column, value in enumerate(values)
        if isinstance(value, float | int) and not isinstance(value, bool)
    }
    down, filled = [[*row] for row in cells], [[*row] for row in cells]
    wide: dict[int, int] = {}
    merged: set[int] = set()
    left = MOST_CELLS
    for (top, first), (bottom, last) in found.merged_cell_ranges or []:
        if top >= len(cells) or first >= len(cells[0]):
            continue
        bottom, last = min(bottom, len(cells) - 1), min(last, len(cells[0]) - 1)
        left -= (bottom - top + 1) * (last - first + 1)
        if left < 0:
            raise refuse("file_bomb", "file")
        wide[top] = max(wide.get(top, 1), last - first + 1)
        if bottom > top:
            merged.add(first)
        for row in range(top, bottom + 1):
            down[row][first] = down[row][first] or cells[top][first]
            for column in range(first, last + 1):
                filled[row][column] = filled[row][column] or cells[top][first]
    return Sheet(
        name=found.name,
        cells=cells,
        down=down,
        filled=filled,
        numeric=frozenset(numeric),
        wide=wide,
        merged=frozenset(merged),
    )


def _words(value: object) -> str:
    words = cell_text(value)
    return "" if words.casefold() in _NOTHING else words
