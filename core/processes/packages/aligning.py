"""A package's drawing under the id that its process has here: parts of two drawings are merged where they lie alike."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.names import BPMN, referred
from leancity.core.processes.bpmn.reader import root_of

_POINTS = ("Ref", "bpmnElement")


def aligned(xml: bytes, was: str, now: str) -> bytes:
    """Return a drawing whose process ``was`` is called ``now``.

    The very bytes where it is so already, or where another element has that id. CPU.
    """
    if not was or not now or was == now:
        return xml
    root = root_of(xml)
    if any(element.get("id") == now for element in root.iter()):
        return xml
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == f"{{{BPMN}}}process" and element.get("id") == was:
            element.set("id", now)
        for name, value in element.attrib.items():
            if str(name).endswith(_POINTS) and referred(str(value)) == was:
                element.set(name, now)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
