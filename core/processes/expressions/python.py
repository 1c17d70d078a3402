"""The printer of Python, for engines whose models carry it (SpiffWorkflow as it is sold); we never run any."""

from __future__ import annotations

import keyword

from leancity.core.processes.expressions.dialects import Dialect, Infix
from leancity.core.processes.expressions.nodes import Expression

_SAME = ("!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "**")
_PYTHON = Dialect(
    title="Python",
    operators={"=": "==", "and": "and", "or": "or"} | {sign: sign for sign in _SAME},
    constants=("None", "True", "False"),
    negation="not ",
    choice="{value} if {test} else {other}",
    quote='"',
    functions={name: name for name in ("abs", "min", "max", "sum", "any", "all", "workdays", "workhours")}
    | {"round_half_even": "round"},
    words=frozenset(keyword.kwlist),
    has_lists=True,
)


def to_python(expression: Expression) -> str:
    """Return it as Python, positions counted from 0; ``parse(text, is_python=True)`` reads it back.

    Raises ``ExpressionError`` (``expression_not_printable``) for what isn't said so: loops, filters.
    """
    return Infix(_PYTHON).text(expression.root)
