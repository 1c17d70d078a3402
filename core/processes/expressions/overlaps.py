"""Rules of a table that both fit, where its hit policy allows one only: told before a case meets them.

Found by example: the constants that a column's cells name, and values between them, are tried in every cell. What is
told is therefore true; what only further facts or functions decide is left to the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

from leancity.core.processes.expressions.decision_model import Decision
from leancity.core.processes.expressions.errors import STEPS, ExpressionError
from leancity.core.processes.expressions.evaluating import value_of
from leancity.core.processes.expressions.nodes import Call, Expression, Literal, Name, Negative, walk
from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.unary import ASKED

MOST_TRIALS = 50_000
"""Cells times values; a larger table is not looked at."""
SINGLE = frozenset({"UNIQUE", "ANY"})
_OTHER = "…"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules, by number, and an ``example`` of the inputs by title that both fit."""

    first: int
    second: int
    example: dict[str, Any]


def overlaps(decision: Decision) -> tuple[Overlap, ...]:
    """Return the pairs of rules that one case can fit, each with an example; of ANY those that answer differently."""
    if decision.policy not in SINGLE or len({column.expression for column in decision.inputs}) < len(decision.inputs):
        return ()  # two columns that ask the same can't take different values: no example would be true
    tried = [_tried([rule.tests[place] for rule in decision.rules]) for place in range(len(decision.inputs))]
    if sum(len(values) for values in tried) * len(decision.rules) > MOST_TRIALS:
        return ()
    fitting = [[_fits(rule.tests[place], values) for place, values in enumerate(tried)] for rule in decision.rules]
    return tuple(_pairs(decision, tried, fitting))


def _pairs(decision: Decision, tried: list[list[Any]], fitting: list[list[frozenset[int]]]) -> Iterator[Overlap]:
    for one, other in combinations(range(len(decision.rules)), 2):
        if decision.policy == "ANY" and decision.rules[one].values == decision.rules[other].values:
            continue
        common = [mine & theirs for mine, theirs in zip(fitting[one], fitting[other], strict=True)]
        if all(common):
            example = {column.title: tried[place][min(common[place])] for place, column in enumerate(decision.inputs)}
            yield Overlap(decision.rules[one].no, decision.rules[other].no, example)


def _tried(cells: list[Expression | None]) -> list[Any]:
    """Return what is tried in a column: its constants, a number beyond and between each two, and one of its own."""
    constants = [value for cell in cells if cell is not None for value in _constants(cell)]
    words = sorted({value for value in constants if isinstance(value, str)})
    truths = sorted({value for value in constants if isinstance(value, bool)})
    numbers = (value for value in constants if isinstance(value, int | Decimal) and not isinstance(value, bool))
    points = sorted({Decimal(value) for value in numbers})
    between = [(low + high) / 2 for low, high in pairwise(points)]
    beyond = [points[0] - 1, points[-1] + 1] if points else []
    own = [] if points or truths else [_OTHER]
    return [*truths, *words, *(_short(value) for value in (*points, *between, *beyond)), *own]


def _constants(cell: Expression) -> Iterator[Any]:
    for node, _ in walk(cell.root):
        if isinstance(node, Literal) and node.value is not None:
            yield node.value
        elif (
            isinstance(node, Negative)
            and isinstance(node.value, Literal)
            and isinstance(node.value.value, int | Decimal)
        ):
            yield -node.value.value


def _short(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value


def _fits(cell: Expression | None, values: list[Any]) -> frozenset[int]:
    """Return the places of the values that a cell takes; none where it asks for more than the value."""
    if cell is None:
        return frozenset(range(len(values)))
    if any(isinstance(node, Call) or (isinstance(node, Name) and node.name != ASKED) for node, _ in walk(cell.root)):
        return frozenset()
    return frozenset(place for place, value in enumerate(values) if _takes(cell, value))


def _takes(cell: Expression, value: Any) -> bool:
    try:
        return value_of(cell.root, Scope({}, {}, {ASKED: value}, [STEPS])) is True
    except ExpressionError:
        return False
