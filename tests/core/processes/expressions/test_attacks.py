"""What an uploader may try: nothing runs but the language, and nothing runs long."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.expressions.nodes import Expression, Node
from leancity.core.processes.expressions.parsing import measured, parse
from leancity.core.processes.expressions.values import plain
from tests.core.processes.expressions.trees import facts, tree

MARK = "./pwned"
IMPORT = "__import__('pathlib').Path('./pwned').write_text('x')"
WALK = (
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__=='_wrap_close'][0]"
    ".__init__.__globals__['sys'].modules['pathlib'].Path('./pwned').write_text('x')"
)
REFUSED = [
    IMPORT,
    WALK,
    f"${{{IMPORT}}}",
    f"= {WALK}",
    '"".__class__.__mro__',
    '"{0.__class__}".format(1)',
    'f"{().__class__}"',
    "(lambda: 1)()",
    "[x for x in [1]]",
    "9**9**9",
    "10**18 * 10**18",
    "999999999999*999999999999*999999999999",
    "(" * 400 + "1" + ")" * 400,
    "x in (" * 300 + "1",
    "not " * 400 + "x",
    "-" * 1900 + "1",
    "(x:=1)",
    'getattr(1,"x")',
    "eval('1')",
    "x.items()",
    "${execution.getVariable('x')}",
    "${''.getClass().forName('java.lang.Runtime')}",
    "x._private",
    "`__class__`",
    "x; y",
    "import os",
    "“x”",
    "x\u202e = 1",
]
HARMLESS = ['"a"*10000000000', 'round("x")', "globals", "class", "print", "x.items", "x.keys"]


@pytest.mark.parametrize("text", REFUSED)
def test_an_attack_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    begun = time.perf_counter()
    with pytest.raises(ExpressionError):
        evaluate(text, {"x": {"a": 1}})
    assert not Path(MARK).exists()
    assert time.perf_counter() - begun < 2, "a guard against hanging"


@pytest.mark.parametrize("text", HARMLESS)
def test_a_name_of_pythons_is_a_fact_that_nobody_knows(text: str) -> None:
    assert evaluate(text, {"x": {"a": 1}}) is None


@pytest.mark.parametrize(
    "text",
    [
        "for x in xs return for y in xs return y",
        "some x in xs satisfies some y in xs satisfies some z in xs satisfies false",
        "xs[sum(xs) = item]",
        "xs[xs[xs[item = 0] = 0] = 0]",
        "for x in xs return [" + ", ".join(["xs"] * 200) + "]",
        "count(for x in xs return list contains(texts, x))",
        "for x in xs return upper case(long) + lower case(long)",
        "2 ** 0.5 ** 3 ** 999999999999999999",
    ],
)
def test_loops_end(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"xs": [*range(1000)], "texts": ["a"] * 1000, "long": "a" * 30_000})
    assert caught.value.code in {"expression_steps", "expression_value_too_big"}
    assert time.perf_counter() - begun < 2, "a guard against hanging"


def test_deep_facts_are_an_error_and_no_crash() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(ExpressionError, match="expression_too_deep"):
        evaluate("a = b", {"a": deep, "b": deep})
    with pytest.raises(ExpressionError, match="expression_too_deep"):
        plain(evaluate("a", {"a": deep}))


@pytest.mark.parametrize(
    "text",
    [
        '"' + "\\" * 1990,
        "'" + "a\\'" * 600,
        "P" + "1" * 1990 + "§",
        "R" + "1/" * 990,
        "`" * 1999,
        "1." * 990,
        "R1/P" + "1D" * 990 + "§",
    ],
)
def test_no_pattern_runs_long(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(ExpressionError):
        parse(text)
    assert time.perf_counter() - begun < 1, "a guard against hanging"


PIECES = (
    "a b1 in not if then else and or some every satisfies for return between is ( ) [ ] { } , . .. : ? + - * / ** %"
    " < <= = == != ! && || 1 2.5 999999999999999999 'x' null true `a-b` @ ${ } PT1H date( sum( ]1..5[ \\ § \u00a0"
)
pieces = st.sampled_from(PIECES.split(" "))


@settings(max_examples=120, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=2100) | st.lists(pieces, max_size=60).map(" ".join), facts)
def test_any_text_is_read_or_refused_and_what_is_read_runs(text: str, given_facts: dict[str, Any]) -> None:
    with contextlib.suppress(ExpressionError):
        plain(evaluate(text, given_facts))


@settings(max_examples=120, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(tree(), facts)
def test_any_tree_runs_over_any_facts(root: Node, given_facts: dict[str, Any]) -> None:
    with contextlib.suppress(ExpressionError):
        plain(evaluate(Expression(measured(root)), given_facts))
