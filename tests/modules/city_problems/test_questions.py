"""Extra questions: the city declares them, a report answers them, and what does not fit names the answer."""

from __future__ import annotations

from typing import Any

import pytest

from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.permissions import SETTINGS
from tests.modules.city_problems.conftest import Town

CHANGE = """mutation ($key: String!, $values: JSON!) {
  customChange(collection: "city_problems.questions", key: $key, values: $values) { errors { field code } } }"""
ASKED = """{ cityProblems { categories { key questions {
  key title help datatype isRequired isPublic stopText choices { key title stops } } } } }"""
ANSWERS = """query ($id: UUID!) { cityProblems { report(id: $id) {
  answers { question title values text isPublic } } } }"""
QUESTIONS: dict[str, dict[str, Any]] = {
    "depth": {"titleRu": "Глубина, см", "titleEn": "Depth, cm", "datatype": "number", "order": 1, "isPublic": True},
    "since": {"titleRu": "С какого дня", "datatype": "datetime", "order": 2, "isPublic": True},
    "danger": {
        "titleRu": "Есть ли пострадавшие",
        "titleEn": "Is anybody hurt",
        "datatype": "singlevaluelist",
        "isRequired": True,
        "order": 3,
        "choices": ["no: Нет / No", "yes: Да / Yes"],
        "stops": ["yes"],
        "stopTextRu": "Звоните 112",
        "stopTextEn": "Call 112",
    },
    "where": {
        "titleRu": "Где именно",
        "datatype": "multivaluelist",
        "order": 4,
        "choices": ["road: Дорога / Road", "yard: Двор"],
        "isPublic": True,
    },
    "plate": {"titleRu": "Кто видел", "datatype": "string", "order": 5, "isPublic": True},
    "more": {"titleRu": "Подробности", "datatype": "text", "order": 6},
    "note": {"titleRu": "Спасибо, что сообщаете", "datatype": "notice", "order": 0},
}


async def ask(town: Town, editor: TestUser, key: str, **values: Any) -> list[dict[str, str]]:
    answer = await town.city.data(CHANGE, {"key": key, "values": values}, as_=editor)
    errors: list[dict[str, str]] = answer["customChange"]["errors"]
    return errors


@pytest.fixture
def answered() -> dict[str, list[str]]:
    return {
        "depth": ["12,5"],
        "since": ["2026-11-20"],
        "danger": ["no"],
        "where": ["yard", "road"],
        "plate": ["сосед, 8 914 123-45-67"],
        "more": ["звоните 8 914 123-45-67"],
    }


def given(answers: dict[str, list[str]], **changed: list[str] | None) -> list[dict[str, Any]]:
    merged = {**answers, **{key: values for key, values in changed.items() if values is not None}}
    left = {key for key, values in changed.items() if values is None}
    return [{"question": key, "values": values} for key, values in merged.items() if key not in left]


async def asking(town: Town) -> TestUser:
    editor = await town.city.user(SETTINGS)
    for key, values in QUESTIONS.items():
        category = {} if key == "note" else {"category": "pothole"}
        assert await ask(town, editor, key, **category, **values) == []
    return editor


async def test_questions_are_shown_answered_kept_as_asked_and_told_to_whom_they_are_for(
    town: Town, answered: dict[str, list[str]]
) -> None:
    editor = await asking(town)
    shown = {row["key"]: row["questions"] for row in (await town.city.data(ASKED))["cityProblems"]["categories"]}
    assert [each["key"] for each in shown["pothole"]] == ["note", "depth", "since", "danger", "where", "plate", "more"]
    assert [each["key"] for each in shown["lighting"]] == ["note"], "what is asked of all categories"
    danger = shown["pothole"][3]
    assert danger == {
        "key": "danger",
        "title": "Is anybody hurt",
        "help": "",
        "datatype": "singlevaluelist",
        "isRequired": True,
        "isPublic": False,
        "stopText": "Call 112",
        "choices": [{"key": "no", "title": "No", "stops": False}, {"key": "yes", "title": "Yes", "stops": True}],
    }
    filed = await town.report(answers=given(answered))
    assert filed["errors"] == []
    case = {"id": filed["report"]["id"]}
    assert await ask(town, editor, "depth", titleRu="Иначе", titleEn="Otherwise") == []

    def read(data: dict[str, Any]) -> dict[str, tuple[str, list[str], str]]:
        rows = data["cityProblems"]["report"]["answers"]
        return {row["question"]: (row["title"], row["values"], row["text"]) for row in rows}

    public = read(await town.city.data(ANSWERS, case, locale="ru"))
    assert public == {
        "depth": ("Глубина, см", ["12,5"], "12,5"),
        "since": ("С какого дня", ["20.11.2026"], "20.11.2026"),
        "where": ("Где именно", ["road", "yard"], "Дорога, Двор"),
        "plate": ("Кто видел", ["сосед, [телефон скрыт]"], "сосед, [телефон скрыт]"),
    }
    staff = read(await town.city.data(ANSWERS, case, as_=town.clerk, locale="ru"))
    assert staff["depth"][1:] == (["12.5"], "12,5") and staff["since"][1] == ["2026-11-20"]
    assert staff["danger"][2] == "Нет"
    assert staff["plate"][1] == ["сосед, 8 914 123-45-67"] and staff["more"][2] == "звоните 8 914 123-45-67"


WRONG = (
    ({"danger": None}, "danger", "required"),
    ({"danger": [" "]}, "danger", "required"),
    ({"danger": ["yes"]}, "danger", "city_problems.question_stops"),
    ({"danger": ["maybe"]}, "danger", "city_problems.answer_choice_unknown"),
    ({"danger": ["no", "yes"]}, "danger", "city_problems.answer_single"),
    ({"depth": ["deep"]}, "depth", "city_problems.answer_number"),
    ({"depth": ["NaN"]}, "depth", "city_problems.answer_number"),
    ({"depth": ["1e9"]}, "depth", "city_problems.answer_number"),
    ({"depth": ["٣"]}, "depth", "city_problems.answer_number"),
    ({"depth": ["1", "2"]}, "depth", "city_problems.answer_single"),
    ({"since": ["yesterday"]}, "since", "city_problems.answer_datetime"),
    ({"since": ["2026-02-30"]}, "since", "city_problems.answer_datetime"),
    ({"since": ["2026-11-20T10:00"]}, "since", "city_problems.answer_datetime"),
    ({"since": ["0001-01-01T00:00:00+14:00"]}, "since", "city_problems.answer_datetime"),
    ({"plate": ["x" * 501]}, "plate", "too_long"),
    ({"plate": ["a\nb"]}, "plate", "signs_odd"),
    ({"plate": ["a\0b"]}, "plate", "signs_odd"),
    ({"more": ["x" * 4001]}, "more", "too_long"),
    ({"more": ["a\u202eb"]}, "more", "signs_odd"),
    ({"note": ["x"]}, "note", "city_problems.question_unknown"),
    ({"other": ["x"]}, "other", "city_problems.question_unknown"),
    ({"where": ["yard"] * 101}, "where", "setting_too_many"),
)


async def test_an_answer_that_does_not_fit_is_named_and_nothing_is_stored(
    town: Town, answered: dict[str, list[str]]
) -> None:
    await asking(town)
    for changed, key, code in WRONG:
        refused = await town.report(answers=given(answered, **changed))
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [(f"answers.{key}", code)], changed
    stops = await town.report(answers=given(answered, danger=["yes"]), locale="ru")
    assert stops["errors"][0]["message"] == "Звоните 112"
    hostile = await town.report(answers=given(answered, **{"'; drop table case_record; --": ["x"]}))
    assert [(each["field"], each["code"]) for each in hostile["errors"]] == [
        ("answers", "city_problems.question_unknown")
    ]
    twice = [*given(answered), {"question": "danger", "values": ["yes"]}]
    assert {each["field"] for each in (await town.report(answers=twice))["errors"]} == {"answers.danger"}
    both = await town.report(text=" ", answers=given(answered, danger=None))
    assert {each["field"] for each in both["errors"]} == {"text", "answers.danger"}, "all that is wrong at once"
    for table in ("case_record", "city_problems_report", "city_problems_answer"):
        assert await count(town, table) == 0


async def count(town: Town, table: str) -> int:
    rows = {
        "case_record": "select count(*) from case_record where tenant_id = $1",
        "city_problems_report": "select count(*) from city_problems_report where tenant_id = $1",
        "city_problems_answer": "select count(*) from city_problems_answer where tenant_id = $1",
    }
    [row] = await town.city.rows(rows[table])
    return int(row["count"])


async def test_a_question_that_does_not_fit_names_the_field(town: Town) -> None:
    editor = await town.city.user(SETTINGS)
    listed = {"titleRu": "Что", "datatype": "singlevaluelist"}
    wrong: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"titleEn": "What"}, "titleRu", "required"),
        ({"titleRu": "Что", "category": "dragons"}, "category", "city_problems.category_unknown"),
        ({"titleRu": "Что", "datatype": "colour"}, "datatype", "setting_choice"),
        ({"titleRu": "Что", "choices": ["a: А"]}, "choices", "city_problems.question_without_choices"),
        (listed, "choices", "required"),
        ({**listed, "choices": ["А без ключа"]}, "choices.0", "city_problems.question_choice_unclear"),
        ({**listed, "choices": ["a: А", "a: Б"]}, "choices.1", "city_problems.question_choice_twice"),
        ({**listed, "choices": ["a: А"], "stops": ["b"]}, "stops.0", "city_problems.question_stop_unknown"),
        ({**listed, "choices": ["a: А"], "stops": ["a"]}, "stopTextRu", "required"),
    )
    for values, field, code in wrong:
        assert {"field": f"values.{field}", "code": code} in await ask(town, editor, "what", **values), values
    assert await ask(town, editor, "How_deep", titleRu="Что") == [{"field": "key", "code": "custom_key_unknown"}]


async def test_a_question_that_is_off_is_not_asked(town: Town) -> None:
    editor = await town.city.user(SETTINGS)
    assert await ask(town, editor, "what", titleRu="Что", isRequired=True) == []
    assert [each["code"] for each in (await town.report())["errors"]] == ["required"]
    assert await ask(town, editor, "what", isOff=True) == []
    assert (await town.report())["errors"] == []
