"""What is printed says what was read: in FEEL as the same tree, in JUEL and Python with the same value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from leancity.core.processes.expressions.errors import CHARACTERS, ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.expressions.feel import to_feel
from leancity.core.processes.expressions.juel import to_juel
from leancity.core.processes.expressions.nodes import Expression, Literal, Node
from leancity.core.processes.expressions.parsing import parse
from leancity.core.processes.expressions.python import to_python
from leancity.core.processes.expressions.values import plain
from leancity.core.processes.expressions.words import to_text
from tests.core.processes.expressions.trees import facts, tree

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much]
BOUNDS = settings(max_examples=100, deadline=2000, suppress_health_check=CHECKS)


def value(expression: Expression, given_facts: dict[str, Any]) -> Any:
    try:
        return plain(evaluate(expression, given_facts))
    except ExpressionError as error:
        return error.code


@BOUNDS
@given(tree())
def test_feel_reads_back_as_the_same_tree(root: Node) -> None:
    text = to_feel(Expression(root))
    assume(len(text) < CHARACTERS)
    found = parse(text).root
    assert (found, repr(found)) == (root, repr(root)), text


@BOUNDS
@given(tree(is_whole=False), facts)
def test_juel_and_python_read_back_with_the_same_value(root: Node, given_facts: dict[str, Any]) -> None:
    whole = Expression(root)
    juel, python = to_juel(whole), to_python(whole)
    assume(len(python) < CHARACTERS and not (isinstance(root, Literal) and root.value == ""))
    assert value(parse(juel), given_facts) == value(whole, given_facts), juel
    assert value(parse(python, is_python=True), given_facts) == value(whole, given_facts), python


@pytest.mark.parametrize(
    ("text", "feel", "juel", "python"),
    [
        ('a.b > 1 && c != "x"', '(a.b > 1) and (c != "x")', "${(a.b > 1) && (c != 'x')}", '(a.b > 1) and (c != "x")'),
        ("xs[1] = xs[-1]", "xs[1] = xs[-1]", None, None),
        ("xs[2].n", "xs[2].n", "${xs[1].n}", "xs[1].n"),
        (
            "x in [1..5)",
            "x in [1..5)",
            "${(x >= 1) && (x < 5)}",
            "(x >= 1) and (x < 5)",
        ),
        ('x in ["a", "b"]', 'x in ["a", "b"]', "${(x == 'a') || (x == 'b')}", '(x == "a") or (x == "b")'),
        ("x in xs", "x in xs", None, "x in xs"),
        ("is empty(x)", "is empty(x)", "${empty x}", None),
        ("is defined(x)", "is defined(x)", "${x != null}", "x != None"),
        ("round(x, 2) % 3", "modulo(round half even(x, 2), 3)", None, "(round(x, 2)) % 3"),
        ("not a", "not(a)", "${!a}", "not a"),
        ('a[""]["and"]', 'a[""]["and"]', "${a['']['and']}", 'a[""]["and"]'),
        ("a ? 1 : 2", "if a then 1 else 2", "${a ? 1 : 2}", "1 if a else 2"),
        ("some y in xs satisfies y > 1", "some y in xs satisfies (y > 1)", None, None),
        ("PT5M", '"PT5M"', "${'PT5M'}", '"PT5M"'),
        ("`class` = 1", "class = 1", "${class == 1}", None),
        ("`a b` = 1", "`a b` = 1", None, None),
        ("x ** 2", "x ** 2", None, "x ** 2"),
        (r'"it\'s \\ \n"', '"it\'s \\\\ \\n"', "${'it\\'s \\\\ \n'}", '"it\'s \\\\ \\n"'),
    ],
)
def test_what_a_dialect_cannot_say_is_refused(text: str, feel: str, juel: str | None, python: str | None) -> None:
    read = parse(text)
    assert to_feel(read) == feel
    for printer, wanted in ((to_juel, juel), (to_python, python)):
        if wanted is not None:
            assert printer(read) == wanted
        else:
            with pytest.raises(ExpressionError, match="expression_not_printable"):
                printer(read)


def test_in_words() -> None:
    read = parse('amount > 100 and (region = "Север" or not(paid)) and x in [1..5) and kind in ["a", "b"]')
    assert to_text(read, "ru") == (
        "amount больше 100 и (region равно «Север» или неверно, что paid) и x не меньше 1 и x меньше 5"
        " и kind — одно из: «a», «b»"
    )
    assert (
        to_text(parse("if a = null then true else b <= 2"), "en")
        == "if a is not given then yes, otherwise b is at most 2"
    )
