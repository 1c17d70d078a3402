"""Third step: whatever is sent or heard has a name."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.names import NAMED, bpmn, kind_of, lean, shown
from leancity.core.processes.bpmn.rewriting.copy import Copy, is_scope, rename

_DEFINITION = {f"{kind}EventDefinition": kind for kind in NAMED}
_MADE = ("message", "signal")
"""What an event can't do without; an error or an escalation without a name is any of them."""


def name_definitions(copy: Copy) -> None:
    """Name messages and signals by their ids, cut references to none, and make what is missing."""
    for kind in _MADE:
        for definition in copy.root.iterchildren(bpmn(kind)):
            if not shown(definition.get("name")):
                definition.set("name", definition.get("id") or kind)
                copy.assume("bpmn_assumed_name", definition)
    for element in list(copy.root.iter()):
        which = _DEFINITION.get(kind_of(element))
        event = element.getparent()
        if which is not None and event is not None:
            _named(copy, element, which, event)


def send_and_receive(copy: Copy) -> None:
    """A task that sends without a message is a person's, one that waits hears the message of its own name."""
    for task in copy.nodes("sendTask"):
        if next(task.iter(lean("service")), None) is not None:
            rename(task, "serviceTask")
            task.attrib.pop("messageRef", None)
        elif not _known(copy, task, "message"):
            rename(task, "userTask")
            task.attrib.pop("messageRef", None)
            copy.assume("bpmn_assumed_sent_by_hand", task)
    for task in copy.nodes("receiveTask"):
        _named(copy, task, "message", task)


def _named(copy: Copy, element: etree._Element, kind: str, event: etree._Element) -> None:
    if _known(copy, element, kind):
        return
    element.attrib.pop(NAMED[kind], None)
    if kind not in _MADE:
        return
    title = shown(event.get("name")) or event.get("id") or kind
    made = _of_that_name(copy, kind, title)
    element.set(NAMED[kind], made.get("id") or "")
    copy.assume(f"bpmn_assumed_{kind}", event, name=title)


def _known(copy: Copy, element: etree._Element, kind: str) -> bool:
    ref = element.get(NAMED[kind])
    return bool(ref) and any(known.get("id") == ref for known in copy.root.iterchildren(bpmn(kind)))


def _of_that_name(copy: Copy, kind: str, title: str) -> etree._Element:
    for known in copy.root.iterchildren(bpmn(kind)):
        if shown(known.get("name")) == title:
            return known
    made = etree.Element(bpmn(kind), {"id": copy.fresh(f"{kind}_{len(list(copy.root)) + 1}"), "name": title})
    copy.root.insert(0, made)
    return made


def boundary_events(copy: Copy) -> None:
    """A boundary event stands on an activity of its scope and catches something; what catches nothing hears a message
    of its own name."""
    for event in copy.nodes("boundaryEvent"):
        scope = event.getparent()
        hosts = {} if scope is None else {node.get("id"): node for node in scope}
        host = hosts.get(event.get("attachedToRef"))
        if host is None or (scope is not None and not is_scope(scope) and kind_of(scope) != "process"):
            copy.assume("bpmn_assumed_left_out", event)
            _remove(event)
        elif not any(kind_of(child).endswith("EventDefinition") for child in event):
            _named(copy, etree.SubElement(event, bpmn("messageEventDefinition")), "message", event)


def _remove(event: etree._Element) -> None:
    parent = event.getparent()
    if parent is not None:
        parent.remove(event)
