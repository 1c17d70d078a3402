"""Names of BPMN 2.0: namespaces, the elements we know, and which of them are what."""

from __future__ import annotations

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS = "http://www.omg.org/spec/DD/20100524/DC"
LINES = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LEAN = "http://lean-smart-city.example/bpmn/1"
"""Namespace of our attributes; editors that don't know it keep what is in it."""

PREFIXES = {"bpmn": BPMN, "bpmndi": DIAGRAM, "dc": BOUNDS, "di": LINES, "xsi": XSI, "lean": LEAN}

TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "callActivity",
    }
)
SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SCOPES
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
NODES = ACTIVITIES | EVENTS | GATEWAYS
CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
"""Gateways whose ways out carry conditions."""

PEOPLE = frozenset({"task", "userTask", "manualTask"})
"""Tasks that a person does."""

DEFINITIONS = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "conditionalEventDefinition": "condition",
    "linkEventDefinition": "link",
    "compensateEventDefinition": "compensation",
    "cancelEventDefinition": "cancel",
    "terminateEventDefinition": "terminate",
}
"""Element of an event's definition to the kind of event it makes."""

NAMED = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}
"""Kind of event to the attribute that names what is sent or heard."""


def bpmn(name: str) -> str:
    """Return the qualified name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def lean(name: str) -> str:
    """Return the qualified name of one of our elements."""
    return f"{{{LEAN}}}{name}"


def kind_of(element: etree._Element) -> str:
    """Return the local name of a BPMN element, the empty text for any other."""
    tag = element.tag
    if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}"):
        return tag[len(BPMN) + 2 :]
    return ""


def referred(text: str | None) -> str:
    """Return the id that a reference names: QNames of other tools carry a prefix, and lines break around them."""
    return (text or "").strip().rpartition(":")[2]


def shown(text: str | None) -> str:
    """Return a title in one line."""
    return " ".join((text or "").split())
