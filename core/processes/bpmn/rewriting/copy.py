"""The copy of a drawing that the steps of the normaliser work on, and what they assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from leancity.core.processes.bpmn import names
from leancity.core.processes.bpmn.names import bpmn, kind_of, shown


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the normaliser added, took away or took for granted. ``code`` is a key of the message catalogue whose text
    takes ``title`` and ``params``; ``element`` is the id of the element in the source."""

    code: str
    element: str
    title: str
    params: Mapping[str, Any] = field(default_factory=dict)


class Copy:
    """The document, one index of its flows, and the assumptions so far.

    ``is_meant`` tells whether its author meant the process to run: then nothing that was written is taken away, the
    lint refuses it instead. ``is_ours`` tells whether our attributes are in it: then its expressions are meant for us.
    """

    def __init__(self, root: etree._Element, process: etree._Element) -> None:
        self.root = root
        self.process = process
        self.is_meant = process.get("isExecutable") == "true"
        self.is_ours = any(isinstance(e.tag, str) and e.tag.startswith(f"{{{names.LEAN}}}") for e in root.iter())
        self.assumed: list[Assumption] = []
        self._ids = {element.get("id") for element in root.iter() if element.get("id")}

    def assume(self, code: str, element: etree._Element, **params: Any) -> None:
        """Note what is done to an element."""
        identity = element.get("id") or ""
        title = shown(element.get("name")) or identity
        self.assumed.append(Assumption(code, identity, title, params))

    def fresh(self, identity: str) -> str:
        """Return an id that nothing has, like ``identity``."""
        found, number = identity, 1
        while found in self._ids:
            number += 1
            found = f"{identity}_{number}"
        self._ids.add(found)
        return found

    def processes(self) -> list[etree._Element]:
        """Return the process and those it calls."""
        return list(self.root.iterchildren(bpmn("process")))

    def scopes(self) -> Iterator[etree._Element]:
        """Yield every process and sub-process, an inner one before the one it lies in."""
        found = [element for element in self.root.iter() if kind_of(element) == "process" or is_scope(element)]
        yield from reversed(found)

    def nodes(self, *kinds: str) -> list[etree._Element]:
        """Return the flow nodes, or those of some kinds, in the order of the document."""
        wanted = frozenset(kinds) or names.NODES
        return [element for element in self.root.iter() if kind_of(element) in wanted]

    def flows(self) -> list[etree._Element]:
        """Return the sequence flows."""
        return list(self.root.iter(bpmn("sequenceFlow")))

    def leaving(self) -> dict[str, list[etree._Element]]:
        """Return the flows by the node they leave."""
        return self._by("sourceRef")

    def entering(self) -> dict[str, list[etree._Element]]:
        """Return the flows by the node they enter."""
        return self._by("targetRef")

    def _by(self, end: str) -> dict[str, list[etree._Element]]:
        found: dict[str, list[etree._Element]] = {}
        for flow in self.flows():
            found.setdefault(flow.get(end) or "", []).append(flow)
        return found

    def connect(self, scope: etree._Element, source: str, target: str, identity: str) -> etree._Element:
        """Draw a flow."""
        return etree.SubElement(
            scope, bpmn("sequenceFlow"), {"id": self.fresh(identity), "sourceRef": source, "targetRef": target}
        )


def is_scope(element: etree._Element) -> bool:
    """Tell whether nodes lie in this one."""
    return kind_of(element) in names.SCOPES


def own_nodes(scope: etree._Element) -> list[etree._Element]:
    """Return the nodes right in a scope."""
    return [child for child in scope if kind_of(child) in names.NODES]


def rename(element: etree._Element, kind: str) -> None:
    """Make an element another kind of node."""
    element.tag = bpmn(kind)


def remove(element: etree._Element) -> None:
    """Take an element out of the document."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
