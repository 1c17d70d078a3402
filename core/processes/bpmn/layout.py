"""Laying out: a place for every node of a drawing that came without a picture, left to right, lane under lane."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from leancity.core.processes.bpmn.model import Drawing, Node, Points, ProcessModel, Shape
from leancity.core.processes.bpmn.names import EVENTS, GATEWAYS, SCOPES
from leancity.core.processes.bpmn.rules.known import Graph

SIZES = {"event": (36.0, 36.0), "gateway": (50.0, 50.0), "activity": (110.0, 80.0)}
_GAP_X, _GAP_Y, _MARGIN, _HEAD = 60.0, 40.0, 30.0, 30.0


class _Plan(Graph):
    """A process with the sizes found so far: one within another would be measured again at each level."""

    def __init__(self, model: ProcessModel) -> None:
        super().__init__(model)
        self.sizes: dict[str, tuple[float, float]] = {}


def laid(drawing: Drawing) -> Drawing:
    """Return the drawing with a picture: its own where every node has a place in it, else a new one."""
    nodes = [node.id for model in drawing.processes for node in model.nodes]
    if all(identity in drawing.shapes for identity in nodes):
        return drawing
    shapes: dict[str, Shape] = {}
    edges: dict[str, Points] = {}
    top = _MARGIN
    for model in drawing.processes:
        if not model.nodes:
            continue
        top = _lay_process(model, drawing, top, shapes, edges) + _MARGIN
    return replace(drawing, shapes=shapes, edges=edges)


def size_of(node: Node) -> tuple[float, float]:
    """Return the width and height of a node that is drawn alone."""
    kind = "event" if node.type in EVENTS else "gateway" if node.type in GATEWAYS else "activity"
    return SIZES[kind]


def _lay_process(
    model: ProcessModel, drawing: Drawing, top: float, shapes: dict[str, Shape], edges: dict[str, Points]
) -> float:
    """Place one process below ``top`` and return where it ends."""
    graph = _Plan(model)
    lanes = list(dict.fromkeys(node.lane for node in graph.scopes.get("", [])))
    inner: dict[str, Shape] = {}
    width, at = 0.0, top
    columns = _columns(graph, graph.scopes.get("", []))
    widths = _widths(graph, columns)
    for lane in lanes:
        members = [node for node in graph.scopes.get("", []) if node.lane == lane]
        bottom, right = _lay_scope(graph, members, columns, widths, at + _GAP_Y / 2, 2 * _HEAD + _MARGIN * 2, inner)
        width = max(width, right)
        of_lane = next((found for found in model.lanes if lane and lane in (found.title, found.id)), None)
        if of_lane is not None:
            shapes[of_lane.id] = Shape(_MARGIN + _HEAD, at, 0.0, bottom - at)
        at = bottom
    width += _MARGIN
    for lane_model in model.lanes:
        if lane_model.id in shapes:
            shapes[lane_model.id] = replace(shapes[lane_model.id], width=width - _MARGIN - _HEAD)
    pool = next((pool for pool in drawing.pools if pool.process == model.id), None)
    if pool is not None:
        shapes[pool.id] = Shape(_MARGIN, top, width - _MARGIN, at - top)
    shapes.update(inner)
    for flow in graph.flows:
        if flow.source in shapes and flow.target in shapes:
            edges[flow.id] = _line(shapes[flow.source], shapes[flow.target])
    return at


def _columns(graph: _Plan, nodes: Iterable[Node]) -> dict[str, int]:
    """Return how many steps after a start each node of a scope comes, along the longest way that turns in no ring."""
    ids = [node.id for node in nodes]
    members = set(ids)
    first = [i for i in ids if not any(flow.source in members for flow in graph.entering[i])]
    first = [i for i in first if graph.nodes[i].type != "boundaryEvent"] or ids[:1]
    column: dict[str, int] = {}
    waiting = [(identity, 0) for identity in first]
    while waiting:  # breadth first: a way back doesn't push its target to the right
        identity, place = waiting.pop(0)
        if identity in column:
            continue
        column[identity] = place
        waiting += [(n, place + 1) for n in graph.next(identity) if n in members and n not in column]
    for identity in ids:
        column.setdefault(identity, 0)
    for identity in ids:
        host = graph.nodes[identity].attached_to
        if host in column:
            column[identity] = column[host]
    return column


def _size(graph: _Plan, node: Node) -> tuple[float, float]:
    """Return the size of a node, of a sub-process with what lies in it."""
    if node.id not in graph.sizes:
        children = graph.scopes.get(node.id, []) if node.type in SCOPES and node.id else []
        size = size_of(node)
        if children:
            columns = _columns(graph, children)
            bottom, right = _lay_scope(graph, children, columns, _widths(graph, columns), _GAP_Y, _MARGIN, {})
            size = right, bottom
        graph.sizes[node.id] = size
    return graph.sizes[node.id]


def _widths(graph: _Plan, columns: dict[str, int]) -> list[float]:
    widths = [0.0] * (max(columns.values(), default=0) + 1)
    for identity, column in columns.items():
        widths[column] = max(widths[column], _size(graph, graph.nodes[identity])[0])
    return widths


def _lay_scope(
    graph: _Plan,
    members: list[Node],
    columns: dict[str, int],
    widths: list[float],
    top: float,
    left: float,
    shapes: dict[str, Shape],
) -> tuple[float, float]:
    """Place nodes in their columns, one below the other, and return the bottom and the right edge."""
    lefts = [left + sum(widths[:number]) + _GAP_X * number for number in range(len(widths))]
    filled = [top] * len(widths)
    right = (lefts[-1] + widths[-1] if widths else left) + _MARGIN
    for node in members:
        column = columns[node.id]
        width, height = _size(graph, node)
        if node.type == "boundaryEvent":
            continue
        x, y = lefts[column] + (widths[column] - width) / 2, filled[column]
        shapes[node.id] = Shape(x, y, width, height)
        filled[column] = y + height + _GAP_Y
        children = graph.scopes.get(node.id, []) if node.type in SCOPES and node.id else []
        if children:
            inside = _columns(graph, children)
            _lay_scope(graph, children, inside, _widths(graph, inside), y + _GAP_Y, x + _MARGIN, shapes)
    for node in members:
        host = shapes.get(node.attached_to) if node.type == "boundaryEvent" else None
        width, height = size_of(node)
        if host is not None:
            nth = sum(1 for other in members if other.attached_to == node.attached_to and other.id in shapes)
            x = host.x + host.width - width - nth * (width + 4)
            shapes[node.id] = Shape(x, host.y + host.height - height / 2, width, height)
        elif node.type == "boundaryEvent":
            shapes[node.id] = Shape(lefts[columns[node.id]], filled[columns[node.id]], width, height)
            filled[columns[node.id]] += height + _GAP_Y
    return max(filled), right


def _line(source: Shape, target: Shape) -> Points:
    """Return a line of right angles from the right side of one to the left side of the other, below them going back."""
    x1, y1 = source.x + source.width, source.y + source.height / 2
    x2, y2 = target.x, target.y + target.height / 2
    if x2 >= x1:
        middle = (x1 + x2) / 2
        return ((x1, y1), (x2, y2)) if y1 == y2 else ((x1, y1), (middle, y1), (middle, y2), (x2, y2))
    below = max(source.y + source.height, target.y + target.height) + _GAP_Y / 2
    out, into = source.x + source.width / 2, target.x + target.width / 2
    return ((out, source.y + source.height), (out, below), (into, below), (into, target.y + target.height))
