"""The answers to the extra questions: checked against what is asked, kept with the words in which it was."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.ids import new_id
from leancity.core.privacy.hiding import hide_private
from leancity.modules.city_problems.questions.asked import Question, questions_of
from leancity.modules.city_problems.questions.collection import KEY, LISTS
from leancity.modules.city_problems.questions.values import Given, field_of, value_of
from leancity.modules.city_problems.tables import CityProblemsAnswer

MOST_VALUES = 100
_INSERT = """
insert into city_problems_answer (tenant_id, case_id, id, question, title, given, shown, is_public)
select $1, $2, new.* from unnest($3::uuid[], $4::text[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::bool[]) as new
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that fits: ``given`` as in ``CityProblemsAnswer``, ``shown`` its words by language.

    Of a public answer the words hold no private data.
    """

    question: str
    title: Mapping[str, str]
    given: Given
    shown: Mapping[str, str]
    is_public: bool


def checked(category: str, answers: Mapping[str, Sequence[str]]) -> list[Answer]:
    """Return the answers to the questions of the category ``category`` (its key), in the order of the questions.

    ``answers``: a question's key to what was given: one text, number or ISO 8601 date or moment with a zone; keys of
    choices. No values, or blank ones, are no answer. Raises ``Refused`` naming each ``answers.<key>`` that does not
    fit, ``city_problems.question_stops`` among them where a choice ends the form.
    """
    asked = {question.key: question for question in questions_of(category) if question.is_asked}
    problems = [
        Problem(code="city_problems.question_unknown", field=f"answers.{key}" if KEY.fullmatch(key) else "answers")
        for key in answers
        if key not in asked
    ]
    found = []
    for question in asked.values():
        values = [value for value in answers.get(question.key, ()) if value.strip()]
        if not values:
            problems += [Problem(code="required", field=field_of(question))] if question.is_required else []
            continue
        try:
            found.append(_answer(question, values))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(*problems)
    return found


async def keep_answers(case_id: uuid.UUID, answers: Sequence[Answer]) -> None:
    """Write the answers of a new report. Joins the open unit of work."""
    if not answers:
        return
    rows = [
        (new_id(), each.question, _json(each.title), _json(each.given), _json(each.shown), each.is_public)
        for each in answers
    ]
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_INSERT, unit.tenant_id, case_id, *zip(*rows, strict=True))


async def answers_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[CityProblemsAnswer]]:
    """Return all answers of reports, as they were kept, by case. Asks nothing: guard what leads there."""
    found: dict[uuid.UUID, list[CityProblemsAnswer]] = defaultdict(list)
    async with tenant_tx():
        query = CityProblemsAnswer.objects().where(CityProblemsAnswer.case_id.is_in([*case_ids]))
        for row in await query.order_by(CityProblemsAnswer.id):
            found[row.case_id].append(row)
    return found


def _answer(question: Question, values: Sequence[str]) -> Answer:
    if len(values) > MOST_VALUES:
        raise refuse("setting_too_many", field_of(question), limit=MOST_VALUES)
    given, words = value_of(question, values)
    chosen = {*given} if isinstance(given, list) else set()
    if chosen & question.stops:
        raise refuse("city_problems.question_stops", field_of(question), told=question.stop_text)
    if question.is_public and question.datatype not in LISTS:  # the words of a choice are the city's own
        words = {locale: hide_private(words[locale], locale).text for locale in LOCALES}
    return Answer(question=question.key, title=question.title, given=given, shown=words, is_public=question.is_public)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
