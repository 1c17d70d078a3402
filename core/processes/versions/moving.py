"""Whether all that differs between two drawings lies ahead of a case: what it has passed and where it stands is as it
was, and only what follows from where it stands may be another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields

from leancity.core.processes.bpmn.model import Flow, Node

HARMLESS = frozenset(
    {"title", "lane", "documentation", "metrics", "form", "assign", "term", "escalation", "timer", "outcome"}
)
"""What may change of a node where a case stands, or that it has passed: how it is called and shown, who does it from
now on, how long it may take. A timer that runs keeps its moment."""

EVENTS = "eventBasedGateway"


@dataclass(frozen=True)
class Obstacle:
    """Why a case can't be moved: a code of the catalogue, and the node at fault by its id in the old drawing."""

    code: str
    node_id: str


@dataclass(frozen=True)
class Drawn:
    """A drawing as the question takes it."""

    nodes: Mapping[str, Node]
    flows: Collection[Flow]

    def leaving(self, node_id: str) -> set[tuple[str, str, str]]:
        """Return where flows lead from a node, under which condition and with which move of the case."""
        return {(flow.target, flow.condition, flow.move) for flow in self.flows if flow.source == node_id}

    def entering(self, node_id: str) -> set[str]:
        return {flow.source for flow in self.flows if flow.target == node_id}

    def watching(self, node_id: str) -> set[str]:
        """Return the boundary events of a node and the event sub-processes in it; of "" those of the whole."""
        beside = {node.id for node in self.nodes.values() if node_id and node.attached_to == node_id}
        return beside | {node.id for node in self.nodes.values() if node.is_event_scope and node.parent == node_id}


def obstacle(old: Drawn, new: Drawn, passed: Collection[str], standing: Collection[str]) -> Obstacle | None:
    """Return what keeps a case from being moved from one drawing to another, None for nothing.

    ``passed``: the nodes that it came through; ``standing``: those that hold tokens of it.
    """
    standing = {*standing} | _waited_for(old, standing)
    for node_id in sorted(standing):
        was, now = old.nodes.get(node_id), new.nodes.get(node_id)
        if was is None:
            continue
        if now is None or now.type != was.type:
            return Obstacle("process_move_gone", node_id)
        is_join = was.type.endswith("Gateway") and old.entering(node_id) != new.entering(node_id)
        is_split = was.type == EVENTS and old.leaving(node_id) != new.leaving(node_id)
        if _differs(was, now) or is_join or is_split or old.watching(node_id) != new.watching(node_id):
            return Obstacle("process_move_changed", node_id)
    if old.watching("") != new.watching(""):
        return Obstacle("process_move_changed", min(old.watching("") ^ new.watching("")))
    return _behind(old, new, sorted({*passed} - {*standing}))


def _waited_for(old: Drawn, standing: Iterable[str]) -> set[str]:
    """Return the events that gateways wait for: the token is the gateway's, the wait is theirs."""
    gates = [node_id for node_id in standing if node_id in old.nodes and old.nodes[node_id].type == EVENTS]
    return {target for gate in gates for target, *_ in old.leaving(gate)}


def _behind(old: Drawn, new: Drawn, passed: Iterable[str]) -> Obstacle | None:
    for node_id in passed:
        was, now = old.nodes.get(node_id), new.nodes.get(node_id)
        if was is None:
            continue
        if now is None or _differs(was, now) or old.leaving(node_id) != new.leaving(node_id):
            return Obstacle("process_move_behind", node_id)
    return None


def _differs(was: Node, now: Node) -> bool:
    names = [each.name for each in fields(was) if each.name not in HARMLESS]
    return any(getattr(was, name) != getattr(now, name) for name in names)
