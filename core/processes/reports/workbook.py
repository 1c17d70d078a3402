"""A report as a workbook: numbers as numbers, texts as texts whatever they begin with.

Sheets: the summary, the processes, their steps, what is overdue. Times are hours of work, money whole units.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from leancity.core.processes.registry.measured import MINOR
from leancity.core.processes.reports.document import words_of
from leancity.core.processes.reports.words import Words

HOUR = 3600.0
_WIDTH, _NAMES = 16, 44  # characters
Cell = str | float | int | None
Column = tuple[str, Callable[[dict[str, Any]], Cell]]


def workbook(content: dict[str, Any], *, owner: str, city: str) -> bytes:
    """Return the workbook of a report. It takes a while: call it in a thread."""
    words = words_of(content)
    out = io.BytesIO()
    # No text becomes a formula or a link: titles are what somebody typed.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#DDE6F0", "border": 1})
        _summary(_sheet(book, "summary", words), content, words, head, owner, city)
        _table(_sheet(book, "processes", words), _process_columns(), content["processes"], words, head)
        steps = [{**step, "process": each["title"]} for each in content["processes"] for step in each["steps"]]
        _table(_sheet(book, "steps", words), _step_columns(), steps, words, head)
        _table(_sheet(book, "overdue", words), _overdue_columns(words), content["overdue"], words, head)
    return out.getvalue()


def _sheet(book: Workbook, name: str, words: Words) -> Worksheet:
    return book.add_worksheet(words.say(f"sheet_{name}"))


def _summary(
    sheet: Worksheet, content: dict[str, Any], words: Words, head: Format, owner: str, city: str
) -> None:  # fmt: skip
    totals = content["totals"]
    rows: list[tuple[str, Cell]] = [
        (words.say("title"), city),
        (words.say("sheet_owner"), owner),
        (words.say("sheet_since"), words.day(content["since"])),
        (words.say("sheet_until"), words.day(content["until"])),
        (words.say("sheet_made"), words.moment(content["made_at"])),
        (words.say("sheet_processes"), totals["processes"]),
        (words.say("opened"), totals["opened"]),
        (words.say("closed"), totals["closed"]),
        (words.say("open"), totals["open"]),
        (words.say("overdue"), totals["overdue"]),
        (words.say("sheet_labour"), totals["labour_s"] / HOUR),
        (words.say("sheet_cost"), totals["cost"] / MINOR),
        (words.say("sheet_unpriced"), totals["unpriced_s"] / HOUR),
    ]
    sheet.set_column(0, 1, _NAMES)
    for row, (name, value) in enumerate(rows):
        sheet.write_string(row, 0, name, head)
        _write(sheet, row, 1, value)


def _process_columns() -> list[Column]:
    def of(name: str) -> Callable[[dict[str, Any]], Cell]:
        value: Callable[[dict[str, Any]], Cell] = lambda row: row["figures"][name]  # noqa: E731
        return value

    return [
        ("process", lambda row: row["title"]),
        ("sheet_key", lambda row: row["key"]),
        *((name, of(name)) for name in ("opened", "closed", "open", "overdue")),
        *_spreads(lambda row: row["figures"], ("lead", "processing", "waiting", "queue", "claimed", "suspended",
                                               "external")),
        ("sheet_norm_lead", lambda row: _hours(_norm(row, "norm"))),
        ("sheet_target_lead", lambda row: _hours(_norm(row, "target"))),
        ("sheet_before_lead", lambda row: _hours(_norm(row, "before"))),
        ("on_time", of("on_time_rate")),
        ("first_pass", of("first_pass_yield")),
        ("sheet_errors", of("error_rate")),
        ("sheet_throughput", of("throughput_per_day")),
        ("sheet_efficiency", of("efficiency")),
        ("sheet_cycle_efficiency", of("cycle_efficiency")),
        ("sheet_labour", lambda row: _hours(row["figures"]["labour_s"])),
        ("sheet_cost", lambda row: None if row["cost"] is None else row["cost"] / MINOR),
    ]  # fmt: skip


def _step_columns() -> list[Column]:
    return [
        ("process", lambda row: row["process"]),
        ("sheet_step", lambda row: row["title"]),
        ("sheet_visits", lambda row: row["visits"]),
        ("open", lambda row: row["open"]),
        ("overdue", lambda row: row["overdue"]),
        *_spreads(lambda row: row, ("lead", "processing", "waiting", "queue", "claimed", "suspended", "external")),
        ("sheet_waiting_share", lambda row: row["waiting_share"]),
        ("first_pass", lambda row: row["first_pass"]),
        ("sheet_correct", lambda row: row["correct"]),
        ("sheet_labour", lambda row: _hours(row["labour_s"])),
    ]


def _overdue_columns(words: Words) -> list[Column]:
    return [
        ("unit", lambda row: row["unit"] or words.say("no_unit")),
        ("process", lambda row: row["process"]),
        ("cases", lambda row: row["cases"]),
        ("due_since", lambda row: words.day(row["due_since"])),
    ]


def _spreads(where: Callable[[dict[str, Any]], dict[str, Any]], names: Iterable[str]) -> Iterable[Column]:
    """Return three columns for each time: how many it is over, the median and the 85th percentile."""
    for name in names:
        for of in ("n", "median", "p85"):
            yield f"sheet_{name}_{of}", _spread(where, name, of)


def _spread(where: Callable[[dict[str, Any]], dict[str, Any]], name: str, of: str) -> Callable[[dict[str, Any]], Cell]:
    def value(row: dict[str, Any]) -> Cell:
        found: float | None = where(row)[name][of]
        return found if of == "n" else _hours(found)

    return value


def _norm(row: dict[str, Any], column: str) -> float | None:
    found: float | None = next(each[column] for each in row["norms"] if each["measure"] == "lead")
    return found


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / HOUR


def _table(
    sheet: Worksheet, columns: Sequence[Column], rows: Sequence[dict[str, Any]], words: Words, head: Format
) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, _NAMES)
    sheet.set_column(1, len(columns) - 1, _WIDTH)
    for column, (name, _) in enumerate(columns):
        sheet.write_string(0, column, words.say(name), head)
    for place, row in enumerate(rows, 1):
        for column, (_, value) in enumerate(columns):
            _write(sheet, place, column, value(row))


def _write(sheet: Worksheet, row: int, column: int, value: Cell) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write_number(row, column, value)
