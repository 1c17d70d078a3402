"""References of a drawing that lead nowhere, or where they may not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.bpmn.model import Node, ProcessModel


def reference_findings(processes: Iterable[ProcessModel], definitions: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what sequence flows, boundary events, lanes and events name that isn't there."""
    for model in processes:
        nodes = {node.id: node for node in model.nodes}
        flows = {flow.id: flow for flow in model.flows}
        for flow in model.flows:
            title = flow.title or flow.id
            source, target = nodes.get(flow.source), nodes.get(flow.target)
            if source is None or target is None:
                lost = flow.source if source is None else flow.target
                yield Finding("bpmn_flow_nowhere", flow.id, title, True, {"missing": lost[:200]})
            elif source.parent != target.parent:
                yield Finding("bpmn_flow_crosses", flow.id, title, True)
        for node in model.nodes:
            yield from _of_node(node, nodes, definitions)
            leaving = flows.get(node.default)
            if node.default and (leaving is None or leaving.source != node.id):
                yield _finding("bpmn_default_nowhere", node, node.default)
        for lane in model.lanes:
            for named in lane.nodes:
                if named not in nodes:
                    title = lane.title or lane.id
                    yield Finding("bpmn_lane_nowhere", lane.id, title, False, {"missing": named[:200]})


def _of_node(node: Node, nodes: Mapping[str, Node], definitions: Mapping[str, str]) -> Iterator[Finding]:
    if node.type == "boundaryEvent":
        host = nodes.get(node.attached_to)
        if host is None or host.parent != node.parent:
            yield _finding("bpmn_boundary_nowhere", node, node.attached_to)
    if node.event and node.event.ref and node.event.ref not in definitions:
        yield _finding("bpmn_event_nowhere", node, node.event.ref)


def _finding(code: str, node: Node, missing: str) -> Finding:
    return Finding(code, node.id, node.title or node.id, True, {"missing": missing[:200]})
