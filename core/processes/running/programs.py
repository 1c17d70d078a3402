"""The compiled programs of versions, kept: compiling takes milliseconds, a step takes two.

A version is compiled outside the event loop's thread. What is kept is told by the version's id and its row's count of
changes, so a version that was tried again on the test stand is compiled anew.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.processes.bpmn.model import Flow, Node, ProcessModel
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.program import Program
from leancity.core.processes.expressions.decisions import Decision, read_decision
from leancity.core.processes.versions.tables import ProcessDecision, ProcessNode, ProcessVersion

_KNOWN = "core.processes.program"
KEPT = 256  # programs of one process: 15 to 30 KB each

_kept: OrderedDict[tuple[uuid.UUID, int], Loaded] = OrderedDict()


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A version as it runs: the engine's ``program``, the drawing's ``nodes`` and ``flows`` with our attributes, its
    ``decisions`` by key. ``starts_at`` and ``ends_at``: the nodes that bound its lead time otherwise than the events do
    with which a case begins and ends. ``named_ends``: all nodes that end it, events too, none where the version names
    none. ``calendars``: those that its timers and terms name, beside the office's."""

    program: Program
    model: ProcessModel
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    decisions: Mapping[str, Decision]
    starts_at: frozenset[str] = frozenset()
    ends_at: frozenset[str] = frozenset()
    named_ends: frozenset[str] = frozenset()
    calendars: frozenset[str] = frozenset()

    def title(self, element: str) -> str:
        """Return what people call an element: its title, or its id where it has none."""
        node = self.nodes.get(element)
        return node.title if node is not None and node.title else element


async def loaded(version_id: uuid.UUID) -> Loaded:
    """Return a version that can run. ``Refused``: there is none, or it is a mere drawing.

    May be awaited inside a unit of work; whoever can awaits it before, so that no transaction waits for a compilation.
    """
    async with tenant_tx() as unit:
        if (_KNOWN, version_id) in unit.known:  # a step asks for it again and again, and changes no version
            at_hand: Loaded = unit.known[_KNOWN, version_id]
            return at_hand
        row = await ProcessVersion.select(ProcessVersion.version).where(ProcessVersion.id == version_id).first()
        if row is None:
            raise refuse("not_found", "version_id")
        key = (version_id, row["version"])
        if key in _kept:
            _kept.move_to_end(key)
            unit.known[_KNOWN, version_id] = _kept[key]
            return _kept[key]
        version = await ProcessVersion.objects().get(ProcessVersion.id == version_id)
        rows = await ProcessDecision.objects().where(ProcessDecision.version_id == version_id)
        drawn = (ProcessNode.version_id == version_id) & (ProcessNode.type == "endEvent") & (ProcessNode.parent == "")
        ends = await ProcessNode.select(ProcessNode.node_id).where(drawn)
    if version is None or version.executable is None:
        raise refuse("process_not_executable", "version_id")
    decisions = {each.key: each.xml for each in rows}
    found = await asyncio.to_thread(_load, version.executable, version.process_element, version.names, decisions)
    named = frozenset(json.loads(version.ends_at)) & found.nodes.keys()
    _kept[key] = found = replace(
        found,
        named_ends=named | _undrawn(found, {row["node_id"] for row in ends}) if named else named,
        starts_at=_inside(found, version.starts_at, "startEvent"),
        ends_at=_inside(found, version.ends_at, "endEvent"),
    )
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return found


async def program_of(version: ProcessVersion) -> Program:
    """Return the program of a version; see ``loaded``."""
    return (await loaded(version.id)).program


def _inside(found: Loaded, named: str, event: str) -> frozenset[str]:
    """Return the nodes among those ``named`` (JSON) if any lies inside the drawing: its ``event``s need no telling."""
    nodes = [each for each in json.loads(named) if each in found.nodes]
    return frozenset(nodes) if any(found.nodes[each].type != event for each in nodes) else frozenset()


def _undrawn(found: Loaded, drawn: Collection[str]) -> frozenset[str]:
    """Return the ends that nobody has drawn: they were put where a way led nowhere, so nobody could name them."""
    ends = {node.id for node in found.nodes.values() if node.type == "endEvent" and not node.parent}
    return frozenset(ends.difference(drawn))


def _load(executable: str, process_id: str, names: str, decisions: Mapping[str, str]) -> Loaded:
    drawing = read(executable.encode())
    model = drawing.process(process_id)
    if model is None:
        raise refuse("process_not_executable", "version_id")
    nodes = {node.id: node for each in drawing.processes for node in each.nodes}
    counted = [each for node in nodes.values() for each in (node.timer, node.term) if each is not None]
    return Loaded(
        calendars=frozenset(each.calendar for each in counted) - {""},
        program=compile_process(executable, process_id, json.loads(names)),
        model=model,
        nodes=nodes,
        flows=tuple(flow for each in drawing.processes for flow in each.flows),
        decisions={key: read_decision(xml.encode()) for key, xml in decisions.items()},
    )
