"""What an expression asks for: names of facts, and functions."""

from __future__ import annotations

from leancity.core.processes.expressions.nodes import (
    Call,
    Expression,
    For,
    Index,
    Name,
    Node,
    Quantified,
    children,
    walk,
)


def names(expression: Expression) -> frozenset[str]:
    """Return the names of facts that an expression may read, those of its loops left out.

    In the condition of a filter, ``docs[kind = "passport"]``, a name may be the element's as well as the case's: it
    isn't among them.
    """
    return frozenset(_free(expression.root, frozenset()))


def functions_of(expression: Expression) -> frozenset[str]:
    """Return the names of the functions that an expression calls, in snake_case."""
    return frozenset(node.name for node, _ in walk(expression.root) if isinstance(node, Call))


def _free(node: Node, bound: frozenset[str]) -> set[str]:
    if isinstance(node, Name):
        return set() if node.name in bound else {node.name}
    if isinstance(node, For | Quantified):
        body = node.value if isinstance(node, For) else node.test
        return _free(node.domain, bound) | _free(body, bound | {node.name})
    if isinstance(node, Index) and _is_filter(node.index):
        return _free(node.base, bound)
    found: set[str] = set()
    for child in children(node):
        found |= _free(child, bound)
    return found


def _is_filter(index: Node) -> bool:
    """A lone name is a position or a key: a filter compares, calls or asks."""
    return not isinstance(index, Name) and any(isinstance(node, Name) for node, _ in walk(index))
