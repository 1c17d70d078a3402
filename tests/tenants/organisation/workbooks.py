"""Workbooks as cities keep them, of invented people: 60 units and 600 staff in each of the usual layouts."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter
from stdnum.ru import inn as inn_number


def listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


SURNAMES = listed(
    "Берёзов Дубов Кленов Осинин Соснин Елкин Рябинин Калинин Малинов Вишнев Грушин Сливин Лугов Полев Рощин Озеров "
    "Речкин Ручьев Морев Волнов Скалин Горин Степнов Холмов Ветров Громов Зорин Снегов Дождев Туманов Росин Лунин "
    "Звездин Ясенев Липин Тополев Ивин Камышов Травин Цветков"
)
NAMES = listed("Алексей Борис Виктор Глеб Денис Егор Захар Игорь Кирилл Леонид Максим Никита Олег Павел Роман")
FATHERS = listed("Андреевич Богданович Викторович Глебович Денисович Егорович Захарович Игоревич")
SUBJECTS = listed(
    "образования культуры спорта финансов архитектуры имущества транспорта экологии благоустройства торговли семьи "
    "связи"
)
PARTS = ("планирования", "контроля", "сопровождения")
ENTITIES = (
    "МКУ «Единая диспетчерская»",
    "МБУ «Парк культуры»",
    "МАУ «Дворец спорта»",
    "МУП «Водоканал»",
    "ООО «Городские теплицы»",
    "МБОУ «Школа № 1»",
    "Муниципальное казённое учреждение «Архив города»",
    "Муниципальное бюджетное учреждение культуры «Библиотека»",
    "Муниципальное унитарное предприятие «Электросеть»",
    "Общество с ограниченной ответственностью «Чистый город»",
    "АО «Городской транспорт»",
)
TOP = "Администрация города"
WORKERS = ("Главный специалист", "Ведущий специалист", "Консультант", "Инженер", "Делопроизводитель")
UNIT_HEADER = ("Код", "Наименование", "Вышестоящее подразделение", "Вид", "ИНН", "Ф.И.О.\nруководителя", "Адрес")
PEOPLE_HEADER = ("№ п/п", "Ф.И.О.", "Должность", "Структурное подразделение", "E-mail", "Телефон", "Роль", "Кабинет")


@dataclass(kw_only=True)
class Staff:
    name: str
    position: str
    unit: Unit
    email: str
    phone: str
    role: str = ""
    row: int = 0


@dataclass(kw_only=True)
class Unit:
    title: str
    parent: Unit | None
    code: str
    number: str
    kind: str
    inn: str = ""
    row: int = 0
    staff: list[Staff] = field(default_factory=list)

    @property
    def head(self) -> Staff:
        return self.staff[0]


@dataclass(kw_only=True)
class Town:
    """Units from the top down, each with ten people, the head first."""

    units: list[Unit]

    @property
    def people(self) -> list[Staff]:
        return [person for unit in self.units for person in unit.staff]


@dataclass(kw_only=True)
class Book:
    """Sheets as rows of values, and places merged (sheet, first row, first column, last row, last column)."""

    sheets: dict[str, list[list[Any]]] = field(default_factory=dict)
    merges: list[tuple[str, int, int, int, int]] = field(default_factory=list)

    def cell(self, sheet: str, row: int, column: int, value: Any) -> None:
        """Put a value into a place; ``row`` counts from 1 as findings tell it."""
        self.sheets[sheet][row - 1][column] = value

    def bytes(self) -> bytes:
        """Return the workbook."""
        written = io.BytesIO()
        with xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_urls": False}) as book:
            for name, rows in self.sheets.items():
                sheet = book.add_worksheet(name)
                for place, row in enumerate(rows):
                    sheet.write_row(place, 0, ["" if value is None else value for value in row])
                for where, top, first, bottom, last in self.merges:
                    if where == name:
                        sheet.merge_range(top, first, bottom, last, rows[top][first])
        return written.getvalue()

    def file(self) -> io.BytesIO:
        return io.BytesIO(self.bytes())

    def save(self, path: Path) -> Path:
        path.write_bytes(self.bytes())
        return path


def a_town(seed: int = 5, *, same_titles: bool = False, staff: int = 10, bodies: int = 12) -> Town:
    """Invent a town; ``same_titles``: the third department of every body is called alike.

    ``staff``: people of each unit, five at least. ``bodies``: up to twelve.
    """
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    names = [f"{last} {first} {father}" for last in SURNAMES for first in NAMES for father in FATHERS]
    chance.shuffle(names)
    units = [Unit(title=TOP, parent=None, code="01", number="1", kind="Орган")]
    for place, subject in enumerate(SUBJECTS[:bodies], 1):
        word = ("Управление", "Комитет", "Департамент")[place % 3]
        body = Unit(
            title=f"{word} {subject}", parent=units[0], code=f"02-{place:02}", number=f"1.{place}", kind="Орган"
        )
        units.append(body)
        for n, part in enumerate(PARTS, 1):
            title = "Общий отдел" if same_titles and n == 3 else f"Отдел {part} {subject}"
            code, number = f"{body.code}-{n}", f"{body.number}.{n}"
            units.append(Unit(title=title, parent=body, code=code, number=number, kind="Отдел"))
    for place, title in enumerate(ENTITIES, 1):
        inn = an_inn(chance)
        number = str(place + 1)
        units.append(Unit(title=title, parent=None, code=f"03-{place:02}", number=number, kind="Юр. лицо", inn=inn))
    for unit in units:
        for place in range(staff):
            left = len(names)
            unit.staff.append(
                Staff(
                    name=names.pop(),
                    position=WORKERS[(place + left) % len(WORKERS)] if place else _head_of(unit.title),
                    unit=unit,
                    email=f"worker{left}@example.org",
                    phone=f"+7 (4242) {chance.randrange(100000, 999999)}",
                )
            )
    return Town(units=units)


def an_inn(chance: random.Random) -> str:
    """Return an organisation's INN with its check digit."""
    digits = f"65{chance.randrange(10**6, 10**7)}"
    return digits + inn_number.calc_company_check_digit(digits)


def two_sheets(town: Town) -> Book:
    """«Подразделения» and «Сотрудники», each below a title."""
    units: list[list[Any]] = [
        ["Приложение № 1 к постановлению от 01.02.2026", *[""] * 6],
        [""] * 7,
        [*UNIT_HEADER],
    ]
    for unit in town.units:
        unit.row = len(units) + 1
        inn = float(unit.inn) if unit.inn else ""
        units.append([unit.code, unit.title, unit.parent.title if unit.parent else "", unit.kind, inn,
                      unit.head.name, "ул. Морская, 1"])  # fmt: skip
    units.append(["", "Итого: 60", "", "", "", "", ""])
    people: list[list[Any]] = [["Список сотрудников", *[""] * 7], [*PEOPLE_HEADER], [float(n) for n in range(1, 9)]]
    for number, person in enumerate(town.people, 1):
        person.row = len(people) + 1
        people.append([float(number), person.name, person.position, person.unit.title, person.email, person.phone,
                       person.role, 101.0])  # fmt: skip
    people.append(["", "Исполнитель: Рощин, тел. 12-34", *[""] * 6])
    return Book(sheets={"Подразделения": units, "Сотрудники": people, "Памятка": [["Как заполнять"], [""]]})


def flat_levels(town: Town) -> Book:
    """One list of people, units in two columns merged over their rows, the name in three, a header of two rows."""
    header = ["№", "Управление", "Отдел", "Фамилия", "Имя", "Отчество", "Должность", "Контакты", ""]
    below = ["", "", "", "", "", "", "", "Электронная почта", "Тел."]
    rows: list[list[Any]] = [["Штатная расстановка", *[""] * 8], header, below]
    book = Book(sheets={"Лист1": rows})
    book.merges += [("Лист1", 0, 0, 0, 8), ("Лист1", 1, 7, 1, 8)] + [("Лист1", 1, c, 2, c) for c in range(7)]
    for top in [unit for unit in town.units if unit.title == TOP or unit.parent is None or unit.parent.title == TOP]:
        begin = len(rows)
        for unit in [top, *(each for each in town.units if each.parent is top and top.title != TOP)]:
            first = len(rows)
            unit.row = first + 1
            for person in unit.staff:
                person.row = len(rows) + 1
                is_first = person is unit.head
                own = unit.title if unit is not top and is_first else ""
                rows.append([float(len(rows) - 2), top.title if unit is top and is_first else "", own,
                             *person.name.split(), person.position, person.email, person.phone])  # fmt: skip
            if unit is not top and len(rows) - first > 1:
                book.merges.append(("Лист1", first, 2, len(rows) - 1, 2))
        book.merges.append(("Лист1", begin, 1, len(rows) - 1, 1))
    return book


def flat_headings(town: Town) -> Book:
    """One list of people, units as rows merged across the table between them."""
    rows: list[list[Any]] = [["№ п/п", "Сотрудник", "Должность", "Эл. почта", "Телефон"]]
    book = Book(sheets={"Справочник": rows})
    for unit in town.units:
        book.merges.append(("Справочник", len(rows), 0, len(rows), 4))
        rows.append([unit.title, "", "", "", ""])
        unit.row = len(rows)
        for number, person in enumerate(unit.staff, 1):
            rows.append([float(number), person.name, person.position, person.email, person.phone])
            person.row = len(rows)
        rows.append(["", "Всего:", float(len(unit.staff)), "", ""])
    return book


def numbered(town: Town) -> Book:
    """The tree by numbers 1, 1.1, 1.1.2; people name their unit by its title, or its path where that is not enough."""
    units: list[list[Any]] = [["№ п/п", "Структурное подразделение", "ИНН"]]
    for unit in town.units:
        units.append([unit.number, unit.title, unit.inn])
        unit.row = len(units)
    people: list[list[Any]] = [["Name", "Position", "Department", "Email", "Phone"]]
    for person in town.people:
        unit = person.unit
        named = f"{unit.parent.title} / {unit.title}" if unit.parent and unit.title == "Общий отдел" else unit.title
        people.append([person.name, person.position, named, person.email, person.phone])
        person.row = len(people)
    return Book(sheets={"Структура": units, "Staff": people})


LAYOUTS = {
    "two sheets": (two_sheets, False),
    "levels": (flat_levels, True),
    "headings": (flat_headings, True),
    "numbers": (numbered, True),
}
"""Layout to what makes it, and whether units of one title under different parents can be told apart in it."""


def _head_of(title: str) -> str:
    word = title.partition(" ")[0]
    return {
        "Администрация": "Мэр города",
        "Управление": "Начальник управления",
        "Комитет": "Председатель комитета",
        "Департамент": "Директор департамента",
        "Отдел": "Начальник отдела",
        "Общий": "Начальник отдела",
    }.get(word, "Директор")
