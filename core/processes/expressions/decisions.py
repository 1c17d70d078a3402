"""Deciding by a table: which rules fit the facts, and what the hit policy makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from leancity.core.processes.expressions.arithmetic import numbers
from leancity.core.processes.expressions.comparing import equal
from leancity.core.processes.expressions.decision_model import Decision, DecisionError, Rule, cell_wrong
from leancity.core.processes.expressions.decision_reading import read_decision
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import value_of
from leancity.core.processes.expressions.nodes import Expression
from leancity.core.processes.expressions.scope import Functions, Scope
from leancity.core.processes.expressions.unary import ASKED
from leancity.core.processes.expressions.values import is_number, plain

__all__ = ["Decision", "DecisionError", "decide", "read_decision"]

_LISTS = frozenset({"RULE ORDER", "OUTPUT ORDER", "COLLECT"})
_NONE: Functions = {}


def decide(decision: Decision, facts: Mapping[str, Any], functions: Functions = _NONE) -> Any:
    """Return the answer as JSON: the one output's value, or a context by the outputs' names.

    COLLECT, RULE ORDER and OUTPUT ORDER give a list of them, COLLECT with an aggregation a number. Where no rule fits:
    the defaults, or null (an empty list, a count of 0). Raises ``DecisionError``: several rules fit where one may,
    a value isn't allowed, a cell can't be run.
    """
    scope = Scope(facts, functions)
    if decision.expression is not None:
        return plain(value_of(decision.expression.root, scope))
    hits = _hits(decision, scope)
    answers = [_answer(decision, each, scope) for each in hits]
    if decision.policy == "COLLECT" and decision.aggregation:
        return plain(_aggregated(decision, hits, answers))
    if not hits:
        return _otherwise(decision, scope)
    chosen = _chosen(decision, hits, answers, scope)
    found = [plain(_shaped(decision, each)) for each in chosen]
    return found if decision.policy in _LISTS else found[0]


def _hits(decision: Decision, scope: Scope) -> list[Rule]:
    """Return the rules that fit, in their order; each input is asked for once."""
    asked = []
    for column in decision.inputs:
        try:
            asked.append(scope.inside({ASKED: value_of(column.expression.root, scope)}))
        except ExpressionError as error:
            raise cell_wrong(error, 0, column.title) from None
    found = []
    for rule in decision.rules:
        cells = zip(rule.tests, asked, decision.inputs, strict=True)
        if all(test is None or _run(test, inner, rule, column.title) is True for test, inner, column in cells):
            found.append(rule)
            if decision.policy == "FIRST":
                break
    if decision.policy == "UNIQUE" and len(found) > 1:
        raise DecisionError("decision_several_hits", rules=_numbers(found))
    return found


def _answer(decision: Decision, rule: Rule, scope: Scope) -> tuple[Any, ...]:
    values = []
    for column, cell in zip(decision.outputs, rule.values, strict=True):
        value = None if cell is None else _run(cell, scope, rule, column.title)
        if value is not None and column.allowed is not None:
            allowed = _run(column.allowed, scope.inside({ASKED: value}), rule, column.title)
            if allowed is not True:
                raise DecisionError("decision_value_not_allowed", rule=rule.no, column=column.title)
        values.append(value)
    return tuple(values)


def _chosen(
    decision: Decision, hits: list[Rule], answers: list[tuple[Any, ...]], scope: Scope
) -> list[tuple[Any, ...]]:
    if decision.policy in {"PRIORITY", "OUTPUT ORDER"}:
        return sorted(answers, key=lambda answer: _priority(decision, answer, scope))
    if decision.policy == "ANY":
        odd = [rule for rule, answer in zip(hits, answers, strict=True) if plain([*answer]) != plain([*answers[0]])]
        if odd:
            raise DecisionError("decision_hits_differ", rules=_numbers([hits[0], *odd]))
    return answers


def _priority(decision: Decision, answer: tuple[Any, ...], scope: Scope) -> tuple[int, ...]:
    """The place of each value among those allowed; one that isn't a constant of them comes last."""
    places = []
    for column, value in zip(decision.outputs, answer, strict=True):
        same = (place for place, each in enumerate(column.order) if equal(each, value, scope) is True)
        places.append(next(same, len(column.order)))
    return tuple(places)


def _aggregated(decision: Decision, hits: list[Rule], answers: list[tuple[Any, ...]]) -> Any:
    values = [answer[0] for answer in answers]
    if decision.aggregation == "COUNT":
        return len(values)
    odd = [rule for rule, value in zip(hits, values, strict=True) if not is_number(value)]
    if odd:
        raise DecisionError("decision_no_numbers", rules=_numbers(odd))
    if not values:
        return None
    if decision.aggregation == "SUM":
        return reduce(lambda one, other: numbers("+", one, other), values)
    return min(values) if decision.aggregation == "MIN" else max(values)


def _otherwise(decision: Decision, scope: Scope) -> Any:
    if decision.policy in _LISTS:
        return []
    if all(each.default is None for each in decision.outputs):
        return None
    return plain(_shaped(decision, tuple(_default(each.default, each.title, scope) for each in decision.outputs)))


def _default(cell: Expression | None, column: str, scope: Scope) -> Any:
    try:
        return None if cell is None else value_of(cell.root, scope)
    except ExpressionError as error:
        raise cell_wrong(error, 0, column) from None


def _shaped(decision: Decision, answer: tuple[Any, ...]) -> Any:
    if len(answer) == 1:
        return answer[0]
    return {column.name: value for column, value in zip(decision.outputs, answer, strict=True)}


def _run(cell: Expression, scope: Scope, rule: Rule, column: str) -> Any:
    try:
        return value_of(cell.root, scope)
    except ExpressionError as error:
        raise cell_wrong(error, rule.no, column) from None


def _numbers(rules: list[Rule]) -> str:
    return ", ".join(str(rule.no) for rule in rules)
