"""The printer of FEEL: whatever was read, said so that it reads back as the same tree."""

from __future__ import annotations

import re
from decimal import Decimal

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

_PLAIN = re.compile(r"[^\W\d_]\w*")
_ATOMS = (Literal, Name, Path, Index, Call, Items, Context)
_WORDS = frozenset(
    {"and", "or", "not", "in", "between", "is", "if", "then", "else", "some", "every", "for", "satisfies", "return"}
    | {"true", "false", "null", "True", "False", "None"}
)
_CONTROL = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def to_feel(expression: Expression) -> str:
    """Return an expression in FEEL, without the ``=`` that Camunda 8 wants before it; ``parse`` reads the same tree."""
    return feel(expression.root)


def feel(node: Node) -> str:
    """Return a tree as FEEL."""
    match node:
        case Literal(value=value):
            return literal(value)
        case Name(name=name):
            return _name(name)
        case Path(base=base, name=name):
            return f"{_atom(base)}.{_name(name)}"
        case Index(base=base, index=index):
            return f"{_atom(base)}[{feel(index)}]"
        case Negative(value=value):
            return f"-{_atom(value)}"
        case Not(value=value):
            return f"not({feel(value)})"
        case Logic(op=op, values=values):
            return f" {op} ".join(map(_part, values))
        case Binary(op=op, left=left, right=right):
            return f"{_operand(left)} {op} {_operand(right)}"
        case In(value=value, tests=tests):
            return f"{_operand(value)} in {_tests(tests)}"
        case If(test=test, value=value, other=other):
            return f"if {feel(test)} then {_part(value)} else {_part(other)}"
        case For(name=name, domain=domain, value=value):
            return f"for {_name(name)} in {_part(domain)} return {_part(value)}"
        case Quantified(is_every=is_every, name=name, domain=domain, test=test):
            return f"{'every' if is_every else 'some'} {_name(name)} in {_part(domain)} satisfies {_part(test)}"
        case Items(items=items):
            return f"[{', '.join(map(feel, items))}]"
        case Context(entries=entries):
            return f"{{{', '.join(f'{quoted(key)}: {feel(value)}' for key, value in entries)}}}"
        case Call(name=name, arguments=arguments):
            called = FUNCTIONS[name].feel if name in FUNCTIONS else name
            return f"{called}({', '.join(map(feel, arguments))})"
    return one_test(node)


def one_test(node: Node) -> str:
    """Return one test as FEEL writes it after ``in`` and in the cells of a decision table."""
    match node:
        case UnaryTest(op=op, value=value):
            return f"{op} {_operand(value)}"
        case Range(low=low, high=high, has_low=has_low, has_high=has_high):
            return f"{'[' if has_low else '('}{_operand(low)}..{_operand(high)}{']' if has_high else ')'}"
    return feel(node)


def literal(value: bool | int | Decimal | str | None) -> str:
    """Return a constant as FEEL writes it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    return quoted(value) if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def quoted(text: str) -> str:
    """Return a text between double quotes; what can't be seen is written by its number."""
    return '"' + "".join(_CONTROL.get(each) or _seen(each) for each in text) + '"'


def _seen(character: str) -> str:
    return character if character.isprintable() or ord(character) > 0xFFFF else f"\\u{ord(character):04x}"


def _name(name: str) -> str:
    return name if name == "?" or (_PLAIN.fullmatch(name) and name not in _WORDS) else f"`{name}`"


def _tests(tests: tuple[Node, ...]) -> str:
    only = tests[0] if len(tests) == 1 else None
    if isinstance(only, Range | Items | Name):
        return one_test(only)
    return f"({', '.join(map(one_test, tests))})"


def _atom(node: Node) -> str:
    return feel(node) if isinstance(node, _ATOMS) else f"({feel(node)})"


def _operand(node: Node) -> str:
    """``not(a) = b`` is read by some as ``not(a = b)``."""
    return f"({feel(node)})" if isinstance(node, Not) else _part(node)


def _part(node: Node) -> str:
    """An operand in brackets unless it holds together by itself: right before clever."""
    return feel(node) if isinstance(node, (*_ATOMS, Negative, Not)) else f"({feel(node)})"
