"""The tests in the cells of a decision table: ``-``, ``< 5``, ``[1..3), 7``, ``not("a", "b")``, ``? > 1 and ? < 9``."""

from __future__ import annotations

from leancity.core.processes.expressions.errors import CHARACTERS, ExpressionError
from leancity.core.processes.expressions.nodes import Expression, In, Logic, Name, Node, Not, Range, UnaryTest, walk
from leancity.core.processes.expressions.parsing import measured
from leancity.core.processes.expressions.syntax import Parser
from leancity.core.processes.expressions.tokens import tokens

ASKED = "?"


def parse_tests(text: str) -> Expression | None:
    """Read a cell as a condition over ``?``; None where every value will do. Raises ``ExpressionError``."""
    if len(text) > CHARACTERS:
        raise ExpressionError("expression_too_long", limit=CHARACTERS)
    if text.strip() in {"", "-"}:
        return None
    parser = Parser(tokens(text, 0, len(text)), frozenset(), is_test=True)
    negated = parser.negated_tests()
    if negated is not None:
        return Expression(measured(Not(_either(negated))), text)
    found = parser.tests()
    parser.end()
    return Expression(measured(_either(found)), text)


def _either(tests: tuple[Node, ...]) -> Node:
    """A test that names ``?`` is a condition by itself; of any other the value is compared with it."""
    conditions = tuple(test for test in tests if not isinstance(test, UnaryTest | Range) and _asks(test))
    compared = tuple(test for test in tests if test not in conditions)
    parts = (In(Name(ASKED), compared), *conditions) if compared else conditions
    return parts[0] if len(parts) == 1 else Logic("or", parts)


def _asks(test: Node) -> bool:
    return any(isinstance(node, Name) and node.name == ASKED for node, _ in walk(test))
