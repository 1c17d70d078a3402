"""The picture in a BPMN file: where its shapes stand and how its lines run."""

from __future__ import annotations

import math

from lxml import etree

from leancity.core.processes.bpmn.model import Points, Shape
from leancity.core.processes.bpmn.names import BOUNDS, DIAGRAM, LINES, referred

_FARTHEST = 1e6


def shapes_of(root: etree._Element) -> dict[str, Shape]:
    """Return the shapes by the id of what they show; what has no bounds of sense is not drawn."""
    shapes: dict[str, Shape] = {}
    for element in root.iter(f"{{{DIAGRAM}}}BPMNShape"):
        bounds = next(element.iterchildren(f"{{{BOUNDS}}}Bounds"), None)
        if bounds is None:
            continue
        x, y, width, height = (_number(bounds.get(name)) for name in ("x", "y", "width", "height"))
        if x is None or y is None or width is None or height is None or width <= 0 or height <= 0:
            continue
        expanded = element.get("isExpanded") != "false"
        shapes.setdefault(referred(element.get("bpmnElement")), Shape(x, y, width, height, expanded))
    return shapes


def edges_of(root: etree._Element) -> dict[str, Points]:
    """Return the points of the lines by the id of what they show; a line of one point is none."""
    edges: dict[str, Points] = {}
    for element in root.iter(f"{{{DIAGRAM}}}BPMNEdge"):
        points = []
        for point in element.iterchildren(f"{{{LINES}}}waypoint"):
            x, y = _number(point.get("x")), _number(point.get("y"))
            if x is not None and y is not None:
                points.append((x, y))
        if len(points) > 1:
            edges.setdefault(referred(element.get("bpmnElement")), tuple(points))
    return edges


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= _FARTHEST else None
