"""Rules about ways through a process: every node is reached, every way ends, none turns for ever, few part at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.bpmn.rules.known import Found, Graph, wrong
from leancity.core.processes.bpmn.speech import is_at_once

MOST_PARTINGS = 8
"""Doublings of the ways through a scope: the engine looks ahead along each, 2 ** 8 of them are its bound of tasks."""

_PARTING = frozenset({"parallelGateway", "inclusiveGateway"})
_WAITING = frozenset({"userTask", "task", "manualTask", "serviceTask", "receiveTask", "callActivity"})


def begins_and_ends(graph: Graph) -> Found:
    """A process begins and ends, everything in it is reached, and from everywhere an end is."""
    model = graph.model
    title = model.title or model.id
    top = graph.scopes.get("", [])
    starts_here = sum(node.type == "startEvent" for node in top)
    if starts_here > 1:
        yield Finding("bpmn_starts", model.id, title, True, {"count": starts_here})
    if not starts_here:
        yield Finding("bpmn_no_start", model.id, title, True)
        return
    if not any(node.type == "endEvent" for node in top):
        yield Finding("bpmn_no_end", model.id, title, True)
        return
    for inner in graph.scopes.values():
        starts = [node.id for node in inner if node.type == "startEvent" or node.is_event_scope]
        if not starts:
            continue
        reached = _reach(starts, graph.next)
        lost = [node for node in inner if node.id not in reached]
        for node in lost:
            yield wrong("bpmn_unreachable", node)
        ends = [node.id for node in inner if node.type == "endEvent"]
        if ends and not lost:
            back = _reach(ends, lambda identity: _before(graph, identity))
            stuck = [node for node in inner if node.id not in back and not node.is_event_scope]
            for node in stuck[:1]:
                yield wrong("bpmn_no_way_to_end", node)


def spinning(graph: Graph) -> Found:
    """Rings in which nothing waits: a case would turn in them for ever."""
    place = {identity: number for number, identity in enumerate(graph.nodes)}
    running = {node.id for node in graph.nodes.values() if not _waits(graph, node)}
    for ring in rings(running, lambda identity: [n for n in graph.next(identity) if n in running]):
        node = graph.nodes[min(ring, key=place.__getitem__)]
        yield wrong("bpmn_spinning", node, nodes=", ".join(graph.nodes[i].title or i for i in ring)[:200])


def parting(graph: Graph) -> Found:
    """Splits in sequence: each doubles what the engine has to look ahead to."""
    for inner in graph.scopes.values():
        ids = {node.id for node in inner}
        weight = {node.id: _weight(graph, node) for node in inner}
        inside = [frozenset(ring) for ring in rings(ids, graph.next)]
        ring_of = {identity: ring for ring in inside for identity in ring}
        found: dict[object, float] = {}
        order = backwards(ids, graph.next)
        last = {ring_of.get(identity, identity): identity for identity in order}  # then all that follows is known
        for identity in order:
            here: object = ring_of.get(identity, identity)
            if last[ring_of.get(identity, identity)] != identity:
                continue
            members = ring_of.get(identity, frozenset({identity}))
            beyond = [n for m in members for n in graph.next(m) if n in ids and n not in members]
            later = max((found.get(ring_of.get(n, n), 0.0) for n in beyond), default=0.0)
            found[here] = sum(weight[m] for m in members) + later
        if max(found.values(), default=0.0) > MOST_PARTINGS:
            first = next(node for node in inner if weight[node.id])
            yield wrong("bpmn_too_parallel", first, most=MOST_PARTINGS)


def _weight(graph: Graph, node: Node) -> float:
    ways = len(graph.leaving[node.id])
    return math.log2(ways) if node.type in _PARTING and ways > 1 else 0.0


def _waits(graph: Graph, node: Node) -> bool:
    if node.type in _WAITING or node.type == "eventBasedGateway":
        return True
    if node.type in ("intermediateCatchEvent", "boundaryEvent"):
        kinds = node.event.kinds if node.event else ()
        at_once = node.timer is not None and is_at_once(node.timer.kind, node.timer.text)
        return bool(kinds) and not at_once
    if node.type in ("subProcess", "transaction", "adHocSubProcess"):
        return any(_waits(graph, inner) for inner in graph.scopes.get(node.id, []))
    return False


def _before(graph: Graph, identity: str) -> list[str]:
    node = graph.nodes[identity]
    host = [node.attached_to] if node.type == "boundaryEvent" and node.attached_to in graph.nodes else []
    return [flow.source for flow in graph.entering[identity]] + host


def _reach(starts: Iterable[str], after: Callable[[str], Iterable[str]]) -> set[str]:
    reached, waiting = set(), list(starts)
    while waiting:
        identity = waiting.pop()
        if identity not in reached:
            reached.add(identity)
            waiting += after(identity)
    return reached


def backwards(ids: set[str], after: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the nodes such that what follows comes first, rings left aside."""
    order: list[str] = []
    seen: set[str] = set()
    for root in sorted(ids):
        stack = [(root, False)]
        while stack:
            identity, is_done = stack.pop()
            if is_done:
                order.append(identity)
            elif identity not in seen:
                seen.add(identity)
                stack.append((identity, True))
                stack += [(n, False) for n in after(identity) if n in ids and n not in seen]
    return order


def rings(ids: set[str], after: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """Return the groups of nodes from each of which the others, and itself, are reached again (Kosaraju)."""
    before: dict[str, list[str]] = {identity: [] for identity in ids}
    for identity in ids:
        for n in after(identity):
            if n in ids:
                before[n].append(identity)
    found, seen = [], set[str]()
    for root in reversed(backwards(ids, after)):
        if root in seen:
            continue
        group, waiting = [], [root]
        while waiting:
            identity = waiting.pop()
            if identity not in seen:
                seen.add(identity)
                group.append(identity)
                waiting += [n for n in before[identity] if n not in seen]
        if len(group) > 1 or group[0] in set(after(group[0])):
            found.append(sorted(group))
    return found
