"""Second step: sequence flows lie in the scope of their nodes, and none leads nowhere."""

from __future__ import annotations

from leancity.core.processes.bpmn.rewriting.copy import Copy, remove


def mend_flows(copy: Copy) -> None:
    """Cut flows that lead nowhere or across the border of a sub-process; move the rest to where their nodes are."""
    for node in copy.nodes():
        if not node.get("id"):
            copy.assume("bpmn_assumed_left_out", node)
            remove(node)
    nodes = {node.get("id"): node for node in copy.nodes()}
    for flow in copy.flows():
        if not flow.get("id"):
            flow.set("id", copy.fresh(f"{flow.get('sourceRef')}_to_{flow.get('targetRef')}"))
        source, target = nodes.get(flow.get("sourceRef")), nodes.get(flow.get("targetRef"))
        if source is None or target is None or source.getparent() is not target.getparent():
            copy.assume("bpmn_assumed_flow_cut", flow)
            remove(flow)
            continue
        scope = source.getparent()
        if scope is not None and flow.getparent() is not scope:
            scope.append(flow)
    leaving = copy.leaving()
    for identity, node in nodes.items():
        default = node.get("default")
        if default is not None and default not in {flow.get("id") for flow in leaving.get(identity or "", [])}:
            copy.assume("bpmn_assumed_default_cut", node, missing=default[:200])
            del node.attrib["default"]


def cut_loose_ends(copy: Copy) -> None:
    """Take out flows whose nodes an earlier step took out; it told of the nodes."""
    present = {node.get("id") for node in copy.nodes()}
    gone = set()
    for flow in copy.flows():
        if flow.get("sourceRef") not in present or flow.get("targetRef") not in present:
            gone.add(flow.get("id"))
            remove(flow)
    for node in copy.nodes():
        if node.get("default") in gone:
            del node.attrib["default"]
