"""Rows of a workbook's visible sheets: XLSX, XLS or ODS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from leancity.core.imports.problems import Unreadable

_HALF = timedelta(microseconds=500_000)


Rows: TypeAlias = list[tuple[int, list[str | datetime] | Unreadable]]
"""``(row number, cells)`` of the rows that are not blank, the header first."""


def workbook_rows(path: Path) -> Rows:
    """Return the rows of the first visible sheet; ``Unreadable`` says why not."""
    return next(iter(workbook_sheets(path, most=1).values()))


def workbook_sheets(path: Path, *, most: int | None = None) -> dict[str, Rows]:
    """Return the rows of the visible sheets, at most so many, by their names in the workbook's order."""
    try:
        book = CalamineWorkbook.from_path(path)
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if not names:
            raise Unreadable("the workbook has no visible sheet")
        tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names[:most]}
    except CalamineError as error:
        raise Unreadable(f"it is no workbook that can be read: {error}") from error
    return {name: _filled(table) for name, table in tables.items()}


def _filled(table: Sequence[Sequence[object]]) -> Rows:
    return [(n, [_cell(value) for value in row]) for n, row in enumerate(table, 1) if any(value != "" for value in row)]


def _cell(value: object) -> str | datetime:
    match value:
        case datetime():
            # A sheet keeps a day as a fraction, whose last digits are noise below the second.
            return (value + _HALF).replace(microsecond=0)
        case date():
            return datetime.combine(value, time())
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
