"""One flow node or sequence flow of the XML as data, with the definitions that its events point at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from leancity.core.processes.bpmn import names
from leancity.core.processes.bpmn.attributes import (
    Attributes,
    assign_of,
    ballot_of,
    begin_of,
    calendar_of,
    escalation_of,
    metrics_of,
    number,
    share,
    term_of,
    wait_of,
)
from leancity.core.processes.bpmn.model import Event, Flow, Loop, Node, Timer
from leancity.core.processes.bpmn.names import bpmn, kind_of, referred, shown

_MOMENTS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def node_of(given: Attributes, parent: str, lane: str, definitions: Mapping[str, str]) -> Node:
    """Return a flow node; ``definitions`` are the names of messages, signals, errors and escalations by id."""
    element, kind = given.element, kind_of(given.element)
    timer = next(element.iterchildren(bpmn("timerEventDefinition")), None)
    decision = given.one("decision")
    default = element.get("default")
    return Node(
        id=element.get("id") or "",
        type=kind,
        title=shown(element.get("name")),
        lane=lane,
        parent=parent,
        documentation=text_of(element, "documentation"),
        event=event_of(element, definitions),
        timer=None if timer is None else timer_of(given, timer),
        metrics=metrics_of(given),
        form=given.text("form", "key"),
        topic=given.text("service", "topic"),
        decision="" if decision is None else (decision.get("key") or "").strip(),
        decision_result="" if decision is None else (decision.get("result") or "").strip(),
        state=given.text("state", "state"),
        state_outcome=given.text("state", "outcome"),
        outcome=given.text("outcome", "key"),
        assign=assign_of(given),
        ballot=ballot_of(given),
        begin=begin_of(given),
        term=term_of(given),
        wait=wait_of(given),
        escalation=escalation_of(given),
        loop=loop_of(element),
        default=referred(default) if default else "",
        attached_to=referred(element.get("attachedToRef")),
        interrupts=element.get("cancelActivity" if kind == "boundaryEvent" else "isInterrupting") != "false",
        is_event_scope=element.get("triggeredByEvent") == "true",
        is_compensation=element.get("isForCompensation") == "true",
        calls=referred(element.get("calledElement")),
        script=bool(text_of(element, "script")),
    )


def flow_of(given: Attributes) -> Flow:
    """Return a sequence flow."""
    element, probability = given.element, given.one("flow")
    return Flow(
        id=element.get("id") or "",
        source=referred(element.get("sourceRef")),
        target=referred(element.get("targetRef")),
        title=shown(element.get("name")),
        condition=text_of(element, "conditionExpression"),
        probability=None if probability is None else given.read(probability, "probability", share),
        # The attribute was called so before there was an engine, and drawings have it.
        move=given.text("move", "move") or given.text("move", "transition"),
    )


def event_of(element: etree._Element, definitions: Mapping[str, str]) -> Event | None:
    """Return what an event, or a task that sends or receives, throws or catches; None for anything else."""
    kind = kind_of(element)
    if kind in ("sendTask", "receiveTask"):
        ref = referred(element.get("messageRef"))
        return Event(kinds=("message",) if ref else (), name=definitions.get(ref, ""), ref=ref)
    if kind not in names.EVENTS:
        return None
    kinds, name, ref, condition = [], "", "", ""
    for child in element:
        local = kind_of(child)
        if local not in names.DEFINITIONS:
            continue
        which = names.DEFINITIONS[local]
        kinds.append(which)
        if which in names.NAMED and not ref:
            ref = referred(child.get(names.NAMED[which]))
            name = definitions.get(ref, "")
        elif which == "link":
            name = shown(child.get("name"))
        elif which == "condition":
            condition = text_of(child, "condition")
    # An event may also point at a definition that stands at the top of the file.
    pointed = [referred(child.text) for child in element.iterchildren(bpmn("eventDefinitionRef"))]
    return Event(kinds=tuple(kinds), name=name, ref=ref or next(iter(pointed), ""), condition=condition)


def timer_of(given: Attributes, element: etree._Element) -> Timer:
    """Return a timer's definition together with ``lean:timer`` beside it."""
    kind, text = "", ""
    for child in element:
        if kind_of(child) in _MOMENTS:
            kind, text = _MOMENTS[kind_of(child)], (child.text or "").strip()
            break
    ours = given.one("timer")
    if ours is None:
        return Timer(kind=kind, text=text)
    return Timer(
        kind=kind,
        text=text,
        working_days=given.read(ours, "workingDays", number),
        working_hours=given.read(ours, "workingHours", number),
        pausable=given.flag(ours, "pausable", True),
        calendar=calendar_of(given, ours),
    )


def loop_of(element: etree._Element) -> Loop | None:
    """Return how an activity is repeated, None where it isn't."""
    once_more = next(element.iterchildren(bpmn("standardLoopCharacteristics")), None)
    if once_more is not None:
        return Loop(
            kind="standard",
            condition=text_of(once_more, "loopCondition"),
            maximum=(once_more.get("loopMaximum") or "").strip(),
            tests_before=once_more.get("testBefore") == "true",
        )
    many = next(element.iterchildren(bpmn("multiInstanceLoopCharacteristics")), None)
    if many is None:
        return None
    item = next(many.iterchildren(bpmn("inputDataItem")), None)
    return Loop(
        kind="sequential" if many.get("isSequential") == "true" else "parallel",
        condition=text_of(many, "completionCondition"),
        cardinality=text_of(many, "loopCardinality"),
        collection=text_of(many, "loopDataInputRef"),
        item="" if item is None else (item.get("id") or item.get("name") or ""),
        output=text_of(many, "loopDataOutputRef"),
    )


def text_of(element: etree._Element, name: str) -> str:
    """Return the text in a child element, the empty text where there is none."""
    child = next(element.iterchildren(bpmn(name)), None)
    return "" if child is None else "".join(_texts(child)).strip()


def _texts(element: etree._Element) -> Iterable[str]:
    return (str(part) for part in element.itertext())
