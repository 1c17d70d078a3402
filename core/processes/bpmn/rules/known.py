"""What a city has that a drawing may name, and how a rule tells what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.bpmn.model import Flow, Node, ProcessModel
from leancity.core.processes.expressions.overlaps import Overlap

Found: TypeAlias = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class Known:
    """Keys that a drawing may name: forms and decisions of the version, topics of the installation, states of the
    case's kind, roles, ``processes`` and ``calendars`` of the city (beside the office's), ``lanes`` that are bound,
    ``facts`` that something sets.
    ``overlapping``: of a decision's key the rules that one case can fit though only one may.

    None: not known, so not checked.
    """

    forms: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    states: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    processes: frozenset[str] | None = None
    lanes: frozenset[str] | None = None
    facts: frozenset[str] | None = None
    calendars: frozenset[str] | None = None
    overlapping: Mapping[str, tuple[Overlap, ...]] = field(default_factory=dict)


class Graph:
    """One process with its nodes and flows by id."""

    def __init__(self, model: ProcessModel) -> None:
        self.model = model
        self.nodes: dict[str, Node] = {node.id: node for node in model.nodes}
        self.flows = [flow for flow in model.flows if flow.source in self.nodes and flow.target in self.nodes]

    @cached_property
    def leaving(self) -> Mapping[str, list[Flow]]:
        """Flows by the node they leave."""
        found: dict[str, list[Flow]] = {identity: [] for identity in self.nodes}
        for flow in self.flows:
            found[flow.source].append(flow)
        return found

    @cached_property
    def entering(self) -> Mapping[str, list[Flow]]:
        """Flows by the node they enter."""
        found: dict[str, list[Flow]] = {identity: [] for identity in self.nodes}
        for flow in self.flows:
            found[flow.target].append(flow)
        return found

    @cached_property
    def attached(self) -> Mapping[str, list[str]]:
        """Boundary events by the activity they stand on."""
        found: dict[str, list[str]] = {identity: [] for identity in self.nodes}
        for node in self.nodes.values():
            if node.type == "boundaryEvent" and node.attached_to in found:
                found[node.attached_to].append(node.id)
        return found

    def next(self, identity: str) -> list[str]:
        """Return where a token may come from a node, boundary events included."""
        return [flow.target for flow in self.leaving[identity]] + self.attached[identity]

    @cached_property
    def scopes(self) -> Mapping[str, list[Node]]:
        """Nodes by the sub-process they lie in, those of the process itself under the empty text."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.parent, []).append(node)
        return found


def wrong(code: str, node: Node, **params: Any) -> Finding:
    """Return what forbids to publish."""
    return Finding(code, node.id, node.title or node.id, True, params)


def doubtful(code: str, node: Node, **params: Any) -> Finding:
    """Return what the author should know."""
    return Finding(code, node.id, node.title or node.id, False, params)


def flow_wrong(code: str, flow: Flow, is_error: bool = True, **params: Any) -> Finding:
    """Return what is the matter with a flow."""
    return Finding(code, flow.id, flow.title or flow.id, is_error, params)
