"""Writing back into a BPMN file: figures into its nodes, a picture into one that has none. All else stays as it was."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from leancity.core.processes.bpmn.durations import DAY, HOUR, duration_text
from leancity.core.processes.bpmn.layout import laid
from leancity.core.processes.bpmn.model import Metrics
from leancity.core.processes.bpmn.names import BOUNDS, DIAGRAM, LEAN, LINES, bpmn, kind_of, lean
from leancity.core.processes.bpmn.reader import drawing_of, root_of

_TIMES = {
    "leadTime": "lead_s",
    "processingTime": "processing_s",
    "waitingTime": "waiting_s",
    "movementTime": "movement_s",
}


def with_metrics(data: bytes, metrics: Mapping[str, Metrics]) -> bytes:
    """Return the file with ``lean:metrics`` of nodes, lanes, flows or processes, by id, in place of what was there.

    Ids that the file doesn't have are passed over. ``BpmnError``: see ``reader.read``.
    """
    root = root_of(data)
    for element in list(root.iter()):
        wanted = metrics.get(element.get("id") or "") if kind_of(element) else None
        if wanted is None:
            continue
        holder = next(element.iterchildren(bpmn("extensionElements")), None)
        if holder is None:
            holder = etree.Element(bpmn("extensionElements"))
            place = sum(1 for child in element if kind_of(child) == "documentation")
            element.insert(place, holder)
        for old in list(holder.iterchildren(lean("metrics"))):
            holder.remove(old)
        # A prefix of ours wherever it is written: editors show it.
        holder.append(etree.Element(lean("metrics"), _attributes(wanted), nsmap={"lean": LEAN}))
    etree.cleanup_namespaces(root, top_nsmap={"lean": LEAN}, keep_ns_prefixes=_prefixes(root))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def with_picture(data: bytes) -> bytes:
    """Return the file with a picture; the file itself where every node has its place in one."""
    root = root_of(data)
    drawing = drawing_of(root)
    picture = laid(drawing)
    if picture is drawing:
        return data
    for old in list(root.iterchildren(f"{{{DIAGRAM}}}BPMNDiagram")):
        root.remove(old)
    prefixes = {"bpmndi": DIAGRAM, "dc": BOUNDS, "di": LINES}
    diagram = etree.SubElement(root, f"{{{DIAGRAM}}}BPMNDiagram", nsmap=prefixes)
    about = next((e.get("id") for e in root.iterchildren(bpmn("collaboration"))), None)
    about = about or next((model.id for model in drawing.processes if model.nodes), "")
    plane = etree.SubElement(diagram, f"{{{DIAGRAM}}}BPMNPlane", {"bpmnElement": about})
    for identity, shape in picture.shapes.items():
        drawn = etree.SubElement(plane, f"{{{DIAGRAM}}}BPMNShape", {"bpmnElement": identity})
        bounds = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
        etree.SubElement(drawn, f"{{{BOUNDS}}}Bounds", {name: f"{value:g}" for name, value in bounds.items()})
    for identity, points in picture.edges.items():
        edge = etree.SubElement(plane, f"{{{DIAGRAM}}}BPMNEdge", {"bpmnElement": identity})
        for x, y in points:
            etree.SubElement(edge, f"{{{LINES}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"})
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _attributes(metrics: Metrics) -> dict[str, str]:
    found = {name: duration_text(value) for name, of in _TIMES.items() if (value := getattr(metrics, of)) is not None}
    if metrics.capacity_per_day is not None:
        found |= {"capacity": _number(metrics.capacity_per_day), "capacityPer": duration_text(DAY)}
    if metrics.launches_per_month is not None:
        found["launchesPerMonth"] = _number(metrics.launches_per_month)
    if metrics.labour_s is not None:
        found["labourHours"] = _number(metrics.labour_s / HOUR)
    if metrics.error_rate is not None:
        found["errorRate"] = _number(metrics.error_rate)
    found |= {"valueClass": metrics.value_class} if metrics.value_class else {}
    return found | ({"basis": metrics.basis} if metrics.basis else {})


def _number(value: float) -> str:
    return f"{value:.12g}"


def _prefixes(root: etree._Element) -> list[str]:
    """Return every prefix that the file declares: attributes' values may use them."""
    return sorted({prefix for element in root.iter() for prefix in element.nsmap if prefix})
