"""A sheet of units, a line each: its tree by a column that names the parent, or by numbers such as 1.1.2."""

from __future__ import annotations

import re

from leancity.core.cases.checks import SHORT
from leancity.tenants.organisation.columns import Header
from leancity.tenants.organisation.lines import Rows, Unit, letters
from leancity.tenants.organisation.model import Findings
from leancity.tenants.organisation.workbook import Sheet

NUMBER = re.compile(r"\d+(?:\.\d+)*")


def units_of(sheet: Sheet, header: Header, rows: Rows, found: Findings) -> list[Unit]:
    """Return the units of a sheet, unresolved."""
    units = []
    numbers = _numbers(sheet, header, rows_with_data := rows.data(), found)
    for row in rows_with_data:
        said = {name: sheet.down[row][places[0]] for name, places in header.fields.items()}
        unit = Unit(
            title=said.get("title", ""),
            place=sheet.place(row),
            code=said.get("code", ""),
            number=numbers.get(row, ""),
            parent_words=said.get("parent", ""),
            kind=said.get("kind", ""),
            form=said.get("legal_form", ""),
            inn=said.get("inn", ""),
            head=said.get("head", ""),
            has_head_cell="head" in header.fields,
            columns=letters(header),
        )
        if not unit.title:
            found.error("organisation_title_missing", unit.at("title"))
        elif len(unit.title) > SHORT or len(unit.code) > SHORT:
            field = "title" if len(unit.title) > SHORT else "code"
            found.error("organisation_text_long", unit.at(field), getattr(unit, field), limit=SHORT)
        unit.is_taken = bool(unit.title) and max(len(unit.title), len(unit.code)) <= SHORT
        units.append(unit)
    return units


def _numbers(sheet: Sheet, header: Header, rows: list[int], found: Findings) -> dict[int, str]:
    """Return the numbers of rows where they tell a tree, else nothing.

    A sheet keeps 1.10 as the number 1.1: after 1.9 that is what it was.
    """
    column = header.column("number")
    if column is None:
        column = header.column("code")
    if column is None:
        return {}
    said = {row: sheet.cells[row][column].rstrip(".") for row in rows}
    if not any("." in each and NUMBER.fullmatch(each) for each in said.values()):
        return {}
    numbers: dict[int, str] = {}
    last: dict[str, int] = {}
    for row, each in said.items():
        if not NUMBER.fullmatch(each):
            continue
        above, _, own = each.rpartition(".")
        following = str(last.get(above, 0) + 1)
        if (row, column) in sheet.numeric and following != own and following.rstrip("0") == own and above:
            each, own = f"{above}.{following}", following
            found.warning("organisation_number_guessed", sheet.place(row, column), sheet.cells[row][column], taken=each)
        last[above] = int(own)
        numbers[row] = each
    return numbers
