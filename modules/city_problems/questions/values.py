"""What was given as an answer, read by the question's datatype."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from leancity.core.errors import refuse
from leancity.core.privacy.signs import has_odd_signs
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.questions.asked import Question
from leancity.modules.city_problems.questions.collection import LISTS

LONGEST = {"string": 500, "text": 4_000}
"""Characters of an answer in words."""

Given: TypeAlias = str | int | float | list[str]
Words: TypeAlias = Mapping[str, str]

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}([.,][0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1900, 2201)


def field_of(question: Question) -> str:
    """Return the path by which errors name an answer."""
    return f"answers.{question.key}"


def value_of(question: Question, values: Sequence[str]) -> tuple[Given, Words]:
    """Return what is kept of an answer and its words by language; raise ``Refused`` naming it."""
    field = field_of(question)
    if question.datatype in LISTS:
        return _choices(question, values)
    if len(values) > 1:
        raise refuse("city_problems.answer_single", field)
    if has_odd_signs(values[0]):
        raise refuse("signs_odd", field)
    return _READERS[question.datatype](values[0].strip(), field)


def _choices(question: Question, values: Sequence[str]) -> tuple[Given, Words]:
    field, titles = field_of(question), {choice.key: choice.title for choice in question.choices}
    if any(value not in titles for value in values):
        raise refuse("city_problems.answer_choice_unknown", field, choices=", ".join(titles))
    chosen = [key for key in titles if key in values]
    if question.datatype == "singlevaluelist" and len(chosen) > 1:
        raise refuse("city_problems.answer_single", field)
    return chosen, {locale: ", ".join(titles[key][locale] for key in chosen) for locale in ("ru", "en")}


def _line(value: str, field: str) -> tuple[Given, Words]:
    if "\n" in value or "\r" in value:
        raise refuse("signs_odd", field)
    return _limited(value, LONGEST["string"], field)


def _text(value: str, field: str) -> tuple[Given, Words]:
    return _limited(value, LONGEST["text"], field)


def _limited(value: str, limit: int, field: str) -> tuple[Given, Words]:
    if len(value) > limit:
        raise refuse("too_long", field, limit=limit)
    return value, {"ru": value, "en": value}


def _number(value: str, field: str) -> tuple[Given, Words]:
    if _NUMBER.fullmatch(value) is None:
        raise refuse("city_problems.answer_number", field)
    plain = value.replace(",", ".")
    return (float(plain) if "." in plain else int(plain)), {"ru": plain.replace(".", ","), "en": plain}


def _moment(value: str, field: str) -> tuple[Given, Words]:
    try:
        if _DATE.fullmatch(value) is not None:
            day = date.fromisoformat(value)
            written, ru, en = day.isoformat(), f"{day:%d.%m.%Y}", day.isoformat()
        else:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise refuse("city_problems.answer_datetime", field)
            day = moment.date()
            here = moment.astimezone(current_tenant().zone_info)
            written, ru, en = moment.isoformat(), f"{here:%d.%m.%Y %H:%M}", f"{here:%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError) as error:
        raise refuse("city_problems.answer_datetime", field) from error
    if day.year not in _YEARS:
        raise refuse("city_problems.answer_datetime", field)
    return written, {"ru": ru, "en": en}


_READERS: Mapping[str, Callable[[str, str], tuple[Given, Words]]] = {
    "string": _line,
    "text": _text,
    "number": _number,
    "datetime": _moment,
}
