"""What expressions are worth: null, money, texts, lists, times, functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import condition, evaluate
from leancity.core.processes.expressions.values import plain

SAKHALIN = timezone(timedelta(hours=11))
NOW = {"now": lambda: datetime(2026, 5, 4, 9, 0, tzinfo=SAKHALIN)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("missing > 3", False),
        ("missing = null", True),
        ("missing.part.of[1]", None),
        ('1 = "1"', None),
        ('1 < "1"', None),
        ("not(missing)", True),
        ("1 and true", False),
        ("null or true", True),
        ("missing + 1", None),
        ("true + 1", None),
        ("1 = true", None),
        ('"a" * 3', None),
        ("1 / 0", None),
        ("0.1 + 0.2 = 0.3", True),
        ("10 / 4", Decimal("2.5")),
        ("0.1 * 3", Decimal("0.3")),
        ("price * 3", Decimal("0.3")),
        ("7.0", 7),
        ('"а" + "б"', "аб"),
        ("[1, [2]] = [1, [2]]", True),
        ("{a: 1.0} = {a: 1}", True),
        ('{a: 1} = {a: "1"}', False),
        ("[2, 1] in ([1, 2], [2, 1])", True),
        ("docs.kind", ["a", "b"]),
        ('docs[kind = "b"][1].n', 2),
        ("docs[n > 0][-1].kind", "b"),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ('{a: 5}["a"]', 5),
    ],
)
def test_values(text: str, value: Any) -> None:
    found = evaluate(text, {"price": 0.1, "docs": [{"kind": "a", "n": 1}, {"kind": "b", "n": 2}]})
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("count([1, 2]) + count(missing)", 2),
        ("sum(1, 2, 0.5)", 3.5),
        ("sum([])", None),
        ('sum([1, "x"])', None),
        ("mean([1, 2])", 1.5),
        ('min("b", "a")', "a"),
        ("max([1, 3, 2])", 3),
        ("max([])", None),
        ("abs(-3)", 3),
        ("modulo(-7, 4)", 1),
        ("-7.5 % 4", 0.5),
        ("7 % 0", None),
        ("round half even(2.5)", 2),
        ("round half up(2.5, 0)", 3),
        ("round half up(-2.5)", -3),
        ("round(2.345, 2)", 2.34),
        ("decimal(1/3, 2)", 0.33),
        ("round(1, 99)", None),
        ("floor(-1.5)", -2),
        ("ceiling(1.21, 1)", 1.3),
        ('lower case("АБ") + upper case("в") + trim("  г ")', "абВг"),
        ('contains("abc", "b") and starts with("abc", "ab") and ends_with("abc", "bc")', True),
        ("contains(1, 2)", None),
        ('string length("слово")', 5),
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", 0)', None),
        ('string(1.50) + string(true) + string(duration("PT90M"))', "1.50truePT1H30M"),
        ('number("12,5") + number(1)', 13.5),
        ('number("12a")', None),
        ("list contains([1, 2], 2.0)", True),
        ("all([true, true]) and any(false, true)", True),
        ("concatenate([1], null, [2])", [1, 2]),
        ("append(null, 1, 2)", [1, 2]),
        ("is defined(missing)", False),
        ('is empty("") and is empty(missing) and not(is empty(0))', True),
        ("coalesce(missing, null, 3)", 3),
    ],
)
def test_functions(text: str, value: Any) -> None:
    assert plain(evaluate(text, {})) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('date("2026-01-31") + duration("P1M")', "2026-02-28"),
        ('date("2024-02-29") - duration("P1Y")', "2023-02-28"),
        ("date(2026, 5, 1)", "2026-05-01"),
        ("date(2026, 13, 1)", None),
        ('date("2026-05-01T23:00:00")', "2026-05-01"),
        ('date("когда-нибудь")', None),
        ('date("2026-02-30")', None),
        ("today()", "2026-05-04"),
        ('now() + "PT1H30M"', "2026-05-04T10:30:00+11:00"),
        ('date and time("2026-05-04T08:00:00") < now()', True),
        ('date and time("2026-05-03T22:00:00Z") = now()', True),
        ("date and time(today())", "2026-05-04T00:00:00+11:00"),
        ("date and time(today()) <= now()", True),
        ("today() < now()", None),
        ("due < today()", True),
        ("due in [date(2026, 5, 1)..today())", True),
        ("(today() - due).days", 2),
        ('duration("P1D") = duration("PT24H")', True),
        ('duration("P1M") < duration("P31D")', None),
        ('duration("P1M") - duration("P1D")', None),
        ('duration("P1Y2M") * 2', "P2Y4M"),
        ('-duration("PT1.5S")', "-PT1.5S"),
        ('duration("PT90M") / 2', "PT45M"),
        ('duration("P3DT5H10M").hours', 5),
        ('duration("P1Y2M").months', 2),
        ('years and months duration(date("2024-01-31"), date("2026-01-30"))', "P1Y11M"),
        ("today().weekday", 1),
        ("now().hour", 9),
        ("max(due, today())", "2026-05-04"),
    ],
)
def test_times(text: str, value: Any) -> None:
    assert plain(evaluate(text, {"due": "2026-05-02"}, NOW)) == value


def test_the_present_is_in_utc_where_nobody_gives_it() -> None:
    found = evaluate("now()", {})
    assert found.tzinfo is UTC
    assert plain(evaluate("today()", {})) >= found.date().isoformat()


def test_a_condition_that_is_not_true_is_false() -> None:
    texts = ("true", "1", '"true"', "null", "missing", "a", "a = 1")
    assert [condition(text, {"a": 1}) for text in texts] == [True, False, False, False, False, False, True]


def test_what_is_in_the_facts_is_not_held_to_the_bounds_of_what_is_made() -> None:
    facts = {"text": "я" * 20_000, "list": [1] * 5_000}
    assert evaluate("string length(text) + count(list)", facts) == 25_000
    with pytest.raises(ExpressionError, match="expression_value_too_big"):
        evaluate("text + text", facts)
    with pytest.raises(ExpressionError, match="expression_value_too_big"):
        evaluate("concatenate(list, list)", facts)
