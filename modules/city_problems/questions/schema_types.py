"""What the module's part of the GraphQL schema speaks of: extra questions and the answers to them."""

from __future__ import annotations

import json
import uuid
from typing import Self

import strawberry

from leancity.core.cases.reach import READ, reached
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.modules.city_problems.questions.answers import answers_of
from leancity.modules.city_problems.questions.asked import Question
from leancity.modules.city_problems.questions.choices import Choice
from leancity.modules.city_problems.tables import CityProblemsAnswer


@strawberry.type(description="What can be chosen as an answer.")
class CityProblemsChoice:
    key: str = strawberry.field(description="Is sent as the answer.")
    title: str = strawberry.field(description="In the reader's language.")
    stops: bool = strawberry.field(description="With it no report is taken: show the question's stopText instead.")

    @classmethod
    def of(cls, choice: Choice, question: Question) -> Self:
        title = pick(choice.title, current_principal().locale)
        return cls(key=choice.key, title=title, stops=choice.key in question.stops)


@strawberry.type(
    description="A question that a category asks beyond place, words and photos; texts in the reader's language."
)
class CityProblemsQuestion:
    key: str
    title: str
    help: str
    datatype: str = strawberry.field(
        description="string, number, datetime, text, singlevaluelist or multivaluelist; notice asks nothing."
    )
    is_required: bool
    is_public: bool = strawberry.field(description="Everybody will see the answer.")
    choices: list[CityProblemsChoice]
    stop_text: str = strawberry.field(description="What to tell who gives an answer that stops; empty for none.")

    @classmethod
    def of(cls, question: Question) -> Self:
        locale = current_principal().locale
        return cls(
            key=question.key,
            title=pick(question.title, locale),
            help=pick(question.help, locale),
            datatype=question.datatype,
            is_required=question.is_required,
            is_public=question.is_public,
            choices=[CityProblemsChoice.of(choice, question) for choice in question.choices],
            stop_text=pick(question.stop_text, locale),
        )


@strawberry.type(description="An answer to an extra question, in the words in which it was asked.")
class CityProblemsAnswerType:
    question: str = strawberry.field(description="The question's key.")
    title: str
    values: list[str] = strawberry.field(description="What was given; of a list the keys chosen.")
    text: str = strawberry.field(description="The same in words, in the reader's language.")
    is_public: bool

    @classmethod
    def of(cls, row: CityProblemsAnswer, *, is_staff: bool) -> Self:
        given, shown = json.loads(row.given), pick(json.loads(row.shown), current_principal().locale)
        chosen = [str(each) for each in given] if isinstance(given, list) else None
        return cls(
            question=row.question,
            title=pick(json.loads(row.title), current_principal().locale),
            # What everybody sees of words is without private data, unlike what was given.
            values=chosen or [str(given) if is_staff else shown],
            text=shown,
            is_public=row.is_public,
        )


@strawberry.input(
    description="An answer: one text, number, date (ISO 8601) or key of a choice; several keys of a multivaluelist."
)
class CityProblemsAnswerInput:
    question: str
    values: list[str]


def by_question(given: list[CityProblemsAnswerInput]) -> dict[str, list[str]]:
    """Return the values by question; of a question that stands there twice all that was given."""
    found: dict[str, list[str]] = {}
    for each in given:
        found.setdefault(each.question, []).extend(each.values)
    return found


async def answers(ids: list[uuid.UUID]) -> list[list[CityProblemsAnswerType]]:
    """Load the answers of reports: all of them for who may read the case, the public ones for others."""
    rows, mine = await answers_of(ids), await reached(READ, ids)
    return [
        [
            CityProblemsAnswerType.of(row, is_staff=case_id in mine)
            for row in rows.get(case_id, [])
            if row.is_public or case_id in mine
        ]
        for case_id in ids
    ]
