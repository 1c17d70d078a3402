"""Files that are no such workbook, and workbooks of anything: refused clearly, or every row accounted for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leancity.core.errors import Refused
from leancity.tenants.organisation.model import Organisation
from leancity.tenants.organisation.reading import read_organisation
from tests.tenants.organisation.workbooks import PEOPLE_HEADER, UNIT_HEADER, Book

_FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{cell}"><v>1</v></c></row>'


def workbook(fill: Callable[[xlsxwriter.Workbook], object]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        fill(book)
    return written.getvalue()


def with_part(name: str, change: Callable[[str], str]) -> bytes:
    """Return a workbook with one of its parts changed."""
    content = workbook(lambda book: book.add_worksheet().write_row(0, 0, ["ФИО", "Должность"]))
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as after:
        for each in before.namelist():
            part = before.read(each)
            after.writestr(each, change(part.decode()).encode() if each == name else part)
    return changed.getvalue()


def sheet_of(data: str) -> bytes:
    return with_part(
        "xl/worksheets/sheet1.xml",
        lambda text: text.partition("<sheetData>")[0] + f"<sheetData>{data}</sheetData></worksheet>",
    )


NO_WORKBOOKS = {
    "nothing": (b"", "file_empty"),
    "a CSV with the wrong ending": ("ФИО;Должность\nИванов;Инженер\n".encode("cp1251"), "organisation_file_kind"),
    "the old format": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "organisation_file_old"),
    "a broken archive": (b"PK\x03\x04" + bytes(100), "file_broken"),
    "too large": (b"PK\x03\x04" + bytes(20 * 1024 * 1024), "file_too_large"),
    "a cell in the last row": (sheet_of(_FAR.format(row=1048576, cell="XFD1048576")), "organisation_rows_many"),
    "a cell in the last column": (sheet_of(_FAR.format(row=2, cell="XFD2")), "organisation_columns_many"),
    "a wide grid": (sheet_of(_FAR.format(row=19000, cell="CZ19000")), "file_bomb"),
    "a long shared text": (
        with_part("xl/sharedStrings.xml", lambda text: text.replace("ФИО", "я" * 40_000)), "file_bomb",
    ),
    "a document type": (
        with_part("xl/workbook.xml", lambda text: text.replace("<workbook", "<!DOCTYPE x><workbook", 1)), "file_bomb",
    ),
    "many sheets": (workbook(lambda book: [book.add_worksheet() for _ in range(51)]), "organisation_sheets_many"),
    "nothing in it": (workbook(lambda book: book.add_worksheet()), "organisation_nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_WORKBOOKS)
def test_what_is_no_workbook_of_an_organisation_is_refused(name: str) -> None:
    content, code = NO_WORKBOOKS[name]
    with pytest.raises(Refused) as refused:
        read_organisation(io.BytesIO(content), "штат.xlsx")
    assert [(problem.code, problem.field) for problem in refused.value.problems] == [(code, "file")]


def test_a_text_that_thousands_of_cells_share_counts_as_often() -> None:
    long = "я" * 32_000

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        for row in range(2200):
            sheet.write_string(row, 0, long)

    with pytest.raises(Refused, match="file_bomb"):
        read_organisation(io.BytesIO(workbook(fill)), "штат.xlsx")


def test_a_file_that_is_not_there_is_refused(tmp_path: Any) -> None:
    with pytest.raises(Refused, match="file: import_unreadable"):
        read_organisation(tmp_path / "none.xlsx", "none.xlsx")


def test_hidden_sheets_are_left_alone() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        for name, is_hidden in (("Люди", False), ("Старые", True)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["ФИО", "Отдел"])
            sheet.write_row(1, 0, [f"Рощин {name}", "Архив"])
            if is_hidden:
                sheet.hide()

    found = read_organisation(io.BytesIO(workbook(fill)), "x.xlsx")
    assert [person.name for person in found.people] == ["Рощин Люди"]


def test_repeated_headers_are_no_people() -> None:
    header: list[Any] = [*PEOPLE_HEADER]
    rows: list[list[Any]] = [header, [1.0, "Рощин Олег Ильич", "Инженер", "Отдел", "", "", "", ""], header,
            [2.0, "Дубов Егор Ильич", "Инженер", "Отдел", "", "", "", ""]]  # fmt: skip
    found = read_organisation(Book(sheets={"Лист": rows}).file(), "x.xlsx")
    assert [person.name for person in found.people] == ["Рощин Олег Ильич", "Дубов Егор Ильич"]
    assert found.sheets[0].skipped == {"header": [1, 3]}


def test_a_title_in_the_first_row_of_its_people_holds_for_the_rows_below() -> None:
    rows = [["Управление", "Отдел", "ФИО", "Должность"],
            ["Управление спорта", "", "Рощин Олег", "Начальник управления"],
            ["", "Отдел контроля", "Дубов Егор", "Начальник отдела"], ["", "", "Морев Глеб", "Инженер"],
            ["Комитет торговли", "", "Луг Ян", "Председатель комитета"], ["", "", "Зорин Ян", "Инженер"]]  # fmt: skip
    found = read_organisation(Book(sheets={"Лист": rows}).file(), "x.xlsx")
    titles = {unit.key: unit.title for unit in found.units}
    assert [titles[person.unit] for person in found.people] == [
        "Управление спорта", "Отдел контроля", "Отдел контроля", "Комитет торговли", "Комитет торговли"
    ]  # fmt: skip
    assert [finding.code for finding in found.findings] == ["organisation_filled_down"]


def test_numbers_that_a_sheet_has_shortened_are_guessed_and_said() -> None:
    rows: list[list[Any]] = [["№", "Наименование подразделения"], [1.0, "Администрация"]]
    rows += [[float(f"1.{number}"), f"Отдел {number}"] for number in range(1, 12)]
    found = read_organisation(Book(sheets={"Лист": rows}).file(), "x.xlsx")
    guessed = [(finding.code, finding.row, finding.params) for finding in found.findings if finding.row]
    assert guessed == [("organisation_number_guessed", 12, {"taken": "1.10"})]
    assert len({unit.parent for unit in found.units}) == 2


WORDS = st.sampled_from(
    ["", "", "1", "1.1", "1.1.2", "Отдел кадров", "Отдел", "Управление образования", "МКУ «Парк»", "ООО",
     "Администрация",
     "Иванов Иван Иванович", "Иванов И.И.", "Петрова Анна", "и.о. Петрова", "вакансия", "Итого", "a@example.org", "a@",
     "+7 914 000-00-00", "12-34", "начальник отдела", "Начальник", "да", "6501000001", "Исполнитель", "\u00a0", "🙂",
     "О" * 201, "№", "ФИО", "Должность", "Наименование", "Код"]
)  # fmt: skip
CELLS = st.one_of(WORDS, st.floats(), st.text(max_size=6), st.booleans(), st.integers(-5, 99999))
HEADERS = st.sampled_from(
    [[*UNIT_HEADER], [*PEOPLE_HEADER], ["№", "Управление", "Отдел", "ФИО", "Должность", "Руководитель", "", ""],
     ["Код", "Название", "Код вышестоящего", "Руководитель", "", "", "", ""], ["ФИО", "Должность", *[""] * 6]]
)  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Small workbooks of likely and unlikely cells, some of them merged."""
    book = Book()
    rows_of_cells: st.SearchStrategy[list[list[Any]]] = st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=8)
    for name in ("Один", "Два")[: draw(st.integers(1, 2))]:
        above, below = draw(rows_of_cells)[:2], draw(rows_of_cells)
        book.sheets[name] = [*above, (draw(HEADERS) + [""] * 8)[:8], *below]
        if draw(st.booleans()) and below:
            first = len(above) + 1
            top, column = first + draw(st.integers(0, len(below) - 1)), draw(st.integers(0, 6))
            bottom, last = draw(st.integers(top, len(book.sheets[name]) - 1)), draw(st.integers(column, 7))
            if (top, column) != (bottom, last):
                book.merges.append((name, top, column, bottom, last))
    return book


def cells_of(book: Book) -> bytes:
    """Return the workbook; what XLSX has no place for (infinite numbers, some characters) is left empty."""
    for rows in book.sheets.values():
        for row in rows:
            for place, value in enumerate(row):
                is_endless = isinstance(value, float) and (value != value or abs(value) == float("inf"))
                odd = isinstance(value, str) and (value[:1] in "={" or not value.isprintable()) and value != "\u00a0"
                row[place] = "" if is_endless or odd else value
    return book.bytes()


def accounted(found: Organisation) -> set[tuple[str, int]]:
    lines = {(unit.sheet, unit.row) for unit in found.units} | {(each.sheet, each.row) for each in found.people}
    told = {(finding.sheet, finding.row) for finding in found.findings}
    return lines | told | {(use.name, row) for use in found.sheets for rows in use.skipped.values() for row in rows}


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(books())
def test_every_row_of_any_workbook_is_accounted_for(book: Book) -> None:
    try:
        found = read_organisation(io.BytesIO(cells_of(book)), "x.xlsx")
    except Refused:
        return
    within = {(name, row) for name, top, _, bottom, _ in book.merges for row in range(top + 1, bottom + 2)}
    first_places = {(name, top + 1) for name, top, _, _, _ in book.merges}
    rows = {
        (name, place)
        for name, rows in book.sheets.items()
        for place, row in enumerate(rows, 1)
        if any(str(value).strip() not in ("", "-", "—", "–") for value in row)
    }
    assert rows - (within - first_places) <= accounted(found)
    keys, logins = [unit.key for unit in found.units], [person.login for person in found.people]
    assert len({*keys}) == len(keys) and len({*logins}) == len(logins)
    assert {unit.parent for unit in found.units} | {person.unit for person in found.people} <= {*keys, ""}
    assert {unit.head for unit in found.units} <= {*logins, ""}
