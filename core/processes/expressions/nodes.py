"""The tree of an expression: the pivot between the dialects that are read and those that are printed.

Two trees are equal when they say the same, wherever that stood in a text: ``at`` (a 1-based column) isn't compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

Node: TypeAlias = (
    "Literal | Name | Path | Index | Negative | Not | Logic | Binary | In | UnaryTest | Range | If | For | Quantified "
    "| Items | Context | Call"
)


@dataclass(frozen=True, slots=True)
class _At:
    at: int = field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Literal(_At):
    """A constant. A bare ISO 8601 time of a standard timer is a text. Numbers with a point are Decimal."""

    value: bool | int | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Name(_At):
    """A fact of the case, or what a loop goes over."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(_At):
    """``base.name``: an entry of a context, or a part of a date or a duration; of a list, that of each element."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index(_At):
    """``base[index]``: an element (from 1, from the end with a minus), an entry by its key, or a filter of a list."""

    base: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Negative(_At):
    """``-value``."""

    value: Node


@dataclass(frozen=True, slots=True)
class Not(_At):
    """``not(value)``."""

    value: Node


@dataclass(frozen=True, slots=True)
class Logic(_At):
    """``a and b and c``; ``op`` is and, or."""

    op: str
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary(_At):
    """Two values and ``op``: = != < <= > >= + - * / **."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In(_At):
    """``value in (tests)``: one of them holds. Each is a UnaryTest, a Range, or an expression: a value or a list."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class UnaryTest(_At):
    """``< 5``, only as a test of In; ``op`` is one of = != < <= > >=."""

    op: str
    value: Node


@dataclass(frozen=True, slots=True)
class Range(_At):
    """``[low..high)``, only as a test of In; whether each end belongs to it."""

    low: Node
    high: Node
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class If(_At):
    """``if test then value else other``."""

    test: Node
    value: Node
    other: Node


@dataclass(frozen=True, slots=True)
class For(_At):
    """``for name in domain return value``."""

    name: str
    domain: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Quantified(_At):
    """``some|every name in domain satisfies test``; ``is_every`` tells which."""

    is_every: bool
    name: str
    domain: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Items(_At):
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Context(_At):
    """``{key: value}``."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Call(_At):
    """``name(arguments)``; ``name`` is the one of the function table, in snake_case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """What ``parse`` returns: the tree, and the text it was read from, which isn't compared."""

    root: Node
    source: str = field(default="", compare=False)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below, in the order of the text."""
    match node:
        case Literal() | Name():
            return ()
        case Path(base=base):
            return (base,)
        case Index(base=base, index=index):
            return (base, index)
        case Negative(value=value) | Not(value=value) | UnaryTest(value=value):
            return (value,)
        case Logic(values=values):
            return values
        case Binary(left=left, right=right):
            return (left, right)
        case In(value=value, tests=tests):
            return (value, *tests)
        case Range(low=low, high=high):
            return (low, high)
        case If(test=test, value=value, other=other):
            return (test, value, other)
        case For(domain=domain, value=value):
            return (domain, value)
        case Quantified(domain=domain, test=test):
            return (domain, test)
        case Items(items=items):
            return items
        case Context(entries=entries):
            return tuple(value for _, value in entries)
        case Call(arguments=arguments):
            return arguments


def walk(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield every node with its depth, the root at 1, without going down by recursion."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in children(node)]
