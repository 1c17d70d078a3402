"""Faults planted at known places: what each does to a workbook, and the findings that must tell it, no others."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.tenants.organisation.workbooks import Book, Staff, Town, Unit, an_inn

Told = tuple[str, str, int, str]
"""Code, sheet, row, column."""
UNITS, PEOPLE = "Подразделения", "Сотрудники"
CODE, TITLE, PARENT, KIND, INN, HEAD = range(6)
NUMBER, NAME, POSITION, UNIT, EMAIL, PHONE, ROLE = range(7)


@dataclass(kw_only=True)
class Site:
    """Where faults are planted: each takes units and people that no other has."""

    town: Town
    book: Book
    units: Iterator[Unit]
    entities: Iterator[Unit]
    people: Iterator[Staff]

    def of_unit(self, column: int, value: object, unit: Unit) -> tuple[str, int, str]:
        self.book.cell(UNITS, unit.row, column, value)
        return UNITS, unit.row, "ABCDEFG"[column]

    def of_person(self, column: int, value: object, person: Staff) -> tuple[str, int, str]:
        self.book.cell(PEOPLE, person.row, column, value)
        return PEOPLE, person.row, "ABCDEFGH"[column]

    def add(self, sheet: str, *values: object) -> int:
        rows = self.book.sheets[sheet]
        rows.append([*values, *[""] * (len(rows[0]) - len(values))])
        return len(rows)


def site(town: Town, book: Book) -> Site:
    """Return the free units and people: departments, entities, and workers who head nothing and whom nobody names."""
    departments = [unit for unit in town.units if unit.title.startswith("Отдел")]
    entities = [unit for unit in town.units if unit.inn]
    workers = [unit.staff[place] for unit in town.units[::-1] for place in (3, 4)]
    return Site(town=town, book=book, units=iter(departments), entities=iter(entities), people=iter(workers))


Fault = Callable[[Site], list[Told]]


def circle(at: Site) -> list[Told]:
    one, other = next(at.units), next(at.units)
    places = [at.of_unit(PARENT, other.title, one), at.of_unit(PARENT, one.code, other)]
    return [("organisation_unit_cycle", *place) for place in places]


def own_parent(at: Site) -> list[Told]:
    unit = next(at.units)
    return [("organisation_unit_cycle", *at.of_unit(PARENT, unit.title, unit))]


def parent_unknown(at: Site) -> list[Told]:
    return [("organisation_parent_unknown", *at.of_unit(PARENT, "Управлние образовния", next(at.units)))]


def unit_twice(at: Site) -> list[Told]:
    unit = next(at.units)
    assert unit.parent is not None
    row = at.add(UNITS, "77", unit.title.upper(), unit.parent.title, "Отдел", "", unit.head.name)
    return [("organisation_unit_twice", UNITS, row, "B")]


def code_twice(at: Site) -> list[Told]:
    unit = next(at.units)
    return [("organisation_code_twice", UNITS, at.add(UNITS, unit.code, "Отдел новый", unit.title, "Отдел"), "A")]


def title_missing(at: Site) -> list[Told]:
    return [("organisation_title_missing", UNITS, at.add(UNITS, "78", "", at.town.units[0].title), "B")]


def title_long(at: Site) -> list[Told]:
    return [("organisation_text_long", UNITS, at.add(UNITS, "79", "Отдел " + "о" * 200, "01"), "B")]


def head_missing(at: Site) -> list[Told]:
    unit = next(at.units)
    at.of_person(POSITION, "Советник", unit.head)
    return [("organisation_head_missing", *at.of_unit(HEAD, "", unit))]


def head_guessed(at: Site) -> list[Told]:
    return [("organisation_head_guessed", *at.of_unit(HEAD, "", next(at.units)))]


def head_unknown(at: Site) -> list[Told]:
    return [("organisation_head_unknown", *at.of_unit(HEAD, "Небывалов Пётр Ильич", next(at.units)))]


def head_elsewhere(at: Site) -> list[Told]:
    return [("organisation_head_elsewhere", *at.of_unit(HEAD, at.town.units[-1].staff[1].name, next(at.units)))]


def heads_two(at: Site) -> list[Told]:
    unit = next(at.units)
    both = f"{unit.head.name};\n{unit.staff[1].name}"
    return [("organisation_heads_two", *at.of_unit(HEAD, both, unit))]


def head_acting(at: Site) -> list[Told]:
    unit = next(at.units)
    return [("organisation_acting", *at.of_unit(HEAD, f"и.о. {unit.head.name}", unit))]


def inn_missing(at: Site) -> list[Told]:
    return [("organisation_inn_missing", *at.of_unit(INN, "", next(at.entities)))]


def inn_wrong(at: Site) -> list[Told]:
    return [("organisation_inn_invalid", *at.of_unit(INN, 6501000001.0, next(at.entities)))]


def inn_of_no_entity(at: Site) -> list[Told]:
    inn = an_inn(random.Random(1))  # noqa: S311 - to be repeated, not to be secret
    return [("organisation_inn_unused", *at.of_unit(INN, inn, next(at.units)))]


def form_unknown(at: Site) -> list[Told]:
    return [("organisation_legal_form_unknown", *at.of_unit(KIND, "Организация", next(at.units)))]


def person_twice_by_email(at: Site) -> list[Told]:
    one = next(at.people)
    row = at.add(PEOPLE, 1, one.name.upper(), "Водитель", at.town.units[0].title, one.email)
    return [("organisation_person_twice", PEOPLE, row, "B")]


def person_twice_by_name(at: Site) -> list[Told]:
    one = next(at.people)
    row = at.add(PEOPLE, 1, one.name, one.position, one.unit.title, "", one.phone)
    return [("organisation_person_twice", PEOPLE, row, "B")]


def namesake(at: Site) -> list[Told]:
    one = next(at.people)
    row = at.add(PEOPLE, 1, one.name, one.position, at.town.units[1].title)
    return [("organisation_namesakes", PEOPLE, row, "B")]


def without_unit(at: Site) -> list[Told]:
    return [("organisation_person_without_unit", *at.of_person(UNIT, "", next(at.people)))]


def unit_unknown(at: Site) -> list[Told]:
    return [("organisation_unit_unknown", *at.of_person(UNIT, "Отдел планирвания спорта", next(at.people)))]


def email_wrong(at: Site) -> list[Told]:
    return [("organisation_email_invalid", *at.of_person(EMAIL, "почта@", next(at.people)))]


def emails_several(at: Site) -> list[Told]:
    one = next(at.people)
    return [("organisation_email_several", *at.of_person(EMAIL, f"{one.email}, b@example.org", one))]


def email_shared(at: Site) -> list[Told]:
    one, other = sorted((next(at.people), next(at.people)), key=lambda person: person.row)
    return [("organisation_email_shared", *at.of_person(EMAIL, one.email.upper(), other))]


def phone_wrong(at: Site) -> list[Told]:
    return [("organisation_phone_invalid", *at.of_person(PHONE, "12-34-5", next(at.people)))]


def phones_several(at: Site) -> list[Told]:
    two = "8 (4242) 12-34-56 доб. 12, +7 914 000-11-22"
    return [("organisation_phone_several", *at.of_person(PHONE, two, next(at.people)))]


def name_missing(at: Site) -> list[Told]:
    return [("organisation_name_missing", *at.of_person(NAME, " \u00a0", next(at.people)))]


def name_long(at: Site) -> list[Told]:
    return [("organisation_text_long", *at.of_person(NAME, "Долгих " * 40, next(at.people)))]


def position_long(at: Site) -> list[Told]:
    return [("organisation_text_cut", *at.of_person(POSITION, "инженер " * 40, next(at.people)))]


def vacancy(at: Site) -> list[Told]:
    return [("organisation_vacancy", *at.of_person(NAME, "ВАКАНСИЯ", next(at.people)))]


def acting(at: Site) -> list[Told]:
    return [("organisation_acting", *at.of_person(POSITION, "Врио начальника смены", next(at.people)))]


def no_faults(at: Site) -> list[Told]:
    """Untidy, but nothing that anybody has to be told."""
    unit = next(at.units)
    assert unit.parent is not None
    at.of_unit(PARENT, f"  {unit.parent.title.upper()} ".replace("О", "O").replace(" ", "\u00a0\n"), unit)
    person = next(at.people)
    at.of_person(UNIT, person.unit.title.replace("«", '"').replace("»", '"').replace("е", "ё", 1), person)
    at.of_person(PHONE, 84242123456.0, next(at.people))
    at.of_person(EMAIL, "—", next(at.people))
    at.add(PEOPLE, "", "Всего по списку", 600)
    return []


FAULTS: tuple[Fault, ...] = (
    circle, own_parent, parent_unknown, unit_twice, code_twice, title_missing, title_long, head_missing, head_guessed,
    head_unknown, head_elsewhere, heads_two, head_acting, inn_missing, inn_wrong, inn_of_no_entity, form_unknown,
    person_twice_by_email, person_twice_by_name, namesake, without_unit, unit_unknown, email_wrong, emails_several,
    email_shared, phone_wrong, phones_several, name_missing, name_long, position_long, vacancy, acting, no_faults,
)  # fmt: skip
