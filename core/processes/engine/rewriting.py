"""The drawing as the library is given it: the same graph, without what we read ourselves.

An event sub-process becomes a boundary event on all the rest of its scope, which is what it means; the library's own
never interrupts, never ends, and lets later cases begin in the middle. Ids that the library keeps for itself are
escaped; a node without a way out gets an end.
"""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.names import bpmn, kind_of, referred
from leancity.core.processes.engine.fence import condition_of, flows_in, is_event_scope
from leancity.core.processes.engine.program import ESCAPE, INNER
from leancity.core.processes.engine.reading import extension, is_bpmn, nodes_in, scopes_in

_OWN_IDS = frozenset({"Root", "Start", "End", "StartEventSplit", "StartEventJoin"})
_REFERENCES = ("sourceRef", "targetRef", "attachedToRef", "default", "calledElement")
_LOOPS = ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics")
_KEPT = frozenset({"sequenceFlow", *_LOOPS})


def escaped(id_: str) -> str:
    """Return the id that a node has for the library."""
    return id_ + ESCAPE if id_ in _OWN_IDS else id_


def prepare(process: etree._Element) -> None:
    """Escape ids, tidy references, and turn event sub-processes into boundary events; in place."""
    for element in process.iter():
        if not is_bpmn(element):
            continue
        if element is not process and element.get("id") is not None:
            element.set("id", escaped(element.get("id") or ""))
        for name in _REFERENCES:
            if element.get(name) is not None:
                element.set(name, escaped(referred(element.get(name))))
        if kind_of(element) == "sendTask" and extension(element, "service", "topic"):
            element.tag = bpmn("serviceTask")
    for scope in list(scopes_in(process)):
        _watch(scope)
    for scope in scopes_in(process):
        _add_ends(scope)


def strip(process: etree._Element) -> None:
    """Leave of a process only nodes, flows and loops; in place. The rest we have read ourselves."""
    process.set("isExecutable", "true")
    for scope in list(scopes_in(process)):
        nodes = list(nodes_in(scope))
        for child in list(scope):
            if child not in nodes and kind_of(child) not in _KEPT:
                scope.remove(child)
        for flow in flows_in(scope):
            text = condition_of(flow)
            for child in list(flow):
                flow.remove(child)
            if text is not None:
                etree.SubElement(flow, bpmn("conditionExpression")).text = text
        for node in nodes:
            if "Process" not in kind_of(node):
                for child in list(node):
                    if kind_of(child) not in _KEPT:
                        node.remove(child)
            for name in ("messageRef", "operationRef"):
                node.attrib.pop(name, None)
            if kind_of(node) == "boundaryEvent":
                # The library knows no boundary event without an event; what it is we tell it afterwards.
                etree.SubElement(node, bpmn("signalEventDefinition"))
            loop = node.find(bpmn("multiInstanceLoopCharacteristics"))
            if loop is not None:
                for child in list(loop):
                    loop.remove(child)
                etree.SubElement(loop, bpmn("loopCardinality")).text = "1"


def _watch(scope: etree._Element) -> None:
    watchers = [node for node in nodes_in(scope) if is_event_scope(node)]
    if not watchers:
        return
    name = scope.get("id") or ""
    inner = etree.Element(bpmn("subProcess"), id=name + INNER)
    moved = [child for child in nodes_in(scope) if child not in watchers] + list(flows_in(scope))
    for child in moved:
        inner.append(child)
    begin, end = name + INNER + "_begin", name + INNER + "_end"
    etree.SubElement(scope, bpmn("startEvent"), id=begin)
    scope.append(inner)
    etree.SubElement(scope, bpmn("endEvent"), id=end)
    _connect(scope, begin, name + INNER)
    _connect(scope, name + INNER, end)
    for watcher in watchers:
        watcher.attrib.pop("triggeredByEvent")
        start = next(node for node in nodes_in(watcher) if kind_of(node) == "startEvent")
        id_ = start.get("id") or ""
        event = etree.SubElement(
            scope,
            bpmn("boundaryEvent"),
            id=id_,
            attachedToRef=name + INNER,
            cancelActivity=start.get("isInterrupting") or "true",
        )
        for child in list(start):
            event.append(child)
        start.set("id", id_ + INNER + "_begin")
        for flow in flows_in(watcher):
            if flow.get("sourceRef") == id_:
                flow.set("sourceRef", id_ + INNER + "_begin")
        _connect(scope, id_, watcher.get("id") or "")


def _add_ends(scope: etree._Element) -> None:
    sources = {flow.get("sourceRef") for flow in flows_in(scope)}
    for node in list(nodes_in(scope)):
        id_ = node.get("id") or ""
        if kind_of(node) != "endEvent" and id_ not in sources:
            etree.SubElement(scope, bpmn("endEvent"), id=id_ + INNER + "_end")
            _connect(scope, id_, id_ + INNER + "_end")


def _connect(scope: etree._Element, source: str, target: str) -> None:
    etree.SubElement(scope, bpmn("sequenceFlow"), id=f"{source}{INNER}_to", sourceRef=source, targetRef=target)
