"""Rules about joins, found by playing: every way tokens may take through a scope, up to a bound.

A parallel join that in the end stands with tokens on some of its ways in and none to come on the others is never fed:
the usual mistake of joining by AND what was parted by XOR.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TypeAlias

from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.bpmn.rules.known import Found, Graph, doubtful, wrong
from leancity.core.processes.bpmn.rules.paths import backwards, rings

MOST_MARKINGS = 3_000
MOST_VISITS = 300_000
"""Nodes looked at in one scope: a large one is played less far, so that no drawing keeps its author waiting."""
MOST_SUBSETS = 4
"""Ways out of an inclusive split of which every combination is played; of more only each alone and all together."""

Marking: TypeAlias = frozenset[str]
"""Ids of the flows that hold a token."""


def joins(graph: Graph) -> Found:
    """Parallel joins that starve, stand in a ring, or are given two tokens at once."""
    for inner in graph.scopes.values():
        yield from _in_rings(graph, inner)
        yield from _Game(graph, inner).findings()


def _in_rings(graph: Graph, inner: list[Node]) -> Found:
    ids = {node.id for node in inner}
    for ring in rings(ids, graph.next):
        members = set(ring)
        for node in inner:
            if node.id in members and node.type in ("parallelGateway", "inclusiveGateway"):
                sources = [flow.source in members for flow in graph.entering[node.id]]
                if len(sources) > 1 and any(sources) and not all(sources):
                    yield wrong("bpmn_join_in_ring", node)


class _Game:
    """All markings of one scope that can come about."""

    def __init__(self, graph: Graph, inner: list[Node]) -> None:
        self.graph = graph
        played = {node.id: node for node in inner if not node.is_event_scope}
        # What comes first is played first: two tokens on their way to one node get there before it takes one.
        self.inner = [played[identity] for identity in reversed(backwards(set(played), graph.next))]
        self.doubled: set[str] = set()

    def findings(self) -> Found:
        starts = [node for node in self.inner if node.type == "startEvent"]
        if not any(node.type == "parallelGateway" and len(self.graph.entering[node.id]) > 1 for node in self.inner):
            return
        starved: set[str] = set()
        seen: set[Marking] = set()
        waiting: list[Marking] = [frozenset(flow.id for flow in self.graph.leaving[start.id]) for start in starts]
        bound = min(MOST_MARKINGS, MOST_VISITS // len(self.inner))
        while waiting and len(seen) < bound:
            marking = waiting.pop()
            if marking in seen or not marking:
                continue
            seen.add(marking)
            following = set(self.after(marking))
            if not following:
                starved |= {
                    node.id for node in self.inner if any(flow.id in marking for flow in self.graph.entering[node.id])
                }
            waiting += following
        for node in self.inner:
            if node.id in starved and node.type == "parallelGateway":
                yield wrong("bpmn_join_starved", node)
            elif node.id in self.doubled:
                yield doubtful("bpmn_two_tokens", node)

    def after(self, marking: Marking) -> Iterator[Marking]:
        """Yield the markings that one step makes of it.

        A flow's token is taken by one node only, so steps of different nodes don't hinder each other: one node's are
        enough, the first that can. What joins by looking at the others, or ends them all, comes when no other can.
        """
        for node in sorted(self.inner, key=self.is_late):
            following = list(self.steps(node, marking))
            if following:
                yield from following
                return

    def is_late(self, node: Node) -> bool:
        """Tell whether a node's step depends on what else is under way."""
        ends_all = node.event is not None and "terminate" in node.event.kinds
        return ends_all or (node.type == "inclusiveGateway" and len(self.graph.entering[node.id]) > 1)

    def steps(self, node: Node, marking: Marking) -> Iterator[Marking]:
        """Yield the markings that a node's step makes of one."""
        held = [flow.id for flow in self.graph.entering[node.id] if flow.id in marking]
        if not held:
            return
        if node.type == "parallelGateway":
            if len(held) == len(self.graph.entering[node.id]):
                yield from self.put(node, marking - set(held), [self.out(node.id)])
        elif node.type == "inclusiveGateway" and len(self.graph.entering[node.id]) > 1:
            # Whether more is to come is what an inclusive join knows; that it comes together is played.
            yield from self.put(node, marking - set(held), self.choices(node))
        else:
            if len(held) > 1 and node.type != "endEvent":
                self.doubled.add(node.id)
            yield from self.put(node, marking - {held[0]}, self.choices(node))

    def choices(self, node: Node) -> list[list[str]]:
        """Return what a node may put its tokens on."""
        out = self.out(node.id)
        if node.type == "endEvent":
            return [[]]
        if node.type in ("exclusiveGateway", "eventBasedGateway"):
            return [[flow] for flow in out]
        if node.type in ("inclusiveGateway", "complexGateway"):
            sizes = range(1, len(out) + 1) if len(out) <= MOST_SUBSETS else (1, len(out))
            return [list(chosen) for size in sizes for chosen in combinations(out, size)]
        found = [out]
        for identity in self.graph.attached[node.id]:
            boundary = self.graph.nodes[identity]
            beside = self.out(identity)
            found.append(beside if boundary.interrupts else out + beside)
        return found

    def out(self, identity: str) -> list[str]:
        return [flow.id for flow in self.graph.leaving[identity]]

    def put(self, node: Node, left: Marking, choices: list[list[str]]) -> Iterator[Marking]:
        if node.type == "endEvent" and node.event and "terminate" in node.event.kinds:
            yield frozenset()
            return
        for chosen in choices:
            twice = left & set(chosen)
            if twice:
                self.doubled |= {flow.target for flow in self.graph.leaving[node.id] if flow.id in twice}
            yield left | set(chosen)
