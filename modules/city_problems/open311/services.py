"""The kinds of problem as Open311's services, their extra questions as the definitions of services."""

from __future__ import annotations

import json

from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.modules.city_problems import reading
from leancity.modules.city_problems.categories import details_of
from leancity.modules.city_problems.open311.document import Document, Value
from leancity.modules.city_problems.questions.asked import Question, questions_of
from leancity.modules.city_problems.questions.collection import LISTS
from leancity.modules.city_problems.tables import CityProblemsCategory

REALTIME = "realtime"
"""A report gets its number at once."""


async def services() -> Document:
    """Return the kinds of problem that can be reported, in the reader's language."""
    locale = current_principal().locale
    return Document(root="services", content=[_service(row, locale) for row in await reading.categories()])


async def definition(code: str) -> Document:
    """Return what a service asks beyond place and words; refuse one that is not offered."""
    locale = current_principal().locale
    if code not in {row.key for row in await reading.categories()}:
        raise refuse("city_problems.category_unknown", "service_code", category=code)
    asked = [_attribute(question, order, locale) for order, question in enumerate(questions_of(code), start=1)]
    return Document(root="service_definition", content={"service_code": code, "attributes": asked})


def _service(row: CityProblemsCategory, locale: str) -> Value:
    details = details_of(row)
    return {
        "service_code": row.key,
        "service_name": pick(json.loads(row.title), locale),
        "description": pick(details.description, locale),
        "metadata": bool(questions_of(row.key)),
        "type": REALTIME,
        "keywords": ", ".join(details.keywords),
        "group": pick(details.group, locale),
    }


def _attribute(question: Question, order: int, locale: str) -> Value:
    shown = {
        "variable": question.is_asked,
        "code": question.key,
        "datatype": question.datatype if question.is_asked else "text",
        "required": question.is_required,
        "datatype_description": pick(question.help, locale),
        "order": order,
        "description": pick(question.title, locale),
    }
    if question.datatype in LISTS:
        shown["values"] = [{"key": each.key, "name": pick(each.title, locale)} for each in question.choices]
    return shown
