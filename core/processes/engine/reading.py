"""What the engine takes from the XML itself: what events catch and throw, how activities repeat.

The library is given a drawing without all of this: its own reading of events fails on nameless messages, mixes up
timers of one name, and hears a signal end event not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from leancity.core.processes.bpmn.durations import in_calendar
from leancity.core.processes.bpmn.names import BPMN, DEFINITIONS, NODES, SCOPES, bpmn, kind_of, lean, referred, shown
from leancity.core.processes.engine.ballots import Ballot
from leancity.core.processes.engine.errors import CompileError
from leancity.core.processes.engine.events import Condition, Event, Named, Terminate, Timer
from leancity.core.processes.engine.program import NodeFacts

_CODES = {"error": "errorCode", "escalation": "escalationCode"}
_HEARD = {
    "startEvent": {"message", "signal", "timer", "error", "escalation"},
    "intermediateCatchEvent": {"message", "signal", "timer", "condition"},
    "boundaryEvent": {"message", "signal", "timer", "condition", "error", "escalation"},
    "receiveTask": {"message"},
}
_SENT = {
    "endEvent": {"message", "signal", "error", "escalation", "terminate"},
    "intermediateThrowEvent": {"message", "signal", "escalation"},
    "sendTask": {"message"},
}
_KINDS = {**_HEARD, **_SENT}


@dataclass(frozen=True, slots=True)
class Repeat:
    """How a multi-instance activity goes over its items; see ``items.Items``."""

    is_sequential: bool
    collection: str | None
    count: str | None
    item: str | None
    output: str | None
    item_output: str | None
    enough: str | None
    ballot: Ballot | None


def nodes_in(scope: etree._Element) -> Iterator[etree._Element]:
    """Yield the flow nodes right in a process or sub-process."""
    return (element for element in scope.iterchildren() if kind_of(element) in NODES)


def scopes_in(process: etree._Element) -> Iterator[etree._Element]:
    """Yield a process and its sub-processes, outer before inner."""
    yield process
    yield from process.iter(*(bpmn(kind) for kind in SCOPES))


def extension(element: etree._Element, name: str, attribute: str) -> str:
    """Return an attribute of one of our extension elements, the empty text where there is none."""
    found = element.find(f"{bpmn('extensionElements')}/{lean(name)}")
    return "" if found is None else (found.get(attribute) or "").strip()


def text_in(element: etree._Element, name: str) -> str | None:
    """Return the text of a child element, None where there is none."""
    found = element.find(bpmn(name))
    text = "" if found is None else "".join(str(part) for part in found.itertext()).strip()
    return text or None


def node_facts(process: etree._Element) -> dict[str, NodeFacts]:
    """Return what is to be known of the nodes of a process, by id."""
    lanes: dict[str, str] = {}
    for lane in process.iter(bpmn("lane")):
        for reference in lane.iterchildren(bpmn("flowNodeRef")):
            lanes[referred(reference.text)] = shown(lane.get("name"))
    found: dict[str, NodeFacts] = {}
    for scope in scopes_in(process):
        for node in nodes_in(scope):
            id_ = node.get("id") or ""
            parent = scope.get("id") or ""
            lane_name = lanes.get(id_) or (found[parent].lane if parent in found else "")
            title = shown(node.get("name")) or id_
            topic = extension(node, "service", "topic")
            found[id_] = NodeFacts(id_, kind_of(node), title, lane_name, topic, scope is process)
    return found


def names_of(root: etree._Element) -> dict[str, str]:
    """Return the names of messages and signals and the codes of errors and escalations, by id."""
    found: dict[str, str] = {}
    for kind in ("message", "signal", "error", "escalation"):
        for element in root.iterchildren(bpmn(kind)):
            name = element.get(_CODES[kind]) if kind in _CODES else shown(element.get("name"))
            found[element.get("id") or ""] = (name or "").strip()
    return found


def correlations_of(root: etree._Element, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the expressions of each message's correlation properties, by the message's name."""
    found: dict[str, tuple[str, ...]] = {}
    for retrieval in root.iter(bpmn("correlationPropertyRetrievalExpression")):
        text = text_in(retrieval, "messagePath") or text_in(retrieval, "formalExpression")
        message = names.get(referred(retrieval.get("messageRef")), "")
        if text and message:
            found[message] = (*found.get(message, ()), text)
    return found


def events_of(node: etree._Element, names: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what a node catches or throws: nothing or one event. CompileError: the engine doesn't do that."""
    id_, kind = node.get("id") or "", kind_of(node)
    if kind not in _KINDS:
        return ()
    definitions = [child for child in node.iterchildren() if kind_of(child) in DEFINITIONS]
    if list(node.iterchildren(bpmn("eventDefinitionRef"))) or len(definitions) > 1:
        raise CompileError("process_event_several", id_)
    if kind in ("sendTask", "receiveTask"):
        if not definitions and node.get("messageRef") is None:
            raise CompileError("process_event_unnamed", id_)
        return (_named("message", id_, node if not definitions else definitions[0], names),)
    if not definitions:
        return ()
    definition = definitions[0]
    event = DEFINITIONS[kind_of(definition)]
    if event not in _KINDS[kind]:
        raise CompileError("process_event_unsupported", id_, event=event)
    if event == "terminate":
        return (Terminate(id_),)
    if event == "timer":
        return (_timer(node, definition),)
    if event == "condition":
        text = text_in(definition, "condition")
        if text is None:
            raise CompileError("process_condition_missing", id_)
        return (Condition(id_, text),)
    return (_named(event, id_, definition, names),)


def repeat_of(node: etree._Element) -> Repeat | None:
    """Return how an activity goes over its items, None where it doesn't. CompileError: nobody can tell how."""
    found = node.find(bpmn("multiInstanceLoopCharacteristics"))
    if found is None:
        return None
    collection, count = text_in(found, "loopDataInputRef"), text_in(found, "loopCardinality")
    output, item_output = text_in(found, "loopDataOutputRef"), _variable(found, "outputDataItem")
    if (collection is None) == (count is None) or (output is None) != (item_output is None):
        raise CompileError("process_items_unclear", node.get("id") or "")
    return Repeat(
        is_sequential=found.get("isSequential") == "true",
        collection=collection,
        count=count,
        item=_variable(found, "inputDataItem"),
        output=output,
        item_output=item_output,
        enough=text_in(found, "completionCondition"),
        ballot=_ballot(node),
    )


def _ballot(node: etree._Element) -> Ballot | None:
    result = extension(node, "ballot", "result")
    if not result:
        return None
    return Ballot(
        result=result,
        field=extension(node, "ballot", "field"),
        choices=tuple(extension(node, "ballot", "choices").split()),
        quorum=extension(node, "ballot", "quorum") or None,
    )


def _variable(element: etree._Element, name: str) -> str | None:
    found = element.find(bpmn(name))
    if found is None:
        return None
    title = (found.get("name") or "").strip()
    return title if title.isidentifier() else found.get("id")


def _named(kind: str, node_id: str, element: etree._Element, names: Mapping[str, str]) -> Named:
    reference = element.get(f"{kind}Ref")
    name = "" if reference is None else names.get(referred(reference), "")
    # An error or escalation without a code is caught whatever it is; a message or signal without a name never comes.
    if not name and (kind in ("message", "signal") or (reference is not None and referred(reference) not in names)):
        raise CompileError("process_event_unnamed", node_id)
    return Named(kind, node_id, name)  # type: ignore[arg-type]


def _timer(node: etree._Element, definition: etree._Element) -> Timer:
    id_ = node.get("id") or ""
    days, hours = extension(node, "timer", "workingDays"), extension(node, "timer", "workingHours")
    if days or hours:
        function, amount = ("workdays", days) if days else ("workhours", hours)
        return Timer(id_, in_calendar(function, amount, extension(node, "timer", "calendar")))
    for name in ("timeDate", "timeDuration", "timeCycle"):
        text = text_in(definition, name)
        if text is not None:
            is_cycle = name == "timeCycle"
            if (
                is_cycle
                and not _begins(node)
                and (kind_of(node) != "boundaryEvent" or node.get("cancelActivity") != "false")
            ):
                raise CompileError("process_cycle_misplaced", id_)
            return Timer(id_, text, is_cycle)
    raise CompileError("process_timer_missing", id_)


def _begins(node: etree._Element) -> bool:
    """Tell whether a node is the start of a process: what its timer names are moments to begin one at."""
    scope = node.getparent()
    return kind_of(node) == "startEvent" and scope is not None and kind_of(scope) == "process"


def is_bpmn(element: etree._Element) -> bool:
    """Tell whether an element is of BPMN's own namespace."""
    return isinstance(element.tag, str) and element.tag.startswith(f"{{{BPMN}}}")
