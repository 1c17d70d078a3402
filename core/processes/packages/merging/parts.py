"""A drawing or a decision table as parts that are merged one by one: each element with an id of its own, by that id.

Of a part is what stands in its element but for other parts: where it lies, the lanes that name it, its content. What
can be told from elsewhere (incoming and outgoing flows) is no content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

from leancity.core.processes.bpmn.names import BPMN, DIAGRAM, SCOPES, referred

Canonical: TypeAlias = tuple[Any, ...]

DERIVED = frozenset({"incoming", "outgoing", "flowNodeRef"})
_INSIDE = frozenset(
    {
        *("documentation", "extensionElements", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
        *("ioSpecification", "auditing", "monitoring", "property", "resourceRole", "performer", "potentialOwner"),
    }
)
_HOLDERS = frozenset({"definitions", "process", "collaboration", "laneSet", "childLaneSet", "lane"}) | SCOPES
_TABLE_PARTS = frozenset({"decision", "decisionTable", "input", "output", "rule"})
_TABLE_HOLDERS = frozenset({"definitions", "decision", "decisionTable"})


@dataclass(frozen=True, eq=False)
class Part:
    """An element that is merged as one. ``holder`` is the id of the part it lies in, ``lanes`` those that name it;
    ``needs`` are ids without which it can't be."""

    id: str
    kind: str
    title: str
    holder: str
    lanes: tuple[str, ...]
    content: Canonical
    needs: frozenset[str]
    element: etree._Element

    @property
    def state(self) -> Canonical:
        """What is compared."""
        return self.holder, self.lanes, self.content


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace, the empty text for what is none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def is_part(element: etree._Element) -> bool:
    """Tell whether an element is merged by itself."""
    name, around = local(element), element.getparent()
    if not name or not element.get("id") or around is None:
        return False
    if etree.QName(element).namespace == BPMN:
        return local(around) in _HOLDERS and name not in _INSIDE
    return name in _TABLE_PARTS and local(around) in _TABLE_HOLDERS


def parts_of(root: etree._Element) -> dict[str, Part]:
    """Return the parts of a document by id; of several with one id the first."""
    lanes: dict[str, list[str]] = {}
    for element in root.iter(f"{{{BPMN}}}lane"):
        for named in element.iterchildren(f"{{{BPMN}}}flowNodeRef"):
            lanes.setdefault(referred(named.text), []).append(element.get("id") or "")
    found: dict[str, Part] = {}
    for element in root.iter():
        if is_part(element):
            identity = element.get("id") or ""
            found.setdefault(identity, _part(element, identity, tuple(sorted(lanes.get(identity, ())))))
    return found


def pictures_of(root: etree._Element) -> Mapping[str, etree._Element]:
    """Return the shapes and lines of a drawing by the id of what they show."""
    drawn = (e for e in root.iter(f"{{{DIAGRAM}}}BPMNShape", f"{{{DIAGRAM}}}BPMNEdge"))
    return {referred(each.get("bpmnElement")): each for each in drawn}


def canonical(element: etree._Element) -> Canonical:
    """Return what an element says, whatever prefixes and blanks it is written with; other parts in it left out."""
    children = [
        canonical(child)
        for child in element
        if isinstance(child.tag, str) and local(child) not in DERIVED and not is_part(child)
    ]
    return element.tag, tuple(sorted(element.attrib.items())), (element.text or "").strip(), tuple(children)


def bare(element: etree._Element) -> etree._Element:
    """Return a copy of an element without other parts and without what is told from elsewhere."""
    copied = deepcopy(element)
    gone = [(mine, copy) for mine, copy in zip(element, copied, strict=True) if local(mine) in DERIVED or is_part(mine)]
    for _, copy in gone:
        copied.remove(copy)
    copied.tail = None
    return copied


def shown(part: Part | None) -> str | None:
    """Return a part as text for a person to compare, None for one that isn't there."""
    return None if part is None else etree.tostring(bare(part.element), encoding="unicode", pretty_print=True)[:4000]


def _part(element: etree._Element, identity: str, lanes: tuple[str, ...]) -> Part:
    around = next((e for e in element.iterancestors() if is_part(e)), None)
    holder = "" if around is None else around.get("id") or ""
    return Part(
        id=identity,
        kind=local(element),
        title=" ".join((element.get("name") or "").split()) or identity,
        holder=holder,
        lanes=lanes,
        content=canonical(element),
        needs=frozenset({*_references(bare(element)), holder} - {""}),
        element=element,
    )


def _references(element: etree._Element) -> Iterator[str]:
    """Yield the ids that an element names: its ends, its host, its message."""
    for each in element.iter():
        if isinstance(each.tag, str):
            yield from (referred(value) for name, value in each.attrib.items() if str(name).endswith("Ref"))
