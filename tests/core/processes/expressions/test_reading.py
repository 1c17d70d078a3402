"""What is read, in which dialect, and what is refused at which column."""

from __future__ import annotations

from typing import Any

import pytest

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import LOCALES, catalogue, describe
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.expressions.names import functions_of, names
from leancity.core.processes.expressions.nodes import Literal
from leancity.core.processes.expressions.parsing import parse
from leancity.core.processes.expressions.scope import Functions


@pytest.mark.parametrize(
    ("text", "facts", "value"),
    [
        ('amount > 100 and region = "North"', {"amount": 150, "region": "North"}, True),
        ("${approved && !rejected}", {"approved": True}, True),
        ("#{a eq 1 and b ne 2 or c lt 3}", {"a": 0, "c": 2}, True),
        ("${a le 1 && b ge 2 && c gt 3}", {"a": 1, "b": 2, "c": 3}, False),
        ("${empty a ? 'none' : 'some'}", {"a": []}, "none"),
        ("${a div 2 + 7 mod 4}", {"a": 3}, "4.5"),
        ("= x > 1", {"x": 2}, True),
        ("complete == True and other is not None", {"complete": True, "other": 0}, True),
        ("'yes' if done else 'no'", {"done": False}, "no"),
        ("if done then 1 else 2", {"done": True}, 1),
        ("x not in [1, 2]", {"x": 3}, True),
        ("x in [1..5) and not(x in ]1..5])", {"x": 1}, True),
        ("x in (<2, >9, 5)", {"x": 5}, True),
        ("x between 1 and 5 and y", {"x": 3, "y": True}, True),
        ("x ≥ 1 and x ≤ 1 and x ≠ 2 and x <> 3", {"x": 1}, True),
        ("`срок (дней)` > 3", {"срок (дней)": 4}, True),
        ('{kind: 1, "a b": 2}.`a b`', {}, 2),
        ("-2 ** 2", {}, 4),
        ("list contains((xs), (2))", {"xs": [2]}, True),
        ("2 - 3 - 4", {}, -5),
        ("1 + 2 * 3", {}, 7),
        ("not x = 1", {"x": 2}, True),
        ("for i in [1, 2], j in [10, 20] return i * j", {}, [[10, 20], [20, 40]]),
        ("some i in xs, j in ys satisfies i > j", {"xs": [1, 5], "ys": [4]}, True),
        ("every i in xs satisfies i > 1", {"xs": [1, 5]}, False),
        ('@"2026-05-01".month', {}, 5),
        (r'"a\"б\n\u00e9\ud83d\ude00"', {}, 'a"б\né😀'),
    ],
)
def test_every_dialect_is_read(text: str, facts: dict[str, Any], value: Any) -> None:
    assert str(evaluate(text, facts)) == str(value)


@pytest.mark.parametrize(
    "text",
    [
        "PT1S",
        "P1Y2M10DT2H30M",
        "P2W",
        "R3/PT10H",
        "R/2026-12-01T10:00:00Z/P1D",
        "2026-12-01",
        "2026-12-01T10:00:00+11:00",
    ],
)
def test_a_bare_time_of_a_standard_timer_is_its_text(text: str) -> None:
    assert parse(f" {text} ").root == Literal(text)
    assert evaluate(text, {}) == text


def test_positions_count_from_one_in_feel_and_from_zero_in_juel_and_python() -> None:
    facts = {"xs": [7, 8, 9]}
    assert [evaluate(text, facts) for text in ("xs[1]", "xs[-1]", "${xs[0]}", "xs[0]", "xs[4]")] == [
        7,
        9,
        7,
        None,
        None,
    ]
    assert evaluate(parse("xs[0]", is_python=True), facts) == 7


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("", "expression_empty", None),
        ("  ", "expression_empty", None),
        ("x" * 2001, "expression_too_long", None),
        ("[" + ",".join("1" * 400) + "]", "expression_too_big", None),
        ("(" * 100 + "1" + ")" * 100, "expression_too_deep", 81),
        ("+".join("a" * 60), "expression_too_deep", None),
        ("amount > ", "expression_ended", 9),
        ("amount > > 1", "expression_unexpected", 10),
        ("a < b < c", "expression_unexpected", 7),
        ("a b", "expression_unexpected", 3),
        ("[1..5]", "expression_unexpected", 3),
        ("1e5", "expression_unexpected", 2),
        ('x = "abc', "expression_text_open", 5),
        (r'"a\q"', "expression_escape", 3),
        (r'"\ud800"', "expression_character", 1),
        ('"\\u0000"', "expression_character", 1),
        ("“a”", "expression_character", 1),
        ("a\u200b", "expression_character", 2),
        ("а\u0301", "expression_character", 2),
        ("１ + 1", "expression_character", 1),
        ("_a", "expression_name", 1),
        ("a.__class__", "expression_name", 3),
        ("открыть(1)", "expression_function_unknown", 1),
        ("1 + abs()", "expression_arguments", 5),
        ("${a ? 1}", "expression_ended", 8),
        ("{a: 1, a: 2}", "expression_unexpected", 8),
        ("1000000000000000001", "expression_value_too_big", 1),
        ("?", "expression_unexpected", 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_column(text: str, code: str, at: int | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.code == code
    assert at is None or caught.value.at == at
    for locale in LOCALES:
        said = describe(Problem(code=code, params=caught.value.params), locale)
        assert said != code and "{" not in said.replace("{a: 1", ""), said


def test_an_error_of_running_knows_its_column() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("1 + n * n", {"n": 10**15})
    assert (caught.value.code, caught.value.at) == ("expression_value_too_big", 7)


def test_names_are_those_of_the_facts() -> None:
    assert names(parse('a.b + docs[kind = "x"].c + xs[i] > 0')) == {"a", "docs", "xs", "i"}
    assert names(parse("some x in xs satisfies x > y")) == {"xs", "y"}
    assert functions_of(parse("starts with(upper(a), 'B') and workdays(3) > now()")) == {
        "starts_with", "upper_case", "workdays", "now",
    }  # fmt: skip


def test_a_function_given_is_known_only_where_it_is_given() -> None:
    given: Functions = {"twice": lambda value: value * 2, "now": lambda: "2026-01-01"}
    assert evaluate("twice(x)", {"x": 3}, given) == 6
    assert evaluate("now()", {}, given) == "2026-01-01"
    with pytest.raises(ExpressionError, match="expression_function_unknown"):
        evaluate("twice(x)", {"x": 3})
    with pytest.raises(ExpressionError, match="expression_function_missing"):
        evaluate("workdays(3)", {})
    with pytest.raises(ExpressionError, match="expression_function_failed"):
        evaluate("twice()", {}, given)


def test_every_code_of_an_error_has_a_text() -> None:
    from leancity.core.processes import xml
    from leancity.core.processes.expressions import decision_model, errors

    documents = (errors.ExpressionError.__doc__, decision_model.DecisionError.__doc__, xml.XmlError.__doc__)
    said = " ".join(filter(None, documents)).replace("xml_…", "")
    codes = {word for word in said.split("``") if word.startswith(("expression_", "decision_", "xml_"))}
    assert len(codes) > 35
    assert [code for code in codes for locale in LOCALES if code not in catalogue()[locale]] == []
