"""The document that an export profile writes into, with what our model knows of each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.model import Drawing, Flow, Node
from leancity.core.processes.bpmn.names import XSI, bpmn, kind_of
from leancity.core.processes.bpmn.speech import constant, is_readable
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.nodes import Expression
from leancity.core.processes.expressions.parsing import parse

_BEFORE_EXTENSIONS = frozenset({"documentation"})
_TIMES = ("timeDate", "timeDuration", "timeCycle")
_WORDS = ("conditionExpression", "condition", "loopCondition", "loopCardinality", "completionCondition")


class Sheet:
    """The root of the document and the drawing it holds."""

    def __init__(self, root: etree._Element, drawing: Drawing) -> None:
        self.root = root
        self.drawing = drawing
        self._by_id = {element.get("id"): element for element in root.iter() if kind_of(element)}

    def nodes(self, *types: str) -> Iterator[tuple[Node, etree._Element]]:
        """Yield nodes of some types with their elements."""
        for model in self.drawing.processes:
            for node in model.nodes:
                element = self._by_id.get(node.id)
                if node.type in types and element is not None and node.id:
                    yield node, element

    def flows(self) -> Iterator[tuple[Flow, etree._Element]]:
        """Yield sequence flows with their elements."""
        for model in self.drawing.processes:
            for flow in model.flows:
                element = self._by_id.get(flow.id)
                if element is not None:
                    yield flow, element

    def processes(self) -> Iterator[etree._Element]:
        """Yield the processes that can be deployed."""
        for element in self.root.iterchildren(bpmn("process")):
            if element.get("isExecutable") == "true":
                yield element

    def speak(self, printer: Callable[[Expression], str], wrap: str) -> None:
        """Write conditions, loops and times in an engine's language; ``wrap`` is put around what is no constant time.

        What our language can't read stays as it is: it was written for some engine.
        """
        for name in _WORDS:
            for element in self.root.iter(bpmn(name)):
                text = (element.text or "").strip()
                if is_readable(text) and not len(element):
                    element.text = wrap.format(_printed(printer, element, text))
                    if name == "conditionExpression":
                        element.set(f"{{{XSI}}}type", self.formal())
        for name in _TIMES:
            for element in self.root.iter(bpmn(name)):
                text = (element.text or "").strip()
                if is_readable(text):
                    bare = constant(parse(text))
                    element.text = bare if bare is not None else wrap.format(_printed(printer, element, text))

    def formal(self) -> str:
        """Return the type of formal expressions under the prefix that this document has for BPMN."""
        prefix = next((prefix for prefix, uri in self.root.nsmap.items() if uri == bpmn("")[1:-1]), None)
        return f"{prefix}:tFormalExpression" if prefix else "tFormalExpression"

    def attribute(self, namespace: str, worker: str) -> None:
        """Write groups, forms and topics as the attributes that engines of one descent share; ``worker`` is what theirs
        calls a task that another program does."""
        for node, element in self.nodes("userTask", "startEvent"):
            group = group_of(node) if node.type == "userTask" else ""
            if group:
                element.set(f"{{{namespace}}}candidateGroups", group)
            if node.form:
                element.set(f"{{{namespace}}}formKey", node.form)
        for node, element in self.nodes("serviceTask", "sendTask"):
            element.set(f"{{{namespace}}}type", worker)
            element.set(f"{{{namespace}}}topic", node.topic or node.id)

    def extension(self, element: etree._Element, tag: str, attributes: dict[str, str]) -> etree._Element:
        """Add an engine's element to those of a node."""
        holder = next(element.iterchildren(bpmn("extensionElements")), None)
        if holder is None:
            holder = etree.Element(bpmn("extensionElements"))
            place = sum(1 for child in element if kind_of(child) in _BEFORE_EXTENSIONS)
            element.insert(place, holder)
        return etree.SubElement(holder, tag, attributes)


def _printed(printer: Callable[[Expression], str], element: etree._Element, text: str) -> str:
    try:
        return printer(parse(text))
    except ExpressionError:
        owner = next((each for each in element.iterancestors() if each.get("id")), element)
        raise BpmnError("bpmn_not_printable", owner.get("id") or "", owner.sourceline, text=text[:200]) from None


def group_of(node: Node) -> str:
    """Return the group of people who may do a task: a role by its key, else the lane's name."""
    return (node.assign.role if node.assign and node.assign.role else node.lane).strip()
