"""Routing rules as a collection: where a report that fits goes, and by when. The first that fits counts.

A rule is born switched off. It is switched on only as it was tried (``trial.py``): the digest of all that it says must
be that of a trial, whichever door the change comes by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal

from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.units import DeadlineUnit
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.core.settings.values import written

NAME = "city_problems.routes"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_WORDS = 50
NOT_SAID = frozenset({"is_on", "title"})
"""What decides nothing about a report: a trial counts whatever stands there."""
_LISTS = frozenset({"categories", "territories", "words", "words_none", "weekdays"})

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class RouteItem(ModuleSettings, frozen=True, kw_only=True):
    """A routing rule. An empty condition is none: a rule without conditions fits every report."""

    title: Annotated[
        str,
        Setting(
            title={"en": "Name", "ru": "Название"},
            help={"en": "For the staff.", "ru": "Для сотрудников."},
            max_length=200,
        ),
    ] = ""
    order: Annotated[
        int,
        Setting(
            title={"en": "Order", "ru": "Порядок"},
            help={
                "en": "Smaller ones are asked first; of equal ones the key decides.",
                "ru": "Сначала проверяются меньшие; при равных — по ключу.",
            },
            ge=0,
            le=100_000,
        ),
    ] = 100
    categories: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Categories", "ru": "Категории"},
            help={"en": "Their keys; none means any.", "ru": "Ключи категорий; пусто — любая."},
            max_length=150,
            max_items=100,
        ),
    ] = ()
    territories: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Territories", "ru": "Территории"},
            help={"en": "Their keys; none means anywhere.", "ru": "Ключи территорий; пусто — везде."},
            max_length=200,
            max_items=50,
        ),
    ] = ()
    words: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Words", "ru": "Слова"},
            help={
                "en": "One of them stands in the text or the address, in any form; none means any text.",
                "ru": "Хотя бы одно есть в тексте или адресе, в любой форме («яма» найдёт «ямы»); пусто — любой текст.",
            },
            max_length=100,
            max_items=MOST_WORDS,
        ),
    ] = ()
    words_none: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Words that exclude", "ru": "Слова-исключения"},
            help={
                "en": "None of them stands in the text or the address.",
                "ru": "Ни одного из них нет в тексте и адресе.",
            },
            max_length=100,
            max_items=MOST_WORDS,
        ),
    ] = ()
    weekdays: Annotated[
        tuple[Day, ...],
        Setting(
            title={"en": "Days of the week", "ru": "Дни недели"},
            help={
                "en": "When it was reported, on the city's clock; a window over midnight belongs to its first day.",
                "ru": "Когда сообщили, по часам города; окно через полночь относится к дню, в который началось.",
            },
            choices={
                "mon": {"en": "Monday", "ru": "понедельник"},
                "tue": {"en": "Tuesday", "ru": "вторник"},
                "wed": {"en": "Wednesday", "ru": "среда"},
                "thu": {"en": "Thursday", "ru": "четверг"},
                "fri": {"en": "Friday", "ru": "пятница"},
                "sat": {"en": "Saturday", "ru": "суббота"},
                "sun": {"en": "Sunday", "ru": "воскресенье"},
            },
            max_items=7,
        ),
    ] = ()
    from_time: Annotated[
        time | None,
        Setting(
            title={"en": "From", "ru": "С"},
            help={"en": "The window's first minute.", "ru": "С этого времени по часам города."},
        ),
    ] = None
    to_time: Annotated[
        time | None,
        Setting(
            title={"en": "To", "ru": "До"},
            help={
                "en": "Its end, no longer within; earlier than the beginning: over midnight.",
                "ru": "До этого времени, не включая его; раньше начала — через полночь.",
            },
        ),
    ] = None
    when: Annotated[
        Literal["any", "working", "not_working"],
        Setting(
            title={"en": "Working time", "ru": "Рабочее время"},
            help={
                "en": "By the city's working calendar, with its holidays and moved days.",
                "ru": "По рабочему календарю города, с праздниками и переносами.",
            },
            choices={
                "any": {"en": "At any time", "ru": "В любое время"},
                "working": {"en": "In working time", "ru": "В рабочее время"},
                "not_working": {"en": "Outside working time", "ru": "Вне рабочего времени"},
            },
        ),
    ] = "any"
    unit: Annotated[
        str,
        Setting(
            title={"en": "Unit", "ru": "Исполнитель"},
            help={"en": "Key of the unit it goes to.", "ru": "Ключ подразделения, которому направляется."},
            max_length=200,
        ),
    ] = ""
    days: Annotated[
        int,
        Setting(
            title={"en": "Working days promised", "ru": "Срок, рабочих дней"},
            help={"en": "For the whole; 0: as the category has it.", "ru": "На всё; 0 — как у категории."},
            ge=0,
            le=366,
        ),
    ] = 0
    hours: Annotated[
        int,
        Setting(
            title={"en": "Hours promised", "ru": "Срок, часов"},
            help={
                "en": "Of the clock, day and night, instead of days; 0: none.",
                "ru": "Круглосуточно, вместо дней; 0 — не задан.",
            },
            ge=0,
            le=720,
        ),
    ] = 0
    note: Annotated[
        str,
        Setting(
            title={"en": "Note for the unit", "ru": "Пояснение исполнителю"},
            help={"en": "It comes with the report.", "ru": "Приходит вместе с сообщением."},
            max_length=1000,
        ),
    ] = ""
    is_on: Annotated[
        bool,
        Setting(
            title={"en": "Switched on", "ru": "Включено"},
            help={
                "en": "Only a rule that was tried against the history, just as it is, can be switched on.",
                "ru": "Включить можно только правило, опробованное на прошлых сообщениях в том же виде.",
            },
        ),
    ] = False


def digest_of(item: RouteItem) -> str:
    """Return the SHA-256 of all that a rule says.

    What has its default says nothing, so that a field that a later version adds leaves trials valid; of lists the
    order of their items neither.
    """
    plain, said = RouteItem(), {}
    for name in RouteItem.__struct_fields__:
        value = getattr(item, name)
        if name not in NOT_SAID and value != getattr(plain, name):
            said[name] = sorted({*value}) if name in _LISTS else written(value)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def term_of(item: RouteItem) -> DeadlineRule | None:
    """Return what a rule promises for the whole of a case, None where it leaves that to others."""
    if item.hours:
        return DeadlineRule(item.hours, DeadlineUnit.CLOCK_HOURS, StartRule.MOMENT, source=NAME)
    if item.days:
        return DeadlineRule(item.days, DeadlineUnit.WORKING_DAYS, StartRule.NEXT_DAY, source=NAME)
    return None


def in_order(items: Mapping[str, RouteItem]) -> list[str]:
    """Return the keys of rules in the order in which they are asked."""
    return sorted(items, key=lambda key: (items[key].order, key))
