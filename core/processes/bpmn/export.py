"""Export: a drawing as the standard has it, or as another engine runs it.

``standard`` leaves other vendors' elements out and keeps ours; the others add what their engine needs: who may do a
task, its form, what does a service's work, and conditions in the engine's own language. All are valid BPMN 2.0 by its
schema where the drawing is.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.names import LEAN, bpmn, kind_of, referred
from leancity.core.processes.bpmn.profiles import camunda7, camunda8, flowable
from leancity.core.processes.bpmn.profiles.sheet import Sheet
from leancity.core.processes.bpmn.reader import drawing_of, root_of

PROFILES: dict[str, Callable[[Sheet], None] | None] = {
    "standard": None,
    "camunda7": camunda7.write,
    "camunda8": camunda8.write,
    "flowable": flowable.write,
}
_NAMESPACES: dict[str, dict[str, str]] = {
    "standard": {},
    "camunda7": {"camunda": camunda7.NAMESPACE},
    "camunda8": {"zeebe": camunda8.NAMESPACE},
    "flowable": {"flowable": flowable.NAMESPACE},
}


def export(data: bytes, profile: str) -> bytes:
    """Return a file for a profile: standard, camunda7 (Operaton too), camunda8, flowable. ``BpmnError``: see ``read``;
    or there is no such profile."""
    if profile not in PROFILES:
        raise BpmnError("bpmn_profile_unknown", profile=profile[:50], known=", ".join(PROFILES))
    root = root_of(data)
    _without_vendors(root)
    root = _with_namespaces(root, _NAMESPACES[profile])
    write = PROFILES[profile]
    if write is not None:
        for process in root.iterchildren(bpmn("process")):
            if any(kind_of(child) == "startEvent" for child in process):
                process.set("isExecutable", "true")
        write(Sheet(root, drawing_of(root)))
    root.set("exporter", "leancity")
    root.attrib.pop("exporterVersion", None)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _without_vendors(root: etree._Element) -> None:
    """Take out what only another editor knows; all of it stands in extension elements or foreign attributes."""
    for element in list(root.iter(bpmn("extensionElements"))):
        for child in list(element):
            if not (isinstance(child.tag, str) and child.tag.startswith(f"{{{LEAN}}}")):
                element.remove(child)
        parent = element.getparent()
        if not len(element) and parent is not None:
            parent.remove(element)
    for element in root.iter():
        if not kind_of(element):
            continue
        for name in list(element.attrib):
            text = str(name)
            if text.startswith("{") and not text.endswith("}type"):
                del element.attrib[name]
        for name in ("sourceRef", "targetRef", "attachedToRef"):
            value = element.get(name)
            if value is not None and kind_of(element) in ("sequenceFlow", "boundaryEvent"):
                element.set(name, referred(value))


def _with_namespaces(root: etree._Element, added: dict[str, str]) -> etree._Element:
    """Return the root with prefixes for ours and the engine's names; a file's own stay: values use them."""
    prefixes: dict[str | None, str] = {prefix: uri for prefix, uri in root.nsmap.items() if prefix not in added}
    if LEAN not in prefixes.values() and "lean" not in prefixes:
        prefixes["lean"] = LEAN
    prefixes.update(added)
    new = etree.Element(str(root.tag), {str(name): str(value) for name, value in root.attrib.items()}, nsmap=prefixes)
    new.text = root.text
    new.extend(list(root))
    return new
