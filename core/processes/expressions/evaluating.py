"""Running an expression over the facts of a case: a walk over its tree that can reach nothing but them.

What isn't known is null and costs no error: a case doesn't stop because an applicant left a field empty. ``and``,
``or`` and ``not`` know two answers only: what isn't true is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from leancity.core.processes.expressions.arithmetic import reckon
from leancity.core.processes.expressions.comparing import compare, equal
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.functions import FUNCTIONS
from leancity.core.processes.expressions.nodes import (
    Binary,
    Call,
    Context,
    Expression,
    For,
    If,
    In,
    Index,
    Items,
    Literal,
    Logic,
    Name,
    Negative,
    Node,
    Not,
    Path,
    Quantified,
    Range,
    UnaryTest,
)
from leancity.core.processes.expressions.parsing import parse
from leancity.core.processes.expressions.scope import Functions, Scope
from leancity.core.processes.expressions.values import Duration, is_number, read

_NONE: Functions = {}
_A_STEP = 100
"""Characters of a text that a function walks through for one step."""


def evaluate(expression: Expression | str, facts: Mapping[str, Any], functions: Functions = _NONE) -> Any:
    """Return the value of an expression: None, bool, int, Decimal, str, list, dict, date, datetime or ``Duration``.

    ``facts`` are JSON; ``functions`` are callables by their snake_case names, beside and before those of the table:
    ``workdays`` and ``workhours``, ``now`` in the city's zone. ``values.plain`` makes JSON of what comes back. Raises
    ``ExpressionError``: the text can't be read, a bound is passed, a function is missing or fails.
    """
    tree = parse(expression, functions) if isinstance(expression, str) else expression
    return value_of(tree.root, Scope(facts, functions))


def condition(expression: Expression | str, facts: Mapping[str, Any], functions: Functions = _NONE) -> bool:
    """Tell whether a condition holds: what isn't true (false, null, a text, a number) doesn't."""
    return evaluate(expression, facts, functions) is True


def value_of(node: Node, scope: Scope) -> Any:
    """Return the value of a node; an error gets the place of the innermost node that it came up in."""
    scope.spend(1)
    try:
        return _WORK[type(node)](node, scope)
    except ExpressionError as error:
        if error.at is None:
            raise ExpressionError(error.code, node.at, **error.params) from None
        raise


def _literal(node: Literal, scope: Scope) -> Any:
    return node.value


def _name(node: Name, scope: Scope) -> Any:
    return scope.find(node.name)


def _path(node: Path, scope: Scope) -> Any:
    base = value_of(node.base, scope)
    if isinstance(base, list):
        scope.spend(len(base))
        return scope.built([_part(read(each), node.name) for each in base])
    return _part(base, node.name)


def _part(base: Any, name: str) -> Any:
    if isinstance(base, dict):
        return read(base.get(name))
    if isinstance(base, Duration) and name in _OF_DURATION:
        return _OF_DURATION[name](base)
    if isinstance(base, datetime) and name in _OF_TIME:
        return _OF_TIME[name](base)
    return _OF_DATE[name](base) if isinstance(base, date) and name in _OF_DATE else None


_OF_DATE: dict[str, Callable[[date], int]] = {
    "year": lambda at: at.year,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "weekday": lambda at: at.isoweekday(),
}
_OF_TIME: dict[str, Callable[[datetime], int]] = {
    "hour": lambda at: at.hour,
    "minute": lambda at: at.minute,
    "second": lambda at: at.second,
}
_OF_DURATION: dict[str, Callable[[Duration], int]] = {
    "years": lambda value: int(value.months / 12),
    "months": lambda value: abs(value.months) % 12 * (1 if value.months > 0 else -1),
    "days": lambda value: int(value.time.total_seconds() / 86_400),
    "hours": lambda value: int(value.time.total_seconds() / 3_600) % 24,
    "minutes": lambda value: int(value.time.total_seconds() / 60) % 60,
    "seconds": lambda value: int(value.time.total_seconds()) % 60,
}


def _index(node: Index, scope: Scope) -> Any:
    base = value_of(node.base, scope)
    if not isinstance(base, list | dict):
        return None
    index = value_of(node.index, scope)
    if isinstance(base, dict):
        return read(base.get(index)) if isinstance(index, str) else None
    if is_number(index):
        return _element(base, index)
    return [each for each in base if value_of(node.index, scope.inside(_of_item(each))) is True]


def _element(found: list[Any], index: Any) -> Any:
    """The first element is 1, the last -1."""
    if not isinstance(index, int) or not 0 < abs(index) <= len(found):
        return None
    return read(found[index - 1 if index > 0 else index])


def _of_item(item: Any) -> dict[str, Any]:
    return {**item, "item": item} if isinstance(item, dict) else {"item": item}


def _negative(node: Negative, scope: Scope) -> Any:
    value = value_of(node.value, scope)
    if isinstance(value, Duration):
        return Duration(-value.months, -value.time)
    return -value if is_number(value) else None


def _not(node: Not, scope: Scope) -> bool:
    return value_of(node.value, scope) is not True


def _logic(node: Logic, scope: Scope) -> bool:
    if node.op == "and":
        return all(value_of(each, scope) is True for each in node.values)
    return any(value_of(each, scope) is True for each in node.values)


def _binary(node: Binary, scope: Scope) -> Any:
    left, right = value_of(node.left, scope), value_of(node.right, scope)
    return (compare if node.op in _COMPARISONS else reckon)(node.op, left, right, scope)


_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


def _in(node: In, scope: Scope) -> bool:
    value = value_of(node.value, scope)
    return any(_holds(test, value, scope) for test in node.tests)


def _holds(test: Node, value: Any, scope: Scope) -> bool:
    if isinstance(test, UnaryTest):
        return compare(test.op, value, value_of(test.value, scope), scope) is True
    if isinstance(test, Range):
        low, high = value_of(test.low, scope), value_of(test.high, scope)
        return (
            compare(">=" if test.has_low else ">", value, low, scope) is True
            and compare("<=" if test.has_high else "<", value, high, scope) is True
        )
    wanted = value_of(test, scope)
    if equal(value, wanted, scope) is True:
        return True
    return isinstance(wanted, list) and any(equal(value, read(each), scope) is True for each in wanted)


def _if(node: If, scope: Scope) -> Any:
    return value_of(node.value if value_of(node.test, scope) is True else node.other, scope)


def _for(node: For, scope: Scope) -> Any:
    domain = value_of(node.domain, scope)
    if not isinstance(domain, list):
        return None
    return scope.built([value_of(node.value, scope.inside({node.name: each})) for each in domain])


def _quantified(node: Quantified, scope: Scope) -> Any:
    domain = value_of(node.domain, scope)
    if not isinstance(domain, list):
        return None
    answers = (value_of(node.test, scope.inside({node.name: each})) is True for each in domain)
    return all(answers) if node.is_every else any(answers)


def _items(node: Items, scope: Scope) -> Any:
    return scope.built([value_of(each, scope) for each in node.items])


def _context(node: Context, scope: Scope) -> Any:
    return scope.built({key: value_of(each, scope) for key, each in node.entries})


def _call(node: Call, scope: Scope) -> Any:
    arguments = [value_of(each, scope) for each in node.arguments]
    scope.spend(sum(_length(each) for each in arguments))
    given = scope.functions.get(node.name)
    if given is not None:
        try:
            return read(given(*arguments))
        except (ValueError, TypeError, ArithmeticError, LookupError):
            raise ExpressionError("expression_function_failed", node.at, name=node.name) from None
    known = FUNCTIONS.get(node.name)
    if known is None or known.work is None:
        raise ExpressionError("expression_function_missing", node.at, name=node.name)
    return known.work(scope, *arguments)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else len(value) // _A_STEP if isinstance(value, str) else 0


_WORK: dict[type, Callable[[Any, Scope], Any]] = {
    Literal: _literal,
    Name: _name,
    Path: _path,
    Index: _index,
    Negative: _negative,
    Not: _not,
    Logic: _logic,
    Binary: _binary,
    In: _in,
    If: _if,
    For: _for,
    Quantified: _quantified,
    Items: _items,
    Context: _context,
    Call: _call,
}
