"""A decision as it was read: a table of rules, or one expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leancity.core.i18n.catalogue import LOCALES, text
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.nodes import Expression


class DecisionError(ExpressionError):
    """A decision that can't be read, or that has no answer. ``params`` name the rule by its number, from 1.

    Codes: ``decision_cell_wrong``, ``decision_cells``, ``decision_hits_differ``, ``decision_input_empty``,
    ``decision_kind``, ``decision_no_numbers``, ``decision_none``, ``decision_one_output``, ``decision_output_unnamed``,
    ``decision_policy_unknown``, ``decision_several``, ``decision_several_hits``, ``decision_too_big``,
    ``decision_value_not_allowed``, ``decision_values_missing``.
    """


def cell_wrong(error: ExpressionError, rule: int, column: str) -> DecisionError:
    """Return the error of a cell: ``reason`` is a text in every language. Rule 0 is the table's head."""
    reason = {locale: text(error.code, locale, error.params) for locale in LOCALES}
    return DecisionError("decision_cell_wrong", error.at, rule=rule, column=column, reason=reason)


@dataclass(frozen=True, slots=True)
class Input:
    """What a column asks of the facts."""

    title: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Output:
    """What a column answers. ``allowed`` is a condition over ``?``; ``order``: its constants, the first goes first."""

    name: str
    title: str
    allowed: Expression | None
    order: tuple[Any, ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A line: ``tests`` per input (None: any value), ``values`` per output (None: null)."""

    no: int
    tests: tuple[Expression | None, ...]
    values: tuple[Expression | None, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Decision:
    """``aggregation``: SUM, MIN, MAX, COUNT or empty; a decision that is one ``expression`` has no rules."""

    key: str
    title: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    expression: Expression | None
