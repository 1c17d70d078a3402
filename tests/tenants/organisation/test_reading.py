"""Workbooks of a real size: understood in every usual layout, every planted fault told at its place, nothing else."""

from __future__ import annotations

import pytest

from leancity.core.i18n.catalogue import LOCALES, read_catalogue
from leancity.tenants.organisation.model import Organisation, Severity, organisation_json, parse_organisation
from leancity.tenants.organisation.reading import read_organisation
from tests.house.source import ROOT
from tests.tenants.organisation.faults import FAULTS, PEOPLE, UNITS, Fault, site
from tests.tenants.organisation.workbooks import LAYOUTS, TOP, Book, Town, a_town, two_sheets


def read(book: Book) -> Organisation:
    return read_organisation(book.file(), "штат.xlsx")


def told(found: Organisation) -> set[tuple[str, str, int, str]]:
    """Return the findings, without the sheet that holds only a remark."""
    return {(f.code, f.sheet, f.row, f.column) for f in found.findings if f.code != "organisation_sheet_unused"}


def tree(found: Organisation) -> set[tuple[str, str]]:
    titles = {unit.key: unit.title for unit in found.units}
    return {(unit.title, titles.get(unit.parent, "")) for unit in found.units}


def tree_of(town: Town, layout: str) -> set[tuple[str, str]]:
    """Return the tree as far as a layout can tell it: two columns don't say what lies above, headings by rank do."""
    lost, given = (TOP, "") if layout == "levels" else (None, TOP if layout == "headings" else "")
    return {
        (
            unit.title,
            given if unit.parent is None and unit.title != TOP else "" if unit.parent is None
            else "" if unit.parent.title == lost else unit.parent.title,
        )
        for unit in town.units
    }  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_clean_workbook_is_understood_whole_and_without_a_word(layout: str) -> None:
    make, same_titles = LAYOUTS[layout]
    town = a_town(same_titles=same_titles)
    book = make(town)
    found = read(book)

    assert (
        told(found) - {f for f in told(found) if layout != "two sheets" and f[0] == "organisation_inn_missing"} == set()
    )
    assert not found.of(Severity.ERROR) and not found.of(Severity.WARNING)
    assert tree(found) == tree_of(town, layout)
    units = {unit.row: unit for unit in found.units}
    people = {person.row: person for person in found.people}
    assert (len(found.units), len(found.people)) == (len(town.units), len(town.people)) == (60, 600)
    for unit in town.units:
        line = units[unit.row]
        assert people[unit.head.row].login == line.head
        is_body = unit.kind == "Орган"
        assert line.kind == ("legal_entity" if unit.inn else "body" if is_body else "department")
        if layout in ("two sheets", "numbers"):
            assert line.inn == unit.inn
    for person in town.people:
        read_person = people[person.row]
        assert (read_person.name, read_person.position) == (person.name, person.position)
        assert read_person.unit == units[person.unit.row].key
        assert read_person.is_head is (person is person.unit.head)
        assert read_person.email == person.email
        assert read_person.phone == "+7" + "".join(figure for figure in person.phone if figure.isdecimal())[1:]
    assert len({person.login for person in found.people}) == 600
    assert parse_organisation(organisation_json(found)) == found
    assert read(book) == found, "the same file gives the same keys and logins"


def test_legal_forms_are_told_by_every_way_to_write_them() -> None:
    forms = {unit.title: unit.legal_form for unit in read(two_sheets(a_town())).units if unit.legal_form}
    assert list(forms.values()) == ["mku", "mbu", "mau", "mup", "ooo", "mbu", "mku", "mbu", "mup", "ooo", "ao"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_told_at_its_place_and_nothing_else_is(fault: Fault) -> None:
    town = a_town(staff=5, bodies=2)
    at = site(town, two_sheets(town))
    wanted = fault(at)
    assert told(read(at.book)) == {*wanted}


def test_all_faults_at_once_are_told_and_all_that_can_be_read_is_kept() -> None:
    town = a_town()
    at = site(town, two_sheets(town))
    wanted = {place for fault in FAULTS for place in fault(at)}
    found = read(at.book)
    assert told(found) == wanted
    lost = {(f.sheet, f.row) for f in found.of(Severity.ERROR)}
    twice = {(f.sheet, f.row) for f in found.findings if f.code.endswith("_twice") or f.code == "organisation_vacancy"}
    kept = {(line.sheet, line.row) for line in found.units} | {(line.sheet, line.row) for line in found.people}
    assert {(UNITS, unit.row) for unit in town.units} - lost - twice <= kept
    assert {(PEOPLE, person.row) for person in town.people} - lost - twice <= kept
    assert not kept & lost
    keys, logins = {unit.key for unit in found.units}, {person.login for person in found.people}
    assert len(keys) == len(found.units) and len(logins) == len(found.people)
    assert {unit.parent for unit in found.units} <= {*keys, ""} and {unit.head for unit in found.units} <= {*logins, ""}
    assert {person.unit for person in found.people} <= {*keys, ""}


def test_what_is_guessed_is_said_and_the_nearest_spelling_is_named() -> None:
    town = a_town(staff=5, bodies=2)
    at = site(town, two_sheets(town))
    person = town.units[2].staff[3]
    at.of_person(3, "Отдел планирвания образования", person)
    (finding,) = read(at.book).of(Severity.ERROR)
    assert finding.params == {"suggestion": "Отдел планирования образования"}
    assert finding.value == "Отдел планирвания образования"
    assert "Отдел планирования образования" in finding.told("ru") and "nearest" in finding.told("en")


def test_every_finding_has_a_text_in_both_languages() -> None:
    texts = read_catalogue(ROOT / "core" / "i18n" / "texts")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "tenants" / "organisation").glob("*.py"))
    codes = {word.strip('",)') for word in source.split() if word.strip("(").startswith('"organisation_')}
    assert {code for locale in LOCALES for code in codes if code not in texts[locale]} == set()
