"""The printer of dialects with operators in between, as JUEL and Python have them; each says less than FEEL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.nodes import (
    Binary,
    Call,
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
    Range,
    UnaryTest,
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes what both know; ``functions``: ours → its own, ``words``: what no name may be called;
    ``empty``: its operator that asks whether there is nothing."""

    title: str
    operators: Mapping[str, str]
    constants: tuple[str, str, str]
    negation: str
    choice: str
    quote: str
    functions: Mapping[str, str]
    words: frozenset[str]
    has_lists: bool
    empty: str = ""


class Infix:
    """Prints trees in one dialect; raises ``ExpressionError`` for what it can't say."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def text(self, node: Node) -> str:
        """Return a tree as the dialect writes it."""
        match node:
            case Literal(value=value):
                return self._literal(value)
            case Name(name=name):
                return self._name(name, node)
            case Path(base=base, name=name):
                return f"{self._part(base)}.{self._name(name, node)}"
            case Index(base=base, index=Literal(value=value)) if isinstance(value, str | int) and value not in {0}:
                return f"{self._part(base)}[{self._position(value, node)}]"
            case Negative(value=value):
                return f"-{self._part(value)}"
            case Not(value=value):
                return f"{self._dialect.negation}{self._part(value)}"
            case Logic(op=op, values=values):
                return f" {self._dialect.operators[op]} ".join(map(self._part, values))
            case Binary(op=op, left=left, right=right) if op in self._dialect.operators:
                return f"{self._part(left)} {self._dialect.operators[op]} {self._part(right)}"
            case In(value=value, tests=tests):
                return self._any(node, [self._test(value, test) for test in tests])
            case If(test=test, value=value, other=other):
                return self._dialect.choice.format(
                    test=self._part(test), value=self._part(value), other=self._part(other)
                )
            case Items(items=items) if self._dialect.has_lists:
                return f"[{', '.join(map(self.text, items))}]"
            case Call():
                return self._call(node)
        raise self._refused(node)

    def _part(self, node: Node) -> str:
        text = self.text(node)
        return text if isinstance(node, Literal | Name | Path | Index | Items) else f"({text})"

    def _literal(self, value: bool | int | Decimal | str | None) -> str:
        null, true, false = self._dialect.constants
        if value is None or isinstance(value, bool):
            return null if value is None else true if value else false
        if isinstance(value, str):
            quote = self._dialect.quote
            kept = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
            if self._dialect.has_lists:  # a text of Python ends with its line
                kept = kept.replace("\n", "\\n").replace("\r", "\\r")
            return f"{quote}{kept}{quote}"
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    def _name(self, name: str, node: Node) -> str:
        if not name.isidentifier() or name in self._dialect.words:
            raise self._refused(node, name)
        return name

    def _position(self, value: str | int, node: Node) -> str:
        if isinstance(value, bool):
            raise self._refused(node)
        return self._literal(value - 1 if isinstance(value, int) else value)

    def _test(self, value: Node, test: Node) -> str:
        """A test of In as comparisons: a value's copies are read twice, but nothing here has an effect."""
        match test:
            case UnaryTest(op=op, value=bound):
                return self.text(Binary(op, value, bound))
            case Range(low=low, high=high, has_low=has_low, has_high=has_high):
                over = Binary(">=" if has_low else ">", value, low)
                return self.text(Logic("and", (over, Binary("<=" if has_high else "<", value, high))))
            case Items(items=items) if items:
                return self._any(test, [self.text(Binary("=", value, each)) for each in items])
            case Literal():
                return self.text(Binary("=", value, test))
        if not self._dialect.has_lists:
            raise self._refused(test)  # it can't be told whether a name stands for a value or for a list of them
        return f"{self._part(value)} in {self._part(test)}"

    def _any(self, node: Node, tests: list[str]) -> str:
        if not tests:
            raise self._refused(node)
        return tests[0] if len(tests) == 1 else f" {self._dialect.operators['or']} ".join(f"({each})" for each in tests)

    def _call(self, node: Call) -> str:
        arguments = [self._part(each) for each in node.arguments]
        if node.name == "modulo":
            return f"{arguments[0]} % {arguments[1]}"
        if node.name == "is_empty" and self._dialect.empty:
            return f"{self._dialect.empty} {arguments[0]}"
        if node.name == "is_defined":
            return f"{arguments[0]} {self._dialect.operators['!=']} {self._dialect.constants[0]}"
        if node.name not in self._dialect.functions:
            raise self._refused(node, node.name)
        return f"{self._dialect.functions[node.name]}({', '.join(map(self.text, node.arguments))})"

    def _refused(self, node: Node, what: str = "") -> ExpressionError:
        found = what or type(node).__name__
        return ExpressionError("expression_not_printable", node.at, dialect=self._dialect.title, found=found)
