"""A compiled model: what the library runs, what the drawing says of each node, and the table of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leancity.core.processes.engine.spiff import MultiInstanceTask, StandardLoopTask, TaskSpec

CHILD = " [child]"
"""The library's suffix for what a loop or a multi-instance activity repeats."""
INNER = "__inner"
"""Ours for the part of a scope that its event sub-processes watch over."""
ESCAPE = "__node"
"""Ours for an id that the library keeps for itself."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What the drawing says of a node. ``is_outer``: it belongs to the process itself, not to a scope within it."""

    id: str
    type: str
    title: str
    lane: str = ""
    topic: str = ""
    is_outer: bool = False


@dataclass(frozen=True)
class Program:
    """A model ready to run; immutable, shared by all cases of a version.

    ``names`` is the table that stored states point into: names of later compilations are only ever added.
    ``correlations`` are the expressions that tell a message of one case from another's, by the message's name.
    """

    process_id: str
    spec: Any
    subprocesses: Mapping[str, Any]
    names: tuple[str, ...]
    nodes: Mapping[str, NodeFacts]
    flows: Mapping[tuple[str, str], str]
    correlations: Mapping[str, tuple[str, ...]]

    @cached_property
    def places(self) -> dict[str, int]:
        """Name to its place in the table."""
        return {name: place for place, name in enumerate(self.names)}

    def node_id(self, spec: TaskSpec) -> str:
        """Return the id of the node that a task of the library stands for, the empty text when it isn't drawn."""
        node = self.node_of(spec)
        return "" if node is None else node.id

    def node_of(self, spec: TaskSpec) -> NodeFacts | None:
        """Return what the drawing says of a task of the library, None when it isn't drawn."""
        return self.nodes.get(spec.name.removesuffix(CHILD))

    def is_container(self, spec: TaskSpec) -> bool:
        """Tell whether a task only repeats another."""
        return isinstance(spec, StandardLoopTask | MultiInstanceTask)

    def flow_into(self, task: Any) -> str:
        """Return the id of the sequence flow that brought a token to a task."""
        target, before = self.node_id(task.task_spec), task.parent
        while before is not None:
            source = self.node_id(before.task_spec)
            if source and source != target:
                return self.flows.get((source, target), "")
            before = before.parent
        return ""
