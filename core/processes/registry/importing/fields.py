"""What the sheets of a registry are called and hold: a target a sheet, in the order in which they refer to each other.

A column may name another sheet's rows: by key or by title, as people do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leancity.core.imports.target import FieldKind, ImportField, Table
from leancity.core.processes.registry.checking import (
    BEST_FIT,
    DAY_HOURS,
    LONGEST_KEY,
    MOST_DAYS,
    MOST_LAUNCHES,
    MOST_MINUTES,
    MOST_RATE,
    MOST_SEATS,
)
from leancity.core.processes.registry.functions import LEAST
from leancity.core.processes.registry.operations import MOST

Titles = Mapping[str, str]
KOPECKS = 100


@dataclass(frozen=True, kw_only=True)
class SheetKind(Table):
    """A kind of sheet. ``refers``: field to what it names: unit, person, or another sheet's kind.

    ``defaults``: what a new row has where the file says nothing. ``examples``: lines of the template.
    """

    refers: Mapping[str, str]
    defaults: Mapping[str, object]
    examples: tuple[Sequence[str | float], ...]


def _text(name: str, en: str, ru: str, *, required: bool = False, limit: int = 200, aliases: str = "") -> ImportField:
    known = tuple(aliases.split("|")) if aliases else ()
    return ImportField(name=name, title={"en": en, "ru": ru}, required=required, limit=limit, aliases=known)


def _number(
    name: str, en: str, ru: str, *, low: float, high: float, required: bool = False, aliases: str = ""
) -> ImportField:
    known = tuple(aliases.split("|")) if aliases else ()
    return ImportField(
        name=name,
        title={"en": en, "ru": ru},
        kind=FieldKind.NUMBER,
        low=low,
        high=high,
        required=required,
        aliases=known,
    )


def _choice(name: str, en: str, ru: str, choices: Mapping[str, Titles]) -> ImportField:
    return ImportField(name=name, title={"en": en, "ru": ru}, kind=FieldKind.CHOICE, choices=choices)


def _moment(name: str, en: str, ru: str) -> ImportField:
    return ImportField(name=name, title={"en": en, "ru": ru}, kind=FieldKind.MOMENT)


_KEY = _text("key", "Key", "Код", required=True, limit=LONGEST_KEY, aliases="№|id|шифр")
_TITLE = _text("title", "Title", "Наименование", required=True, limit=1000, aliases="название|name")
_FITS = (
    _number("fit_strategy", "Fit: strategy", "Соответствие стратегии", low=0, high=BEST_FIT),
    _number("fit_smart_city", "Fit: smart-city standard", "Соответствие стандарту умного города", low=0, high=BEST_FIT),
    _number("fit_national", "Fit: national projects", "Соответствие нацпроектам", low=0, high=BEST_FIT),
    _number("fit_surveys", "Fit: surveys", "Соответствие соцопросам", low=0, high=BEST_FIT),
)
_YES: Mapping[str, Titles] = {"yes": {"en": "yes", "ru": "да"}, "no": {"en": "no", "ru": "нет"}}
_POWER_KINDS: Mapping[str, Titles] = {
    "mandatory": {"en": "mandatory", "ru": "обязательное"},
    "optional": {"en": "optional", "ru": "факультативное"},
    "delegated": {"en": "delegated", "ru": "переданное"},
}
_STAGES: Mapping[str, Titles] = {
    "inventoried": {"en": "inventoried", "ru": "инвентаризирована"},
    "described": {"en": "described", "ru": "описана"},
    "planned": {"en": "in the plan", "ru": "в плане"},
    "in_work": {"en": "in work", "ru": "в работе"},
    "trial": {"en": "trial", "ru": "опытная эксплуатация"},
    "live": {"en": "live", "ru": "внедрена"},
}
_VALUES: Mapping[str, Titles] = {
    "va": {"en": "adds value", "ru": "создаёт ценность"},
    "bnva": {"en": "required by law", "ru": "требуется законом"},
    "nva": {"en": "adds no value", "ru": "не создаёт ценности"},
}
_INTERFACES: Mapping[str, Titles] = {
    "none": {"en": "none", "ru": "нет"},
    "unknown": {"en": "unknown", "ru": "неизвестно"},
    "rest": {"en": "REST", "ru": "REST API"},
    "soap": {"en": "SOAP", "ru": "СМЭВ/SOAP"},
    "files": {"en": "files", "ru": "файлы"},
    "database": {"en": "database", "ru": "база данных"},
}

POWERS = SheetKind(
    name="powers",
    title={"en": "Powers", "ru": "Полномочия"},
    fields=(
        _KEY,
        _TITLE,
        _choice("kind", "Kind", "Вид", _POWER_KINDS),
        _text("ground", "Legal ground", "Правовое основание", limit=1000),
        *_FITS,
    ),
    refers={},
    defaults={"kind": "mandatory", "ground": ""},
    examples=(
        ("П-01", "Муниципальный контроль в сфере благоустройства", "обязательное", "131-ФЗ, ст. 16", 5, 4, 3, 5),
    ),
)
POSITIONS = SheetKind(
    name="positions",
    title={"en": "Positions", "ru": "Должности"},
    fields=(
        _KEY,
        _TITLE,
        _text("unit", "Unit", "Подразделение", required=True),
        _number("seats", "Seats", "Штатных единиц", low=0, high=MOST_SEATS),
        _number("hourly_rate", "Rate, roubles an hour", "Ставка, руб./ч", low=0, high=MOST_RATE / KOPECKS),
        _choice("is_active", "Active", "Действует", _YES),
    ),
    refers={"unit": "unit"},
    defaults={"seats": 1.0, "is_active": "yes"},
    examples=(("Д-01", "Главный специалист-инспектор", "Управление благоустройства", 4, "612,50", "да"),),
)
DUTIES = SheetKind(
    name="duties",
    title={"en": "Duties", "ru": "Обязанности"},
    fields=(
        _KEY,
        _TITLE,
        _text("position", "Position", "Должность", required=True),
        _text("power", "Power", "Полномочие"),
    ),
    refers={"position": "positions", "power": "powers"},
    defaults={},
    examples=(("О-01", "Осматривает территорию, составляет акты", "Д-01", "П-01"),),
)
SYSTEMS = SheetKind(
    name="systems",
    title={"en": "Systems", "ru": "Системы"},
    fields=(
        _KEY,
        _TITLE,
        _text("unit", "Owner", "Владелец"),
        _text("vendor", "Vendor", "Разработчик"),
        _choice("interface", "Interface", "Интерфейс", _INTERFACES),
        _choice("is_connected", "Connected", "Подключена", _YES),
        _text("note", "Note", "Примечание", limit=20_000),
    ),
    refers={"unit": "unit"},
    defaults={"vendor": "", "interface": "unknown", "is_connected": "no", "note": ""},
    examples=(("ИС-01", "Система электронного документооборота", "", "—", "REST API", "да", ""),),
)
FUNCTIONS = SheetKind(
    name="functions",
    title={"en": "Functions", "ru": "Функции"},
    fields=(
        _KEY,
        _TITLE,
        _text("description", "Description", "Описание", limit=20_000),
        _text("unit", "Unit", "Подразделение"),
        _text("position", "Position", "Должность"),
        _text("owner", "Owner", "Владелец", aliases="владелец функции|owner login"),
        _text("power", "Power", "Полномочие"),
        _choice("stage", "Stage", "Стадия", _STAGES),
        _moment("planned_for", "Planned for", "Срок по плану"),
        _moment("review_on", "Review on", "Дата пересмотра"),
        _number("lead_days", "Lead time, days", "Время протекания, дни", low=LEAST, high=MOST_DAYS,
                aliases="Время протекания функции, дни"),
        _number("day_hours", "Hours of a day", "Часов в рабочем дне", low=LEAST, high=DAY_HOURS),
        _number("launches", "Launches a month", "Запусков в месяц", low=0, high=MOST_LAUNCHES,
                aliases="Количество запусков функции в мес, шт"),
        _number("error_share", "Errors, %", "Ошибки, %", low=0, high=100, aliases="Ошибки/ %"),
        _number("hourly_rate", "Rate, roubles an hour", "Ставка, руб./ч", low=0, high=MOST_RATE / KOPECKS),
        *_FITS,
    ),
    refers={"unit": "unit", "position": "positions", "owner": "person", "power": "powers"},
    defaults={"description": "", "stage": "inventoried", "day_hours": 8.0},
    examples=(
        ("Ф-0001", "Контроль аварийных земляных работ", "", "Управление благоустройства", "Д-01", "", "П-01", "описана",
         "", "01.09.2027", "50,78", 8, "61,8", 20, "", 5, 4, "", 5),
    ),
)  # fmt: skip
OPERATIONS = SheetKind(
    name="operations",
    title={"en": "Operations", "ru": "Операции"},
    fields=(
        _text("function", "Function", "Функция", required=True),
        _number("place", "No.", "Номер", low=1, high=MOST, required=True, aliases="№|№ п/п|порядок"),
        _text("title", "Title", "Наименование операции", required=True, limit=1000, aliases="операция|наименование"),
        _number("minutes", "Minutes", "Минут на операцию", low=0, high=MOST_MINUTES, required=True),
        _number("waiting_minutes", "Waiting, minutes", "Ожидание, минут", low=0, high=MOST_MINUTES),
        _number("movement_minutes", "Movement, minutes", "Перемещение, минут", low=0, high=MOST_MINUTES),
        _choice("value_class", "Value", "Ценность", _VALUES),
        _text("position", "Position", "Должность"),
    ),
    refers={"function": "functions", "position": "positions"},
    defaults={"value_class": ""},
    examples=(
        ("Ф-0001", 1, "Получение календаря проведения проверок", 60, 180, "", "не создаёт ценности", "Д-01"),
        ("Ф-0001", 2, "Выезд на объект", "1 440", "", 60, "создаёт ценность", "Д-01"),
    ),
)
USES = SheetKind(
    name="uses",
    title={"en": "Functions and systems", "ru": "Функции и системы"},
    fields=(
        _text("function", "Function", "Функция", required=True),
        _text("system", "System", "Система", required=True),
        _text("purpose", "Purpose", "Назначение"),
    ),
    refers={"function": "functions", "system": "systems"},
    defaults={"purpose": ""},
    examples=(("Ф-0001", "ИС-01", "Регистрация уведомлений"),),
)

KINDS = {kind.name: kind for kind in (POWERS, POSITIONS, DUTIES, SYSTEMS, FUNCTIONS, OPERATIONS, USES)}
"""In the order in which they are read: what is referred to comes first."""
