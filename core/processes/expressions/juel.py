"""The printer of JUEL, the language of Camunda 7, Operaton and Flowable."""

from __future__ import annotations

from leancity.core.processes.expressions.dialects import Dialect, Infix
from leancity.core.processes.expressions.nodes import Expression

_SAME = ("!=", "<", "<=", ">", ">=", "+", "-", "*", "/")
_WORDS = ("and", "or", "not", "eq", "ne", "lt", "gt", "le", "ge", "true", "false", "null", "instanceof", "empty")
_JUEL = Dialect(
    title="JUEL",
    operators={"=": "==", "and": "&&", "or": "||"} | {sign: sign for sign in _SAME},
    constants=("null", "true", "false"),
    negation="!",
    choice="{test} ? {value} : {other}",
    quote="'",
    functions={},
    words=frozenset((*_WORDS, "div", "mod")),
    has_lists=False,
    empty="empty",
)


def to_juel(expression: Expression) -> str:
    """Return it as ``${…}``, positions counted from 0.

    Raises ``ExpressionError`` (``expression_not_printable``) for what JUEL can't say: loops, functions.
    """
    return f"${{{Infix(_JUEL).text(expression.root)}}}"
