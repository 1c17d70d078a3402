"""Reading a city's organisation out of a workbook: no configuration, no database, every fault told at its place."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from leancity.core.errors import refuse
from leancity.core.identity.units import UnitKind
from leancity.tenants.organisation.columns import Header, find_header
from leancity.tenants.organisation.contacts import read_inn
from leancity.tenants.organisation.guard import LARGEST, MB
from leancity.tenants.organisation.heads import settle_heads
from leancity.tenants.organisation.kinds import kind_of
from leancity.tenants.organisation.lines import Rows, Unit
from leancity.tenants.organisation.model import Findings, Organisation, SheetUse, UnitLine, in_order
from leancity.tenants.organisation.people import checked_people, person_line
from leancity.tenants.organisation.people_sheets import people_of
from leancity.tenants.organisation.tree import Tree
from leancity.tenants.organisation.unit_sheets import units_of
from leancity.tenants.organisation.workbook import Sheet, read_sheets


def read_organisation(file: Path | BinaryIO, name: str) -> Organisation:
    """Return what a workbook (XLSX) says of units and people, with all that is wrong with it.

    ``name`` is what the file is called. Refuses, naming the field ``file``, what is no such workbook, is larger than
    any organisation, or has neither units nor people in it.
    """
    if isinstance(file, Path):
        try:
            with file.open("rb") as opened:
                content = opened.read(LARGEST + 1)
        except OSError as error:
            raise refuse("import_unreadable", "file", file=name, reason=error.strerror or str(error)) from error
        if len(content) > LARGEST:
            raise refuse("file_too_large", "file", limit=LARGEST // MB)
        file = io.BytesIO(content)
    return _understood(read_sheets(file), name)


def _understood(sheets: list[Sheet], name: str) -> Organisation:
    found = Findings()
    headers = [find_header(sheet.cells, sheet.filled) for sheet in sheets]
    rows = [Rows(sheet, header) for sheet, header in zip(sheets, headers, strict=True)]
    told = [*zip(sheets, headers, rows, strict=True)]
    tree = Tree(found)
    of_units = [unit for sheet, header, those in told if header and header.is_of_units
                for unit in units_of(sheet, header, those, found)]  # fmt: skip
    tree.declare(of_units)
    lines = [person for sheet, header, those in told if header and header.is_of_people
             for person in people_of(sheet, header, those, tree, found, declared=bool(of_units))]  # fmt: skip
    for sheet, header, those in told:
        if header is None:
            those.data()
            if any(any(row) for row in sheet.cells):
                found.note("organisation_sheet_unused", (sheet.name, 0, ""))
    people = checked_people(lines, tree, found, declared=bool(of_units))
    heads = settle_heads(tree.units, people, found)
    leading = {id(head) for head in heads.values()}
    units = [_unit_line(unit, heads[id(unit)].login if id(unit) in heads else "", found)
             for unit in tree.units if unit.is_taken]  # fmt: skip
    if not units and not people and not found.all:
        raise refuse("organisation_nothing", "file")
    return Organisation(
        file=name,
        units=units,
        people=[person_line(person, is_head=id(person) in leading) for person in people],
        findings=in_order(found.all, [sheet.name for sheet in sheets]),
        sheets=[_use(header, those) for _, header, those in told],
    )


def _use(header: Header | None, rows: Rows) -> SheetUse:
    return rows.use("" if header is None else "people" if header.is_of_people else "units")


def _unit_line(unit: Unit, head: str, found: Findings) -> UnitLine:
    kind, form = kind_of(unit.title, unit.form or unit.kind)
    if unit.kind and unit.form and form is None:
        kind, form = kind_of(unit.title, unit.kind)
    above = unit.parent
    while above is not None and kind is UnitKind.BODY:
        if kind_of(above.title, above.form or above.kind)[1] is not None:
            kind = UnitKind.DEPARTMENT  # «Управление» within a МКУ is a part of it
        above = above.parent
    if kind is UnitKind.LEGAL_ENTITY and form is None:
        found.warning("organisation_legal_form_unknown", unit.at("kind"), unit.form or unit.kind)
        kind = UnitKind.DEPARTMENT
    inn = read_inn(unit.inn)
    value = inn.value if kind is UnitKind.LEGAL_ENTITY else ""
    if kind is not UnitKind.LEGAL_ENTITY:
        if unit.inn:
            found.note("organisation_inn_unused", unit.at("inn"), unit.inn)
    elif inn.is_wrong:
        found.warning("organisation_inn_invalid", unit.at("inn"), unit.inn)
    elif not value:
        tell = found.warning if "inn" in unit.columns else found.note  # a sheet without the column has no place for it
        tell("organisation_inn_missing", unit.at("inn"), unit.title)
    return UnitLine(
        key=unit.key,
        title=unit.title,
        parent=unit.parent.key if unit.parent is not None and unit.parent.is_taken else "",
        kind=kind.value,
        legal_form=form.value if form else "",
        inn=value,
        head=head,
        sheet=unit.place[0],
        row=unit.place[1],
    )
