"""DMN 1.1 to 1.5 as XML: one decision in a document, a table or a literal expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lxml import etree

from leancity.core.processes.expressions.decision_model import Decision, DecisionError, Input, Output, Rule, cell_wrong
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.nodes import Expression, In, Literal, Negative
from leancity.core.processes.expressions.parsing import parse
from leancity.core.processes.expressions.unary import parse_tests
from leancity.core.processes.xml import parse_xml

NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
)
CELLS = 10_000
POLICIES = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT"})
_Read = TypeVar("_Read")
AGGREGATIONS = frozenset({"", "SUM", "MIN", "MAX", "COUNT"})


def read_decision(xml: bytes) -> Decision:
    """Read a document with one decision.

    Raises ``DecisionError``, which names the rule and the column at fault, and ``XmlError``: it is no XML that we read.
    """
    root = parse_xml(xml)
    namespace = etree.QName(root).namespace
    if namespace not in NAMESPACES:
        raise DecisionError("decision_none")
    return _Reader(namespace).decision(root)


class _Reader:
    """Reads the elements of one namespace."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def decision(self, root: etree._Element) -> Decision:
        found = self._all(root, "decision")
        if len(found) != 1:
            raise DecisionError("decision_several" if found else "decision_none", count=len(found))
        element = found[0]
        key, title = element.get("id", ""), element.get("name", "")
        table, literal = self._first(element, "decisionTable"), self._first(element, "literalExpression")
        if table is not None:
            return self._table(table, key, title)
        if literal is None:
            raise DecisionError("decision_kind")
        expression = _read(parse, self._text(literal), 0, title or key)
        return Decision(key, title, "", "", (), (), (), expression)

    def _table(self, table: etree._Element, key: str, title: str) -> Decision:
        policy, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation", "")
        if policy not in POLICIES or aggregation not in AGGREGATIONS:
            raise DecisionError("decision_policy_unknown", policy=f"{policy} {aggregation}".strip()[:40])
        lines = self._all(table, "rule")
        inputs = tuple(self._input(each, no) for no, each in enumerate(self._all(table, "input"), 1))
        columns = self._all(table, "output")
        if len(lines) * (len(inputs) + len(columns)) > CELLS:
            raise DecisionError("decision_too_big", limit=CELLS)
        outputs = tuple(self._output(each, no, len(columns)) for no, each in enumerate(columns, 1))
        if not outputs or (aggregation and len(outputs) > 1):
            raise DecisionError("decision_one_output" if outputs else "decision_output_unnamed", output=1)
        if policy in {"PRIORITY", "OUTPUT ORDER"} and not any(each.order for each in outputs):
            raise DecisionError("decision_values_missing", policy=policy)
        rules = tuple(self._rule(each, no, inputs, outputs) for no, each in enumerate(lines, 1))
        return Decision(key, title, policy, aggregation, inputs, outputs, rules, None)

    def _input(self, element: etree._Element, no: int) -> Input:
        asked = self._first(element, "inputExpression")
        text = "" if asked is None else self._text(asked)
        title = element.get("label") or text or str(no)
        if not text.strip():
            raise DecisionError("decision_input_empty", input=no)
        return Input(title, _read(parse, text, 0, title))

    def _output(self, element: etree._Element, no: int, of: int) -> Output:
        """The one output of a table needs no name: its value is the answer itself."""
        name = element.get("name", "")
        if not name and of > 1:
            raise DecisionError("decision_output_unnamed", output=no)
        title = element.get("label") or name or str(no)
        values, default = self._first(element, "outputValues"), self._first(element, "defaultOutputEntry")
        allowed = None if values is None else _read(parse_tests, self._text(values), 0, title)
        given = "" if default is None else self._text(default)
        return Output(name, title, allowed, _constants(allowed), _read(parse, given, 0, title) if given else None)

    def _rule(self, element: etree._Element, no: int, inputs: tuple[Input, ...], outputs: tuple[Output, ...]) -> Rule:
        asked, answered = self._all(element, "inputEntry"), self._all(element, "outputEntry")
        if len(asked) != len(inputs) or len(answered) != len(outputs):
            raise DecisionError("decision_cells", rule=no)
        tests = tuple(
            _read(parse_tests, self._text(cell), no, each.title) for cell, each in zip(asked, inputs, strict=True)
        )
        values = []
        for cell, column in zip(answered, outputs, strict=True):
            text = self._text(cell)
            values.append(_read(parse, text, no, column.title) if text not in {"", "-"} else None)
        notes = [self._text(each) for each in self._all(element, "annotationEntry")]
        return Rule(no, tests, tuple(values), "; ".join(filter(None, notes)))

    def _all(self, element: etree._Element, name: str) -> list[etree._Element]:
        return element.findall(f"{{{self._namespace}}}{name}")

    def _first(self, element: etree._Element, name: str) -> etree._Element | None:
        return element.find(f"{{{self._namespace}}}{name}")

    def _text(self, element: etree._Element) -> str:
        text = self._first(element, "text")
        return "" if text is None else (text.text or "").strip()


def _read(read: Callable[[str], _Read], text: str, rule: int, column: str) -> _Read:
    try:
        return read(text)
    except ExpressionError as error:
        raise cell_wrong(error, rule, column) from None


def _constants(allowed: Expression | None) -> tuple[object, ...]:
    """Return the constants among allowed values, in their order."""
    tests = allowed.root.tests if allowed is not None and isinstance(allowed.root, In) else ()
    found: list[object] = []
    for test in tests:
        if isinstance(test, Literal):
            found.append(test.value)
        elif isinstance(test, Negative) and isinstance(test.value, Literal) and isinstance(test.value.value, int):
            found.append(-test.value.value)
    return tuple(found)
