"""A picture of a drawing as SVG: pools and lanes, boxes, circles, diamonds, arrows, and their names."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from leancity.core.processes.bpmn.layout import laid
from leancity.core.processes.bpmn.model import Drawing, Node, Points, Shape
from leancity.core.processes.bpmn.names import EVENTS, GATEWAYS, SCOPES

_STYLE = (
    "text{font:11px sans-serif;fill:#222}.n{fill:#fff;stroke:#333}.p{fill:#fafafa;stroke:#777}.l{fill:none;stroke:#999}"
    ".f{fill:none;stroke:#333}.m{stroke-dasharray:6 4}.b{stroke-width:3}"
)
_MARKS = {
    "exclusiveGateway": "×",
    "parallelGateway": "+",
    "inclusiveGateway": "○",
    "eventBasedGateway": "⬠",
    "complexGateway": "✳",
    "message": "✉",
    "timer": "◷",
    "signal": "△",
    "error": "ϟ",
    "escalation": "⇧",
    "condition": "≡",
    "link": "➔",
    "compensation": "◁",
    "cancel": "✕",
    "terminate": "●",
}
_LETTER, _LINE, _MARGIN = 6.2, 13.0, 20.0


def svg_of(drawing: Drawing) -> str:
    """Return the picture, laid out anew where the drawing has none. All text in it is escaped."""
    picture = laid(drawing)
    points = [point for line in picture.edges.values() for point in line]
    points += [(shape.x, shape.y) for shape in picture.shapes.values()]
    points += [(shape.x + shape.width, shape.y + shape.height) for shape in picture.shapes.values()]
    left = min((x for x, _ in points), default=0.0) - _MARGIN
    top = min((y for _, y in points), default=0.0) - _MARGIN
    width = max((x for x, _ in points), default=0.0) - left + _MARGIN
    height = max((y for _, y in points), default=0.0) - top + _MARGIN + _LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} {top:g} {width:g} {height:g}" role="img">',
        f"<title>{escape(picture.title or ', '.join(model.title for model in picture.processes))}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#333"/></marker></defs>',
        *_fields(picture),
        *_scopes(picture),
        *_lines(picture),
        *_nodes(picture),
        "</svg>",
    ]
    return "".join(parts)


def _fields(picture: Drawing) -> Iterator[str]:
    """Yield pools and lanes, their names upright at the left."""
    lanes = [(lane.id, lane.title, "l") for model in picture.processes for lane in model.lanes]
    for identity, title, look in [*((pool.id, pool.title, "p") for pool in picture.pools), *lanes]:
        shape = picture.shapes.get(identity)
        if shape is not None:
            x, y = shape.x + 16, shape.y + shape.height / 2
            room = max(1, int(shape.height / _LETTER))
            name = title if len(title) <= room else title[: room - 1] + "…"
            yield _box(shape, look, 0)
            yield (
                f'<text x="{x:g}" y="{y:g}" text-anchor="middle" transform="rotate(-90 {x:g} {y:g})">'
                f"{escape(name)}</text>"
            )


def _scopes(picture: Drawing) -> Iterator[str]:
    """Yield open sub-processes, an outer one below those in it, under everything that lies in them."""
    for node, shape in _drawn(picture):
        if node.type in SCOPES:
            yield _box(shape, "n", 8)


def _lines(picture: Drawing) -> Iterator[str]:
    for model in picture.processes:
        for flow in model.flows:
            if flow.id in picture.edges:
                yield _arrow(picture.edges[flow.id], flow.title, "f")
    for message in picture.message_flows:
        if message.id in picture.edges:
            yield _arrow(picture.edges[message.id], message.title, "f m")


def _nodes(picture: Drawing) -> Iterator[str]:
    for node, shape in _drawn(picture):
        x, y = shape.x + shape.width / 2, shape.y + shape.height / 2
        below = shape.y + shape.height + _LINE
        if node.type in EVENTS:
            look = "n b" if node.type == "endEvent" else "n"
            yield f'<circle class="{look}" cx="{x:g}" cy="{y:g}" r="{min(shape.width, shape.height) / 2:g}"/>'
            kinds = node.event.kinds if node.event else ()
            yield _text(_MARKS.get(kinds[0], "") if kinds else "", x, y + 4, 1)
            yield _text(node.title, x, below, 14)
        elif node.type in GATEWAYS:
            right, bottom = shape.x + shape.width, shape.y + shape.height
            corners = f"{x:g},{shape.y:g} {right:g},{y:g} {x:g},{bottom:g} {shape.x:g},{y:g}"
            yield f'<polygon class="n" points="{corners}"/>'
            yield _text(_MARKS[node.type], x, y + 4, 1)
            yield _text(node.title, x, below, 16)
        elif node.type in SCOPES and _has_inside(picture, node):
            yield _text(node.title, x, shape.y + _LINE, max(4, int(shape.width / _LETTER)))
        else:
            yield _box(shape, "n", 8)
            room = max(4, int((shape.width - 6) / _LETTER))
            lines = _wrapped(node.title, room, max(1, int((shape.height - 6) / _LINE)))
            yield _text(node.title, x, y + 4 - (len(lines) - 1) * _LINE / 2, room, len(lines))


def _drawn(picture: Drawing) -> Iterator[tuple[Node, Shape]]:
    nodes = [node for model in picture.processes for node in model.nodes]
    for node in sorted(nodes, key=lambda node: node.type == "boundaryEvent"):  # on the edge of what they stand on
        if node.id in picture.shapes:
            yield node, picture.shapes[node.id]


def _has_inside(picture: Drawing, scope: Node) -> bool:
    return picture.shapes[scope.id].is_expanded and any(
        node.parent == scope.id and node.id in picture.shapes for model in picture.processes for node in model.nodes
    )


def _box(shape: Shape, look: str, round_by: int) -> str:
    return (
        f'<rect class="{look}" x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" '
        f'rx="{round_by}"/>'
    )


def _arrow(points: Points, title: str, look: str) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    (x1, y1), (x2, y2) = points[0], points[1]
    return f'<polyline class="{look}" points="{path}" marker-end="url(#a)"/>' + _text(
        title, (x1 + x2) / 2, (y1 + y2) / 2 - 4, 24
    )


def _text(words: str, x: float, y: float, room: int, most: int = 4) -> str:
    """Return words in lines of at most ``room`` letters, the first at ``y``."""
    lines = _wrapped(words, room, most)
    if not lines:
        return ""
    rows = "".join(
        f'<tspan x="{x:g}" y="{y + number * _LINE:g}">{escape(line)}</tspan>' for number, line in enumerate(lines)
    )
    return f'<text text-anchor="middle">{rows}</text>'


def _wrapped(words: str, room: int, most: int) -> list[str]:
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + "…"]
    return [line if len(line) <= room + 1 else line[: max(1, room - 1)] + "…" for line in lines]
