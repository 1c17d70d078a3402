"""Rows of a workbook's first visible sheet: XLSX, XLS or ODS."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from leancity.core.imports.problems import Unreadable

_HALF = timedelta(microseconds=500_000)


def workbook_rows(path: Path) -> list[tuple[int, list[str | datetime] | Unreadable]]:
    """Return ``(row number, cells)`` of the rows that are not blank, the header first; ``Unreadable`` says why not."""
    try:
        book = CalamineWorkbook.from_path(path)
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if not names:
            raise Unreadable("the workbook has no visible sheet")
        table = book.get_sheet_by_name(names[0]).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise Unreadable(f"it is no workbook that can be read: {error}") from error
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
