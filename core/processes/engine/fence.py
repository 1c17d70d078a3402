"""The last fence: what the library would refuse without a reason, or run otherwise than it is drawn, is refused here.

The lint tells an author much more; this asks only whether the engine runs what the drawing says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from leancity.core.processes.bpmn.names import ACTIVITIES, CHOICES, NODES, bpmn, kind_of, referred
from leancity.core.processes.engine.errors import CompileError
from leancity.core.processes.engine.program import ESCAPE, INNER
from leancity.core.processes.engine.reading import extension, nodes_in, scopes_in, text_in

_UNSUPPORTED = frozenset({"complexGateway", "adHocSubProcess", "transaction"})
_DATA = ("ioSpecification", "dataInputAssociation", "dataOutputAssociation")
_RESERVED = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin", INNER, ESCAPE)
_AFTER_GATEWAY = frozenset({"intermediateCatchEvent", "receiveTask"})


def flows_in(scope: etree._Element) -> Iterator[etree._Element]:
    """Yield the sequence flows right in a process or sub-process."""
    return scope.iterchildren(bpmn("sequenceFlow"))


def is_event_scope(node: etree._Element) -> bool:
    """Tell whether a node is an event sub-process."""
    return kind_of(node) == "subProcess" and node.get("triggeredByEvent") == "true"


def condition_of(flow: etree._Element) -> str | None:
    """Return the condition of a sequence flow, None where it has none."""
    return text_in(flow, "conditionExpression")


def check(processes: list[etree._Element]) -> None:
    """Raise ``CompileError`` for the first thing that isn't run as drawn."""
    _check_ids(processes)
    called = {process.get("id") for process in processes}
    for process in processes:
        for scope in scopes_in(process):
            for node in nodes_in(scope):
                _check_node(node, called)
            _check_flows(scope)
            _check_starts(scope, is_process=scope is process)
            _check_reached(scope)


def _check_ids(processes: list[etree._Element]) -> None:
    found: Counter[str] = Counter()
    for process in processes:
        found[process.get("id") or ""] += 1
        for element in process.iter(bpmn("sequenceFlow"), *(bpmn(kind) for kind in NODES)):
            id_ = element.get("id") or ""
            if not id_:
                raise CompileError("process_id_missing", process.get("id") or "")
            if id_.endswith(_RESERVED):
                raise CompileError("process_id_reserved", id_)
            found[id_] += 1
    for id_, times in found.items():
        if times > 1:
            raise CompileError("process_id_twice", id_)


def _check_node(node: etree._Element, called: set[str | None]) -> None:
    kind, id_ = kind_of(node), node.get("id") or ""
    if kind == "scriptTask":
        raise CompileError("process_script", id_)
    if kind in _UNSUPPORTED:
        raise CompileError("process_element_unsupported", id_, type=kind)
    if node.get("isForCompensation") == "true":
        raise CompileError("process_event_unsupported", id_, event="compensation")
    if any(node.find(bpmn(name)) is not None for name in _DATA):
        raise CompileError("process_data_unsupported", id_)
    if kind == "callActivity" and referred(node.get("calledElement")) not in called:
        raise CompileError("process_call_unknown", id_, called=node.get("calledElement") or "")
    if kind == "eventBasedGateway" and node.get("eventGatewayType") == "Parallel":
        raise CompileError("process_element_unsupported", id_, type=kind)
    if kind == "businessRuleTask" and not all(extension(node, "decision", part) for part in ("key", "result")):
        raise CompileError("process_decision_unclear", id_)
    loop = node.find(bpmn("standardLoopCharacteristics"))
    if loop is not None:
        most = loop.get("loopMaximum")
        is_endless = most is None and text_in(loop, "loopCondition") is None
        if is_endless or (most is not None and not most.isdecimal()):
            raise CompileError("process_items_unclear", id_)
    if is_event_scope(node) and node.find(bpmn("incoming")) is not None:
        raise CompileError("process_flow_misplaced", id_)


def _check_flows(scope: etree._Element) -> None:
    nodes = {node.get("id") or "": node for node in nodes_in(scope)}
    outgoing: Counter[str] = Counter()
    incoming: Counter[str] = Counter()
    for flow in flows_in(scope):
        id_, source, target = flow.get("id") or "", referred(flow.get("sourceRef")), referred(flow.get("targetRef"))
        if source not in nodes or target not in nodes:
            raise CompileError("process_flow_broken", id_)
        if is_event_scope(nodes[source]) or is_event_scope(nodes[target]) or kind_of(nodes[source]) == "endEvent":
            raise CompileError("process_flow_misplaced", id_)
        if kind_of(nodes[target]) in ("startEvent", "boundaryEvent"):
            raise CompileError("process_flow_misplaced", id_)
        outgoing[source] += 1
        incoming[target] += 1
    for flow in flows_in(scope):
        _check_flow(flow, nodes, outgoing, incoming)
    for id_, node in nodes.items():
        many = outgoing[id_] > 1
        if many and kind_of(node) not in ("startEvent",) and not kind_of(node).endswith("Gateway"):
            raise CompileError("process_implicit_split", id_)
        if kind_of(node) == "eventBasedGateway" and not outgoing[id_]:
            raise CompileError("process_gateway_targets", id_)
        if kind_of(node) == "boundaryEvent":
            _check_boundary(node, nodes)


def _check_flow(
    flow: etree._Element, nodes: dict[str, etree._Element], outgoing: Counter[str], incoming: Counter[str]
) -> None:
    id_, source, target = flow.get("id") or "", referred(flow.get("sourceRef")), referred(flow.get("targetRef"))
    kind = kind_of(nodes[source])
    is_default = referred(nodes[source].get("default")) == id_
    if condition_of(flow) is None:
        if kind in CHOICES and outgoing[source] > 1 and not is_default:
            raise CompileError("process_condition_missing", id_)
    elif kind not in CHOICES:
        raise CompileError("process_condition_ignored", id_)
    is_free = kind_of(nodes[target]) in _AFTER_GATEWAY and incoming[target] == 1
    if kind == "eventBasedGateway" and not is_free:
        raise CompileError("process_gateway_targets", source)


def _check_boundary(node: etree._Element, nodes: dict[str, etree._Element]) -> None:
    id_, attached = node.get("id") or "", nodes.get(referred(node.get("attachedToRef")))
    if attached is None or kind_of(attached) not in ACTIVITIES or is_event_scope(attached):
        raise CompileError("process_boundary_nowhere", id_)
    if not any(kind_of(child).endswith("EventDefinition") for child in node.iterchildren()):
        raise CompileError("process_event_unsupported", id_, event="none")
    if node.find(bpmn("errorEventDefinition")) is not None and node.get("cancelActivity") == "false":
        raise CompileError("process_error_must_interrupt", id_)


def _check_starts(scope: etree._Element, *, is_process: bool) -> None:
    starts = [node for node in nodes_in(scope) if kind_of(node) == "startEvent"]
    id_ = scope.get("id") or ""
    if len(starts) != 1:
        raise CompileError("process_starts", id_, count=len(starts))
    has_event = any(kind_of(child).endswith("EventDefinition") for child in starts[0].iterchildren())
    if not is_process and has_event != is_event_scope(scope):
        raise CompileError("process_starts", id_, count=0)


def _check_reached(scope: etree._Element) -> None:
    ways: dict[str, list[str]] = {}
    for flow in flows_in(scope):
        ways.setdefault(referred(flow.get("sourceRef")), []).append(referred(flow.get("targetRef")))
    nodes = {node.get("id") or "": node for node in nodes_in(scope)}
    for id_, node in nodes.items():
        if kind_of(node) == "boundaryEvent":
            ways.setdefault(referred(node.get("attachedToRef")), []).append(id_)
    ahead = [id_ for id_, node in nodes.items() if kind_of(node) == "startEvent" or is_event_scope(node)]
    found = set(ahead)
    while ahead:
        for target in ways.get(ahead.pop(), ()):
            if target not in found:
                found.add(target)
                ahead.append(target)
    for id_ in nodes:
        if id_ not in found:
            raise CompileError("process_unreachable", id_)
