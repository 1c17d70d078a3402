"""The workbook to fill in: a sheet a table, with headers, an example, the words that are understood, explanations."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from leancity.core.i18n.catalogue import text
from leancity.core.imports.target import FieldKind, ImportField
from leancity.core.processes.registry.importing.fields import KINDS, SheetKind

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTH = 24
_WIDE = 90
_ROWS = 5_000
"""Rows below a header in which a choice is offered as a list."""


def template(locale: str) -> bytes:
    """Return the workbook (XLSX) in a language; given back as it is, it imports its own examples."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False}) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#DDE6F0", "border": 1})
        needed = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#F6D9A8", "border": 1})
        for kind in KINDS.values():
            _sheet(book.add_worksheet(kind.title[locale]), kind, locale, head, needed)
        _explain(book.add_worksheet(text("registry_sheet_explained", locale)), locale, head)
    return out.getvalue()


def _sheet(sheet: Worksheet, kind: SheetKind, locale: str, head: Format, needed: Format) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(kind.fields) - 1, _WIDTH)
    for column, field in enumerate(kind.fields):
        sheet.write_string(0, column, field.title[locale], needed if field.required else head)
        if field.choices:
            named = [titles[locale] for titles in field.choices.values()]
            sheet.data_validation(1, column, _ROWS, column, {"validate": "list", "source": named})
    for row, example in enumerate(kind.examples, 1):
        _row(sheet, row, example)


def _row(sheet: Worksheet, row: int, cells: Sequence[str | float]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(row, column, cell)
        else:
            sheet.write_number(row, column, cell)


def _explain(sheet: Worksheet, locale: str, head: Format) -> None:
    sheet.set_column(0, 1, _WIDTH)
    sheet.set_column(2, 2, _WIDE)
    lines = [(line, "", "") for line in text("registry_template_intro", locale).split("\n")]
    for row, line in enumerate(lines):
        _row(sheet, row, line)
    row = len(lines) + 1
    for kind in KINDS.values():
        sheet.write_string(row, 0, kind.title[locale], head)
        for field in kind.fields:
            row += 1
            _row(sheet, row, ("", field.title[locale], _meaning(kind, field, locale)))
        row += 2


def _meaning(kind: SheetKind, field: ImportField, locale: str) -> str:
    """Return what may stand in a column."""
    parts = [text("registry_column_required", locale)] if field.required else []
    if field.name in kind.refers:
        target = kind.refers[field.name]
        of = KINDS[target].title[locale] if target in KINDS else text(f"registry_refers_{target}", locale)
        parts.append(text("registry_column_refers", locale, {"of": of}))
    elif field.choices:
        parts.append(", ".join(titles[locale] for titles in field.choices.values()))
    elif field.kind is FieldKind.NUMBER:
        parts.append(text("registry_column_number", locale, {"low": f"{field.low:g}", "high": f"{field.high:.10g}"}))
    elif field.kind is FieldKind.MOMENT:
        parts.append(text("registry_column_date", locale))
    else:
        parts.append(text("registry_column_text", locale, {"limit": field.limit}))
    return " ".join(parts)
