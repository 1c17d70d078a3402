"""Rules about single elements: what the engine would refuse, or run wrongly without a word."""

from __future__ import annotations

import re

from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.bpmn.names import CHOICES, GATEWAYS
from leancity.core.processes.bpmn.recurring import series_of
from leancity.core.processes.bpmn.rules.known import Found, Graph, doubtful, flow_wrong, wrong

MOST_DEPTH = 8
_ID = re.compile(r"[^\W\d][\w.-]{0,199}")
_ENGINES = (".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin", "__inner", "__node")
_FORBIDDEN = {
    "scriptTask": "bpmn_script",
    "complexGateway": "bpmn_complex",
    "adHocSubProcess": "bpmn_ad_hoc",
    "transaction": "bpmn_transaction",
}
_HEARD = frozenset({"message", "signal", "timer"})
_KINDS = {
    "startEvent": _HEARD | {"error", "escalation"},
    "intermediateCatchEvent": _HEARD | {"condition"},
    "boundaryEvent": _HEARD | {"condition", "error", "escalation"},
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation"}),
    "endEvent": frozenset({"message", "signal", "error", "escalation", "terminate"}),
}
"""What an event of each type can throw or catch."""

_TOLD_APART = frozenset({"compensation", "link"})


def identities(graph: Graph) -> Found:
    """Ids that the engine keeps for itself, or that are none: it would run something else in the node's place."""
    for node in graph.nodes.values():
        if node.id.endswith(_ENGINES):
            yield wrong("bpmn_reserved_id", node)
        elif not _ID.fullmatch(node.id):
            yield wrong("bpmn_bad_id", node)
    for flow in graph.flows:
        if flow.id.endswith(_ENGINES):
            yield flow_wrong("bpmn_reserved_id", flow)
        elif flow.id and not _ID.fullmatch(flow.id):
            yield flow_wrong("bpmn_bad_id", flow)


def kinds(graph: Graph) -> Found:
    """Elements that we don't run."""
    for node in graph.nodes.values():
        if node.type in _FORBIDDEN:
            yield wrong(_FORBIDDEN[node.type], node)
        if node.is_compensation or (node.event and "compensation" in node.event.kinds):
            yield wrong("bpmn_compensation", node)
        if node.event and "link" in node.event.kinds:
            yield wrong("bpmn_link", node)
        if node.type in ("sendTask", "receiveTask") and not (node.event and node.event.kinds) and not node.topic:
            yield wrong("bpmn_no_message", node)
        if node.type == "intermediateCatchEvent" and not (node.event and node.event.kinds):
            yield wrong("bpmn_catches_nothing", node)
        if node.type == "serviceTask" and not node.topic and node.begin is None:
            yield wrong("bpmn_no_topic", node)
        if node.type == "businessRuleTask" and not (node.decision and node.decision_result):
            yield wrong("bpmn_no_decision", node)


def events(graph: Graph) -> Found:
    """Events in places where they don't work."""
    for node in graph.nodes.values():
        kinds_of = node.event.kinds if node.event else ()
        if node.type == "boundaryEvent":
            host = graph.nodes.get(node.attached_to)
            if not kinds_of:
                yield wrong("bpmn_catches_nothing", node)
            if "error" in kinds_of and not node.interrupts:
                yield wrong("bpmn_error_interrupts", node)
            if host is not None and host.is_event_scope:
                yield wrong("bpmn_boundary_nowhere", node, missing=host.id)
        if node.type in _KINDS:
            for kind in sorted(set(kinds_of) - _KINDS[node.type] - _TOLD_APART):
                yield wrong("bpmn_event_kind", node, kind=kind)
            if len(kinds_of) > 1:
                yield wrong("bpmn_event_several", node)
        is_cycle = node.timer is not None and node.timer.kind == "cycle"
        begins = node.type == "startEvent" and not node.parent
        if is_cycle and not begins and (node.type != "boundaryEvent" or node.interrupts):
            yield wrong("bpmn_cycle_place", node)
        if is_cycle and begins and series_of(node) is None:
            yield wrong("bpmn_start_cycle", node, text="" if node.timer is None else node.timer.text[:100])
        if node.type == "startEvent" and graph.entering[node.id]:
            yield wrong("bpmn_start_entered", node)
        if node.type == "endEvent" and graph.leaving[node.id]:
            yield wrong("bpmn_end_left", node)
        if node.escalation is not None and not (node.type == "boundaryEvent" and "timer" in kinds_of):
            yield wrong("bpmn_escalation_place", node)
        if node.type == "startEvent" and node.parent and kinds_of:
            around = graph.nodes.get(node.parent)
            if around is not None and not around.is_event_scope:
                yield wrong("bpmn_inner_start", node)


def begun(graph: Graph) -> Found:
    """Processes begun where nothing would begin them, or of which too little is said."""
    for node in graph.nodes.values():
        begin = node.begin
        if begin is None:
            continue
        if node.type != "serviceTask" or node.topic or node.loop is not None:
            yield wrong("bpmn_begin_place", node)
        if not begin.process or not begin.title or not all(name and value for name, value in begin.facts):
            yield wrong("bpmn_begin_unclear", node)
        author = graph.nodes.get(begin.author)
        if begin.author and (author is None or author.type != "userTask"):
            yield wrong("bpmn_begin_author", node, missing=begin.author[:200])


def event_scopes(graph: Graph) -> Found:
    """Event sub-processes begin by one event, and nothing else leads to them."""
    for scope in graph.nodes.values():
        if not scope.is_event_scope:
            continue
        starts = [node for node in graph.scopes.get(scope.id, []) if node.type == "startEvent"]
        if len(starts) != 1 or not (starts[0].event and starts[0].event.kinds):
            yield wrong("bpmn_event_scope_start", scope)
        if graph.entering[scope.id] or graph.leaving[scope.id]:
            yield wrong("bpmn_event_scope_flow", scope)


def ways_out(graph: Graph) -> Found:
    """Ways out of nodes: implicit splits and conditions that the engine never asks."""
    for node in graph.nodes.values():
        flows = graph.leaving[node.id]
        if node.type in CHOICES and len(flows) > 1:
            open_ways = [flow for flow in flows if not flow.condition and flow.id != node.default]
            for flow in open_ways:
                yield flow_wrong("bpmn_no_condition", flow, gateway=node.title or node.id)
            if not open_ways and not any(flow.id == node.default for flow in flows):
                yield doubtful("bpmn_no_default", node)
        elif node.type == "eventBasedGateway":
            yield from _after_events(graph, node)
        elif node.type not in GATEWAYS:
            if len(flows) > 1:
                yield wrong("bpmn_split", node, count=len(flows))
            for flow in flows:
                if flow.condition:
                    yield flow_wrong("bpmn_condition_ignored", flow)


def _after_events(graph: Graph, gateway: Node) -> Found:
    flows = graph.leaving[gateway.id]
    if len(flows) < 2:
        yield doubtful("bpmn_one_event", gateway)
    for flow in flows:
        target = graph.nodes[flow.target]
        if target.type not in ("intermediateCatchEvent", "receiveTask"):
            yield wrong("bpmn_not_an_event", target, gateway=gateway.title or gateway.id)
        elif len(graph.entering[target.id]) > 1:
            yield wrong("bpmn_event_entered", target, gateway=gateway.title or gateway.id)


def depth(graph: Graph) -> Found:
    """Sub-processes in sub-processes."""
    for node in graph.nodes.values():
        levels, parent = 0, node.parent
        while parent and levels <= MOST_DEPTH:
            around = graph.nodes.get(parent)
            parent = "" if around is None else around.parent
            levels += 1
        if levels > MOST_DEPTH:
            yield wrong("bpmn_too_deep", node, most=MOST_DEPTH)
            return


def scopes(graph: Graph) -> Found:
    """Every sub-process begins once and ends."""
    for scope in graph.nodes.values():
        if scope.type not in ("subProcess", "transaction"):
            continue
        inner = graph.scopes.get(scope.id, [])
        starts = sum(node.type == "startEvent" for node in inner)
        if starts != 1 and not scope.is_event_scope:
            yield wrong("bpmn_scope_start", scope, count=starts)
        if not any(node.type == "endEvent" for node in inner):
            yield wrong("bpmn_scope_end", scope)
