"""The lines of a sheet as they are written, before anybody asks whether they fit together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from leancity.tenants.organisation.columns import Header
from leancity.tenants.organisation.model import ColumnUse, SheetUse
from leancity.tenants.organisation.words import column_letters, folded
from leancity.tenants.organisation.workbook import Sheet

_TOTAL = re.compile(r"(итого|всего|total)\b")
_FOOTER = re.compile(
    r"_{3,}|^(исп|исполнитель|исполнил|составил|подготовил|согласовано|утверждаю|примечани\w*|подпись|м\.?п)\b|^\*",
    re.IGNORECASE,
)


@dataclass(kw_only=True)
class Unit:
    """A unit as a sheet tells it. ``parent_words`` names it; ``parent`` is it, once found.

    ``is_taken`` is False for a line with an error; ``into`` is the line that a repeated one was merged into.
    ``has_head_cell``: its sheet has a column for heads, so that an empty one is a fault.
    """

    title: str
    place: tuple[str, int, str]
    code: str = ""
    number: str = ""
    parent_words: str = ""
    kind: str = ""
    form: str = ""
    inn: str = ""
    head: str = ""
    has_head_cell: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    parent: Unit | None = None
    is_taken: bool = True
    into: Unit | None = None
    key: str = ""

    def at(self, name: str) -> tuple[str, int, str]:
        """Return the place of a field of this line."""
        return self.place[0], self.place[1], self.columns.get(name, "")

    def path(self) -> list[str]:
        """Return the titles from the top."""
        titles, unit = [self.title], self.parent
        while unit is not None:
            titles.append(unit.title)
            unit = unit.parent
        return titles[::-1]


@dataclass(kw_only=True)
class Person:
    """A person as a sheet tells them. ``path``: titles of units from the top; ``unit`` the unit, once found."""

    place: tuple[str, int, str]
    name: str = ""
    position: str = ""
    code: str = ""
    path: tuple[str, ...] = ()
    path_column: str = ""
    email: str = ""
    phone: str = ""
    roles: tuple[str, ...] = ()
    leads: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    heading: Unit | None = None
    unit: Unit | None = None
    login: str = ""
    login_by_email: bool = False

    def at(self, name: str) -> tuple[str, int, str]:
        """Return the place of a field of this line."""
        return self.place[0], self.place[1], self.columns.get(name, "")


class Rows:
    """The rows below a header, and why those without data hold none."""

    def __init__(self, sheet: Sheet, header: Header | None) -> None:
        self.sheet, self.header = sheet, header
        self.skipped: dict[str, list[int]] = {}

    def data(self) -> list[int]:
        """Return the rows with data; the others are kept in ``skipped``."""
        cells, header = self.sheet.cells, self.header
        if header is None:
            self._skip_all("unused", range(len(cells)))
            return []
        self._skip_all("above", range(header.row))
        self._skip_all("header", range(header.row, header.row + header.height))
        words = [folded(each) for each in self.sheet.filled[header.row]]
        found: list[int] = []
        for row in range(header.row + header.height, len(cells)):
            said = [each for each in cells[row] if each]
            if not said:
                continue
            if [folded(each) for each in self.sheet.filled[row]] == words:
                self.skip("header", row)
            elif not found and _is_numbering(cells[row]):
                self.skip("numbering", row)
            elif _TOTAL.match(folded(next((each for each in said if not each.isdecimal()), ""))):
                self.skip("total", row)
            elif len(said) <= 2 and any(_FOOTER.search(each) for each in said):
                self.skip("footer", row)
            else:
                found.append(row)
        return found

    def skip(self, why: str, row: int) -> None:
        self.skipped.setdefault(why, []).append(row + 1)

    def use(self, taken_for: str) -> SheetUse:
        """Return what the sheet was taken for."""
        header, sheet = self.header, self.sheet
        by_column = {} if header is None else {c: name for name, places in header.fields.items() for c in places}
        words = () if header is None else header.words
        return SheetUse(
            name=sheet.name,
            taken_for=taken_for,
            header_row=0 if header is None else header.row + 1,
            rows=len(sheet.cells),
            columns=[
                ColumnUse(column=column_letters(place), header=each, field=by_column.get(place, ""))
                for place, each in enumerate(words)
                if each
            ],
            skipped=self.skipped,
        )

    def _skip_all(self, why: str, rows: range) -> None:
        for row in rows:
            if any(self.sheet.cells[row]):
                self.skip(why, row)


def letters(header: Header) -> dict[str, str]:
    """Return the letters of each field's first column."""
    return {name: column_letters(places[0]) for name, places in header.fields.items()}


def _is_numbering(row: list[str]) -> bool:
    """Tell whether a row numbers the columns: 1, 2, 3 …"""
    said = [each for each in row if each]
    return len(said) > 2 and said == [str(number) for number in range(1, len(said) + 1)]
