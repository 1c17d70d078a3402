"""Sixth step: every process and sub-process begins, and every way through it ends."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.names import bpmn, kind_of
from leancity.core.processes.bpmn.rewriting.copy import Copy, is_scope, own_nodes, remove


def begin_and_end(copy: Copy) -> None:
    """Draw the start that a scope lacks, leave out what nothing leads to, and end what leads nowhere."""
    for scope in list(copy.scopes()):
        _begin(copy, scope)
    for process in copy.processes():
        _begin_once(copy, process)
    if not copy.is_meant:
        for scope in list(copy.scopes()):
            _leave_out_unreached(copy, scope)
    for scope in list(copy.scopes()):
        _end(copy, scope)


def _begin(copy: Copy, scope: etree._Element) -> None:
    nodes = own_nodes(scope)
    if not nodes or kind_of(scope) == "adHocSubProcess" or any(kind_of(node) == "startEvent" for node in nodes):
        return
    entered = copy.entering()
    first = [node for node in nodes if not entered.get(node.get("id") or "") and _can_begin(node)]
    # A drawing that is one ring has no beginning of its own: it begins where it was drawn first.
    first = first or [node for node in nodes if _can_begin(node)][:1]
    if not first:
        return
    start = copy.fresh(f"{scope.get('id')}_start")
    scope.append(etree.Element(bpmn("startEvent"), {"id": start}))
    for number, node in enumerate(first, 1):
        copy.connect(scope, start, node.get("id") or "", f"{start}_{number}")
    copy.assume("bpmn_assumed_start", scope)


def _begin_once(copy: Copy, process: etree._Element) -> None:
    """Of several beginnings of a drawing keep the plain one, else the first: a case is begun in one way."""
    starts = list(process.iterchildren(bpmn("startEvent")))
    if copy.is_meant or len(starts) < 2:
        return
    plain = [start for start in starts if not any(kind_of(child).endswith("EventDefinition") for child in start)]
    kept = (plain or starts)[0]
    leaving = copy.leaving()
    for start in starts:
        if start is not kept:
            copy.assume("bpmn_assumed_one_start", start)
            for flow in leaving.get(start.get("id") or "", []):
                remove(flow)
            remove(start)


def _can_begin(node: etree._Element) -> bool:
    kind = kind_of(node)
    is_apart = node.get("triggeredByEvent") == "true" or node.get("isForCompensation") == "true"
    return kind not in ("boundaryEvent", "endEvent") and not is_apart


def _leave_out_unreached(copy: Copy, scope: etree._Element) -> None:
    nodes = {node.get("id") or "": node for node in own_nodes(scope)}
    if kind_of(scope) == "adHocSubProcess":
        return
    leaving = copy.leaving()
    attached: dict[str, list[str]] = {}
    for identity, node in nodes.items():
        if kind_of(node) == "boundaryEvent":
            attached.setdefault(node.get("attachedToRef") or "", []).append(identity)
    reached: set[str] = set()
    waiting = [
        i for i, node in nodes.items() if kind_of(node) == "startEvent" or node.get("triggeredByEvent") == "true"
    ]
    while waiting:
        identity = waiting.pop()
        if identity in nodes and identity not in reached:
            reached.add(identity)
            waiting += [flow.get("targetRef") or "" for flow in leaving.get(identity, [])] + attached.get(identity, [])
    for identity, node in nodes.items():
        if identity not in reached:
            copy.assume("bpmn_assumed_left_out", node)
            remove(node)
            for flow in leaving.get(identity, []):
                remove(flow)


def _end(copy: Copy, scope: etree._Element) -> None:
    nodes = own_nodes(scope)
    if not nodes or kind_of(scope) == "adHocSubProcess":
        return
    leaving = copy.leaving()
    open_ended = [
        node
        for node in nodes
        if kind_of(node) != "endEvent"
        and not leaving.get(node.get("id") or "")
        and node.get("triggeredByEvent") != "true"
        and node.get("isForCompensation") != "true"
        and next(node.iterchildren(bpmn("linkEventDefinition")), None) is None
    ]
    has_end = any(kind_of(node) == "endEvent" for node in nodes)
    if not open_ended and (has_end or not is_scope(scope)):
        return
    end = copy.fresh(f"{scope.get('id')}_end")
    scope.append(etree.Element(bpmn("endEvent"), {"id": end}))
    for number, node in enumerate(open_ended, 1):
        copy.connect(scope, node.get("id") or "", end, f"{end}_{number}")
        copy.assume("bpmn_assumed_end", node)
