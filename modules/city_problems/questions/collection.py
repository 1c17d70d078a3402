"""The extra questions as a collection: a city, its profile and its history change them by the same way as the rest.

A question's key is words joined by ``-`` (``how-deep``): errors name an answer by it, in every spelling the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from leancity.core.customs.collection import Collection
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.questions.choices import choice_of
from leancity.modules.city_problems.tables import CityProblemsCategory

NAME = "city_problems.questions"
EVERY = "*"
"""Stands for all categories."""
LISTS = ("singlevaluelist", "multivaluelist")
NOTICE = "notice"
KEY = re.compile(r"(?=.{1,60}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")


class QuestionItem(ModuleSettings, frozen=True, kw_only=True):
    """A question, or (``notice``) a text that is shown and asks nothing."""

    category: Annotated[
        str,
        Setting(
            title={"en": "Category", "ru": "Категория"},
            help={"en": "Key of a category, * for all of them.", "ru": "Ключ категории, * — спрашивать во всех."},
            max_length=150,
        ),
    ] = EVERY
    title_ru: Annotated[
        str,
        Setting(
            title={"en": "Question in Russian", "ru": "Вопрос по-русски"},
            help={"en": "Of a notice its text.", "ru": "У пояснения — его текст."},
            max_length=500,
        ),
    ] = ""
    title_en: Annotated[
        str,
        Setting(
            title={"en": "Question in English", "ru": "Вопрос по-английски"},
            help={"en": "The Russian one where it is empty.", "ru": "Если пусто, показывается русский."},
            max_length=500,
        ),
    ] = ""
    help_ru: Annotated[
        str,
        Setting(
            title={"en": "Hint in Russian", "ru": "Подсказка по-русски"},
            help={"en": "Shown below the question.", "ru": "Показывается под вопросом."},
            max_length=500,
        ),
    ] = ""
    help_en: Annotated[
        str,
        Setting(
            title={"en": "Hint in English", "ru": "Подсказка по-английски"},
            help={"en": "The Russian one where it is empty.", "ru": "Если пусто, показывается русская."},
            max_length=500,
        ),
    ] = ""
    datatype: Annotated[
        Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist", "notice"],
        Setting(
            title={"en": "Kind of answer", "ru": "Вид ответа"},
            help={
                "en": "As Open311 names them; a notice asks nothing.",
                "ru": "Как в Open311; пояснение не спрашивает.",
            },
            choices={
                "string": {"en": "A line", "ru": "Строка"},
                "number": {"en": "A number", "ru": "Число"},
                "datetime": {"en": "A date, perhaps with a time", "ru": "Дата или дата и время"},
                "text": {"en": "A text", "ru": "Текст"},
                "singlevaluelist": {"en": "One of a list", "ru": "Один вариант из списка"},
                "multivaluelist": {"en": "Several of a list", "ru": "Несколько вариантов из списка"},
                "notice": {"en": "A notice, nothing is asked", "ru": "Пояснение без вопроса"},
            },
        ),
    ] = "string"
    is_required: Annotated[
        bool,
        Setting(
            title={"en": "Must be answered", "ru": "Ответ обязателен"},
            help={"en": "Without it the report is not taken.", "ru": "Без ответа сообщение не принимается."},
        ),
    ] = False
    order: Annotated[
        int,
        Setting(
            title={"en": "Place among the questions", "ru": "Порядок"},
            help={"en": "The least comes first.", "ru": "Меньшее число — раньше."},
            ge=0,
            le=10_000,
        ),
    ] = 0
    choices: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Choices", "ru": "Варианты"},
            help={
                "en": "Each as «key: по-русски / in English»; without the English part the Russian one is shown.",
                "ru": "Каждый в виде «ключ: по-русски / in English»; английскую часть можно опустить.",
            },
            max_length=300,
            max_items=100,
        ),
    ] = ()
    is_public: Annotated[
        bool,
        Setting(
            title={"en": "Everybody sees the answer", "ru": "Ответ виден всем"},
            help={
                "en": "Private data in its words is hidden all the same.",
                "ru": "Личные данные в словах ответа всё равно скрываются.",
            },
        ),
    ] = False
    stops: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Choices that end the form", "ru": "Варианты, на которых форма заканчивается"},
            help={
                "en": "Keys of choices with which a report is not taken: the text below is shown instead.",
                "ru": "Ключи вариантов, при которых сообщение не принимается, а показывается текст ниже.",
            },
            max_length=60,
            max_items=100,
        ),
    ] = ()
    stop_text_ru: Annotated[
        str,
        Setting(
            title={"en": "What is told then, in Russian", "ru": "Что тогда сказать, по-русски"},
            help={"en": "Whom to turn to instead.", "ru": "Куда обратиться вместо этого: «Звоните 112»."},
            max_length=1000,
        ),
    ] = ""
    stop_text_en: Annotated[
        str,
        Setting(
            title={"en": "What is told then, in English", "ru": "Что тогда сказать, по-английски"},
            help={"en": "The Russian one where it is empty.", "ru": "Если пусто, показывается русский."},
            max_length=1000,
        ),
    ] = ""
    is_off: Annotated[
        bool,
        Setting(
            title={"en": "Not asked", "ru": "Не спрашивается"},
            help={"en": "Answers that were given stay.", "ru": "Данные ранее ответы остаются."},
        ),
    ] = False


async def _check(key: str, item: QuestionItem) -> Iterable[Problem]:
    problems = [] if item.title_ru.strip() else [Problem(code="required", field="title_ru")]
    problems += [*_wrong_choices(item), *_wrong_stops(item)]
    if item.category != EVERY:
        async with tenant_tx():
            if not await CityProblemsCategory.exists().where(CityProblemsCategory.key == item.category):
                problems.append(
                    Problem(code="city_problems.category_unknown", field="category", params={"category": item.category})
                )
    return problems


def _wrong_choices(item: QuestionItem) -> Iterable[Problem]:
    if item.datatype not in LISTS:
        if item.choices:
            yield Problem(code="city_problems.question_without_choices", field="choices")
        return
    if not item.choices:
        yield Problem(code="required", field="choices")
    seen: set[str] = set()
    for index, written in enumerate(item.choices):
        choice = choice_of(written)
        if choice is None:
            yield Problem(code="city_problems.question_choice_unclear", field=f"choices.{index}")
        elif choice.key in seen:
            params = {"choice": choice.key}
            yield Problem(code="city_problems.question_choice_twice", field=f"choices.{index}", params=params)
        else:
            seen.add(choice.key)


def _wrong_stops(item: QuestionItem) -> Iterable[Problem]:
    known = {choice.key for each in item.choices if (choice := choice_of(each)) is not None}
    for index, key in enumerate(item.stops):
        if key not in known:
            yield Problem(code="city_problems.question_stop_unknown", field=f"stops.{index}", params={"choice": key})
    if item.stops and not item.stop_text_ru.strip():
        yield Problem(code="required", field="stop_text_ru")


COLLECTION = Collection(
    name=NAME,
    title={"en": "Extra questions", "ru": "Дополнительные вопросы"},
    item=QuestionItem,
    may_add=True,
    permission=SETTINGS,
    check=_check,
    keys=KEY,
)
