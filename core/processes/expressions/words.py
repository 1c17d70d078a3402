"""An expression in words, for people: «amount is more than 100 and region is "North"»."""

from __future__ import annotations

from leancity.core.i18n.catalogue import text
from leancity.core.processes.expressions.feel import feel
from leancity.core.processes.expressions.nodes import (
    Binary,
    Expression,
    If,
    In,
    Items,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Path,
    Range,
    UnaryTest,
)

_COMPARED = {
    "=": "expression_words_equal",
    "!=": "expression_words_not_equal",
    "<": "expression_words_less",
    "<=": "expression_words_at_most",
    ">": "expression_words_more",
    ">=": "expression_words_at_least",
}


def to_text(expression: Expression, locale: str) -> str:
    """Return an expression in the words of a language, for people who read a drawing or a finding."""
    return words(expression.root, locale)


def words(node: Node, locale: str) -> str:
    """Return a tree in the words of ``locale``; what has no words of its own stands as FEEL."""
    match node:
        case Literal(value=bool() | None as value):
            return text(f"expression_words_{'null' if value is None else 'true' if value else 'false'}", locale)
        case Literal(value=str() as value):
            return text("expression_words_quoted", locale, {"text": value})
        case Logic(op=op, values=values):
            joined = text(f"expression_words_{op}", locale)
            return joined.join(_part(each, locale) for each in values)
        case Not(value=value):
            return text("expression_words_not", locale, {"value": _part(value, locale)})
        case Binary(op=op, left=left, right=right) if op in _COMPARED:
            return _compared(op, words(left, locale), right, locale)
        case In(value=value, tests=tests):
            asked = words(value, locale)
            return text("expression_words_or", locale).join(_test(asked, each, locale) for each in tests)
        case If(test=test, value=value, other=other):
            parts = {"test": words(test, locale), "value": words(value, locale), "other": words(other, locale)}
            return text("expression_words_if", locale, parts)
    return feel(node)


def _compared(op: str, left: str, right: Node, locale: str) -> str:
    return text(_COMPARED[op], locale, {"left": left, "right": words(right, locale)})


def _test(asked: str, test: Node, locale: str) -> str:
    match test:
        case UnaryTest(op=op, value=value):
            return _compared(op, asked, value, locale)
        case Range(low=low, high=high, has_low=has_low, has_high=has_high):
            least = _compared(">=" if has_low else ">", asked, low, locale)
            most = _compared("<=" if has_high else "<", asked, high, locale)
            return least + text("expression_words_and", locale) + most
        case Items(items=items):
            listed = ", ".join(words(each, locale) for each in items)
            return text("expression_words_in", locale, {"left": asked, "right": listed})
        case Name() | Path():
            return text("expression_words_in", locale, {"left": asked, "right": words(test, locale)})
    return _compared("=", asked, test, locale)


def _part(node: Node, locale: str) -> str:
    found = words(node, locale)
    is_several = isinstance(node, Logic | If) or (isinstance(node, In) and len(node.tests) > 1)
    return f"({found})" if is_several else found
