"""From a text to its tree, within bounds; the rules of the language are ``syntax``'s.

Which dialect a text is in is told by its first characters: ``${…}`` and ``#{…}`` are JUEL, a leading ``=`` is FEEL as
Camunda 8 writes it, a bare ISO 8601 time is the text of a standard timer, and anything else is FEEL too. Operators of
all dialects are understood in each; only positions differ: JUEL and Python count from 0, FEEL from 1.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from leancity.core.processes.expressions.errors import CHARACTERS, DEPTH, NODES, ExpressionError
from leancity.core.processes.expressions.nodes import Expression, Literal, Node, walk
from leancity.core.processes.expressions.syntax import Parser
from leancity.core.processes.expressions.tokens import tokens
from leancity.core.processes.expressions.values import is_iso_time

_KEPT = 2_048
"""Texts whose trees are remembered: the largest tree takes about 50 KB, a usual one two."""


def parse(text: str, functions: Collection[str] = (), *, is_python: bool = False) -> Expression:
    """Read an expression; raises ``ExpressionError`` with the column at fault.

    ``functions`` are names that may be called besides those of the table; ``is_python``: positions count from 0, as in
    what ``python.to_python`` prints.
    """
    return _parsed(text, frozenset(functions), is_python)


@lru_cache(_KEPT)
def _parsed(text: str, functions: frozenset[str], is_python: bool) -> Expression:
    if len(text) > CHARACTERS:
        raise ExpressionError("expression_too_long", limit=CHARACTERS)
    body = text.strip()
    if not body:
        raise ExpressionError("expression_empty")
    begin = text.index(body)
    if is_iso_time(body):
        return Expression(Literal(body, at=begin + 1), text)
    end = begin + len(body)
    is_juel = body.startswith(("${", "#{")) and body.endswith("}")
    if is_juel:
        begin, end = begin + 2, end - 1
    elif body.startswith("="):
        begin += 1
    parser = Parser(tokens(text, begin, end), functions, is_juel=is_juel, is_zero_based=is_juel or is_python)
    return Expression(measured(parser.whole()), text)


def measured(root: Node) -> Node:
    """Return a tree that is within the bounds; raises ``ExpressionError``."""
    for count, (node, depth) in enumerate(walk(root), 1):
        if count > NODES:
            raise ExpressionError("expression_too_big", node.at, limit=NODES)
        if depth > DEPTH:
            raise ExpressionError("expression_too_deep", node.at, limit=DEPTH)
    return root
