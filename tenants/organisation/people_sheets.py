"""A sheet of people: their units in one column, in several (a level each), or as headings between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from leancity.core.cases.checks import SHORT
from leancity.tenants.organisation.columns import LEVEL, Header
from leancity.tenants.organisation.kinds import is_unit_title, rank_of
from leancity.tenants.organisation.lines import Person, Rows, Unit, letters
from leancity.tenants.organisation.model import Findings
from leancity.tenants.organisation.tree import Tree
from leancity.tenants.organisation.words import column_letters, folded
from leancity.tenants.organisation.workbook import Sheet

_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(\D.*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*\.?")
_YES = frozenset({"да", "yes", "y", "true", "+", "1", "x", "х", "v", "✓"})
_NO = frozenset({"", "нет", "no", "n", "false", "0"})
_MOSTLY = 0.4
"""Share of empty cells from which a unit's title stands for the rows below it too."""
_MOST_ROLES = 50


@dataclass(kw_only=True)
class _Headings:
    """The headings that a row stands under: number of levels to unit, the highest first."""

    by_depth: bool = False
    open: list[tuple[int, Unit]] = field(default_factory=list)


def people_of(sheet: Sheet, header: Header, rows: Rows, tree: Tree, found: Findings, *, declared: bool) -> list[Person]:
    """Return the people of a sheet, their units not yet looked up; headings become units.

    ``declared``: another sheet tells the units, so that columns only name them.
    """
    data = rows.data()
    headings = {row: title for row in data if (title := _heading(sheet, header, row)) is not None}
    stack = _Headings(by_depth=any("." in number for number, _ in headings.values()))
    levels = header.fields.get(LEVEL, ())
    lines = [row for row in data if row not in headings]
    is_sparse = _is_sparse(sheet, levels, lines)
    if is_sparse:
        found.note("organisation_filled_down", (sheet.name, 0, column_letters(levels[0])))
    leads = _leads(sheet, header, lines)
    columns, carried, people = letters(header), [""] * len(levels), list[Person]()
    for row in data:
        if row in headings:
            carried = [""] * len(levels)
            _open(stack, *headings[row], sheet, row, rows, tree, declared=declared)
            continue
        titles = [sheet.down[row][place] for place in levels]
        if is_sparse:
            titles = _carried(carried, titles)
            carried = titles
        above = stack.open[-1][1] if stack.open else None
        person = _person(sheet, header, row, columns)
        person.heading = above
        person.path, person.path_column = _path(titles, levels, above)
        person.leads = leads and sheet.down[row][header.fields["leads"][0]].casefold() in _YES
        if any(len(title) > SHORT for title in person.path):
            found.error("organisation_text_long", (*person.place[:2], person.path_column), max(person.path, key=len),
                        limit=SHORT)  # fmt: skip
            continue
        if not _tells_person(sheet, header, row):
            _mention_only(person, row, rows, tree, declared=declared)
            continue
        people.append(person)
    return people


def _heading(sheet: Sheet, header: Header, row: int) -> tuple[str, str] | None:
    """Return number and title when a row is a unit's heading between people."""
    cells, number = sheet.cells[row], ""
    places = [place for place, each in enumerate(cells) if each]
    if len(places) == 2 and _NUMBER.fullmatch(cells[places[0]]):
        number = cells[places.pop(0)].rstrip(".")
    if len(places) != 1:
        return None
    title, is_wide = cells[places[0]], sheet.wide.get(row, 1) > 1
    if not number and (numbered := _NUMBERED.fullmatch(title)):
        number, title = numbered[1], numbered[2]
    if places[0] in header.fields.get(LEVEL, ()) and not is_wide:
        return None  # a title in its own column
    if "вакан" in folded(title) or not (is_wide or is_unit_title(title)):
        return None
    return (number, title.rstrip(":")) if len(title) <= SHORT else None


def _open(
    stack: _Headings, number: str, title: str, sheet: Sheet, row: int, rows: Rows, tree: Tree, *, declared: bool
) -> None:
    depth = number.count(".") if stack.by_depth and number else rank_of(title)
    while stack.open and stack.open[-1][0] >= depth:
        stack.open.pop()
    above = stack.open[-1][1] if stack.open else None
    known = tree.find(title) if declared else []
    unit = known[0] if len(known) == 1 else tree.mention((title,), sheet.place(row), above)
    if unit is not None:
        if unit.place != sheet.place(row):
            rows.skip("heading", row)
        stack.open.append((depth, unit))


def _carried(carried: list[str], titles: list[str]) -> list[str]:
    """Return the titles of a row with those that still hold from the rows above."""
    first = next((place for place, title in enumerate(titles) if title), len(titles))
    return [carried[place] if place < first else title for place, title in enumerate(titles)]


def _path(titles: list[str], levels: tuple[int, ...], above: Unit | None) -> tuple[tuple[str, ...], str]:
    """Return the titles that say where below the heading a person works, and the column of the last."""
    within = {folded(title) for title in above.path()} if above else set()
    said = [(title, place) for title, place in zip(titles, levels, strict=True) if title]
    path = [title for title, _ in said if folded(title) not in within]
    column = column_letters(said[-1][1]) if said else column_letters(levels[0]) if levels else ""
    # «Отдел» repeated in the next column says nothing more.
    return tuple(title for place, title in enumerate(path) if not place or folded(title) != folded(path[place - 1])), (
        column
    )


def _person(sheet: Sheet, header: Header, row: int, columns: dict[str, str]) -> Person:
    said = {name: sheet.down[row][places[0]] for name, places in header.fields.items()}
    parts = [said.get(name, "") for name in ("last", "first", "middle")]
    return Person(
        place=sheet.place(row),
        name=said.get("name", "") or " ".join(part for part in parts if part),
        position=said.get("position", ""),
        code=said.get("unit_code", ""),
        email=said.get("email", ""),
        phone=said.get("phone", ""),
        roles=tuple(role.strip() for role in re.split("[,;]", said.get("role", "")) if role.strip())[:_MOST_ROLES],
        columns=columns if "name" in columns else {**columns, "name": columns["last"]},
    )


def _tells_person(sheet: Sheet, header: Header, row: int) -> bool:
    """Tell whether a row says anything beyond its units and its number."""
    units = {*header.fields.get(LEVEL, ()), *header.fields.get("number", ()), *header.fields.get("unit_code", ())}
    return any(each for place, each in enumerate(sheet.cells[row]) if place not in units)


def _mention_only(person: Person, row: int, rows: Rows, tree: Tree, *, declared: bool) -> None:
    if person.path and not declared:
        unit = tree.mention(person.path, person.place, person.heading)
        if unit is not None and unit.place == person.place:
            return
    rows.skip("heading", row)


def _is_sparse(sheet: Sheet, levels: tuple[int, ...], lines: list[int]) -> bool:
    """Tell whether a title stands only in the first row of its people, without merged cells."""
    if not levels or not lines or sheet.merged & {*levels} or not sheet.cells[lines[0]][levels[0]]:
        return False
    empty = sum(not sheet.cells[row][levels[0]] for row in lines)
    return empty > _MOSTLY * len(lines)


def _leads(sheet: Sheet, header: Header, lines: list[int]) -> bool:
    """Tell whether the column «Руководитель» of people says yes and no, not names."""
    place = header.column("leads")
    return place is not None and all(sheet.down[row][place].casefold() in _YES | _NO for row in lines)
