"""Files as they come, and files that can't be read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from leancity.core.errors import Refused
from leancity.core.imports.problems import Unreadable
from leancity.core.imports.sources import Source, open_source

pytestmark = pytest.mark.usefixtures("modules")
CREATED = datetime.fromisoformat("2025-03-03T10:07:59")
WORDS = "id,type\r\n1,Яма\r\n2,«Ё»\r\n"


def cells(source: Source) -> list[tuple[int, list[object] | str]]:
    return [(n, str(found) if isinstance(found, Unreadable) else [*found]) for n, found in source.rows()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_csv_of_every_make(tmp_path: Path, delimiter: str, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(pack(WORDS.replace(",", delimiter).encode(encoding)))
    source = open_source(path)
    assert (source.headers, source.total) == (("id", "type"), 2)
    assert cells(source) == cells(source) == [(2, ["1", "Яма"]), (3, ["2", "«Ё»"])]


def test_lines_are_counted_through_quotes_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text('\nid,text\n1,"two\nlines"\n\n,\n2,x\n', "utf-8")
    assert cells(open_source(path)) == [(3, ["1", "two\nlines"]), (7, ["2", "x"])]


def test_a_broken_line_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text('id,text\n1,"never closed\n2,x\n3,"a "quoted" word"\n4,"whole"\n', "utf-8")
    source = open_source(path)
    found = cells(source)
    assert source.total == 4
    assert [n for n, row in found if isinstance(row, str)] == [2, 4]
    assert [row for _, row in found if not isinstance(row, str)] == [["2", "x"], ["4", "whole"]]


def test_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "requests.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("notes").hide()
        sheet = book.add_worksheet("requests")
        sheet.activate()
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(2, 1, ["id", "created", "lat"])
        sheet.write_number(3, 1, 17)
        sheet.write_datetime(3, 2, CREATED, moment)
        sheet.write_number(3, 3, 46.9591)
        sheet.write_row(5, 1, ["18"])
    source = open_source(path)
    assert source.headers == ("", "id", "created", "lat")
    assert cells(source) == [(4, ["", "17", CREATED, "46.9591"]), (6, ["", "18", "", ""])]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "import_empty", ""),
        (b"id,type\r\n", "import_empty", ""),
        (b",\r\n1,2\r\n", "import_empty", ""),
        (b"id,Type,type ,x\r\n1,2,3,4\r\n", "import_headers_twice", "Type, type"),
        (b"id,\x98\r\n1,2\r\n", "import_unreadable", "neither in UTF-8 nor in Windows-1251"),
        (gzip.compress(b"id,type\r\n1,2\r\n", mtime=0)[:-6], "import_unreadable", "archive is damaged"),
        (b"PK\x03\x04 no workbook", "import_unreadable", "no workbook"),
        (b'id,"type\r\n1,2\r\n', "import_unreadable", "unexpected end"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str, said: str) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        open_source(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.field) == (code, "file")
    assert said in " ".join(map(str, problem.params.values()))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(Refused) as caught:
            open_source(path)
        assert caught.value.problems[0].code == "import_unreadable"
