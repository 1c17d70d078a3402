"""The questions that a category asks, as they hold in the city being served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leancity.core.customs.current import current_items
from leancity.modules.city_problems.questions.choices import Choice, choice_of
from leancity.modules.city_problems.questions.collection import EVERY, NAME, NOTICE, QuestionItem


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, texts by language. ``datatype`` is Open311's, or ``notice`` for a text that asks nothing.

    ``stops`` are the keys of choices with which no report is filed: ``stop_text`` says what to do instead.
    """

    key: str
    title: Mapping[str, str]
    help: Mapping[str, str]
    datatype: str
    is_required: bool
    order: int
    choices: tuple[Choice, ...]
    is_public: bool
    stops: frozenset[str]
    stop_text: Mapping[str, str]

    @property
    def is_asked(self) -> bool:
        """Whether it wants an answer; a notice doesn't."""
        return self.datatype != NOTICE


def questions_of(category: str) -> list[Question]:
    """Return what is asked, or shown, with reports of the category ``category`` (its key), in order; no I/O."""
    found = [
        _question(key, item)
        for key, item in current_items(NAME).items()
        if not item.is_off and item.category in (category, EVERY)
    ]
    return sorted(found, key=lambda question: (question.order, question.key))


def _question(key: str, item: QuestionItem) -> Question:
    return Question(
        key=key,
        title=_words(item.title_ru, item.title_en),
        help=_words(item.help_ru, item.help_en),
        datatype=item.datatype,
        is_required=item.is_required and item.datatype != NOTICE,
        order=item.order,
        choices=tuple(choice for each in item.choices if (choice := choice_of(each)) is not None),
        is_public=item.is_public,
        stops=frozenset(item.stops),
        stop_text=_words(item.stop_text_ru, item.stop_text_en),
    )


def _words(ru: str, en: str) -> dict[str, str]:
    return {"ru": ru, "en": en or ru}
