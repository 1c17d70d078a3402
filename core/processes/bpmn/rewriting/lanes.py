"""Lanes as the engine reads them: one row, each with the nodes that lie in it."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn import names
from leancity.core.processes.bpmn.names import bpmn, kind_of, referred, shown
from leancity.core.processes.bpmn.rewriting.copy import Copy, is_scope


def lay_lanes_flat(copy: Copy) -> None:
    """Lay nested lanes flat: a node is in the innermost lane that names it, under that lane's name."""
    for process in copy.processes():
        lanes = list(process.iter(bpmn("lane")))
        if not lanes:
            continue
        present = {node.get("id") for node in process.iter() if kind_of(node) in names.NODES}
        of_node = {
            referred(ref.text): lane for lane in lanes for ref in lane.iterchildren(bpmn("flowNodeRef"))
        }  # an outer lane comes before those in it
        for node in process.iter():
            if is_scope(node):
                around = of_node.get(node.get("id") or "")
                for inner in node.iterdescendants():
                    if around is not None and kind_of(inner) in names.NODES:
                        of_node.setdefault(inner.get("id") or "", around)
        old = list(process.iterchildren(bpmn("laneSet")))
        identity = next((s.get("id") for s in old), None) or copy.fresh(f"{process.get('id')}_lanes")
        for lane_set in old:
            process.remove(lane_set)
        flat = etree.Element(bpmn("laneSet"), {"id": identity})
        for lane in lanes:
            own = [inside for inside, where in of_node.items() if where is lane and inside in present]
            if own:
                identity = lane.get("id") or copy.fresh("lane")
                title = shown(lane.get("name")) or identity
                new = etree.SubElement(flat, bpmn("lane"), {"id": identity, "name": title})
                for inside in own:
                    etree.SubElement(new, bpmn("flowNodeRef")).text = inside
        if len(flat):
            process.insert(0, flat)
