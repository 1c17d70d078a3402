"""First step: the process asked for and those it calls, out of everything else the file holds."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from leancity.core.processes.bpmn import names
from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.names import LEAN, bpmn, kind_of, referred, shown
from leancity.core.processes.bpmn.rewriting.copy import Assumption, Copy, remove

_DEFINED = frozenset({"message", "signal", "error", "escalation", "correlationProperty"})
_KEPT = (
    names.NODES
    | frozenset(names.DEFINITIONS)
    | _DEFINED
    | {
        "process",
        "sequenceFlow",
        "laneSet",
        "lane",
        "flowNodeRef",
        "extensionElements",
        "conditionExpression",
        "condition",
        "timeDate",
        "timeDuration",
        "timeCycle",
        "standardLoopCharacteristics",
        "loopCondition",
        "multiInstanceLoopCharacteristics",
        "loopCardinality",
        "loopDataInputRef",
        "loopDataOutputRef",
        "inputDataItem",
        "outputDataItem",
        "completionCondition",
        "script",
        "correlationProperty",
        "correlationPropertyRetrievalExpression",
        "messagePath",
        "formalExpression",
    }
)
"""Elements that the engine is given. What is not here describes, draws, or is another vendor's."""

_DATA = frozenset({"dataInputAssociation", "dataOutputAssociation", "ioSpecification", "dataStoreReference"})
_REFERENCES = (
    "sourceRef",
    "targetRef",
    "attachedToRef",
    "calledElement",
    "default",
    "messageRef",
    "signalRef",
    "errorRef",
    "escalationRef",
)


def cut(root: etree._Element, process_id: str) -> Copy:
    """Return the copy with that process; ``BpmnError`` where the file has none of that id."""
    found = [element for element in root.iterchildren(bpmn("process")) if element.get("id") == process_id]
    if not found:
        raise BpmnError("bpmn_process_missing", process_id)
    copy = Copy(root, found[0])
    called = _called(root, found[0])
    _leave_out(copy, called)
    _data_names(root)
    _definitions_in_place(root)
    _data_left_out(copy)
    for element in list(root):
        kind = kind_of(element)
        if kind not in _DEFINED and (kind != "process" or element not in called):
            root.remove(element)
    for element in list(root.iter()):
        _strip(element)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["xsi"])
    for process in called:
        process.set("isExecutable", "true")
    return copy


def _called(root: etree._Element, process: etree._Element) -> list[etree._Element]:
    """Return a process and all that it calls within the file."""
    by_id = {element.get("id"): element for element in reversed(list(root.iterchildren(bpmn("process"))))}
    found, waiting = [process], [process]
    while waiting:
        for call in waiting.pop().iter(bpmn("callActivity")):
            target = by_id.get(referred(call.get("calledElement")))
            if target is not None and target not in found:
                found.append(target)
                waiting.append(target)
    return found


def _leave_out(copy: Copy, called: list[etree._Element]) -> None:
    """Tell of the other processes, and of the messages between pools, which nobody sends by themselves."""
    for process in copy.root.iterchildren(bpmn("process")):
        if process not in called and any(kind_of(child) in names.NODES for child in process):
            copy.assume("bpmn_assumed_process_left_out", process)
    messages = len(list(copy.root.iter(bpmn("messageFlow"))))
    if messages:
        copy.assume("bpmn_assumed_message_flows", copy.process, count=messages)


def _data_names(root: etree._Element) -> None:
    """Name the collection of a multi-instance activity as the case's data does: tools point at a data object's id."""
    data = ("dataInput", "dataObject", "dataObjectReference", "property", "dataOutput")
    by_id = {item.get("id"): shown(item.get("name")) for kind in data for item in root.iter(bpmn(kind))}
    for kind in ("loopDataInputRef", "loopDataOutputRef"):
        for element in root.iter(bpmn(kind)):
            text = referred(element.text)
            element.text = by_id.get(text) or text


def _definitions_in_place(root: etree._Element) -> None:
    """Put definitions of events that stand at the top of the file into the events that point at them."""
    shared = {element.get("id"): element for element in root if kind_of(element) in names.DEFINITIONS}
    for pointer in list(root.iter(bpmn("eventDefinitionRef"))):
        event, definition = pointer.getparent(), shared.get(referred(pointer.text))
        if event is not None and definition is not None:
            own = deepcopy(definition)
            own.attrib.pop("id", None)
            event.replace(pointer, own)


def _data_left_out(copy: Copy) -> None:
    """Tell of data that are drawn but that steps don't exchange: all of a case's facts are at hand in every step."""
    for process in copy.processes():
        count = sum(1 for element in process.iter() if kind_of(element) in _DATA)
        if count and (process is copy.process):
            title = shown(process.get("name")) or process.get("id") or ""
            copy.assumed.append(
                Assumption("bpmn_assumed_data_left_out", process.get("id") or "", title, {"count": count})
            )


def _strip(element: etree._Element) -> None:
    """Take out what the engine isn't given: vendors' elements and attributes, pictures, descriptions, data."""
    parent = element.getparent()
    if parent is None:
        _plain(element)
        return
    tag = element.tag
    is_ours = isinstance(tag, str) and tag.startswith(f"{{{LEAN}}}")
    kind = kind_of(element)
    if not is_ours and kind not in _KEPT:
        if kind == "childLaneSet":  # nested lanes are read before they go
            return
        remove(element)
        return
    if not is_ours:
        _plain(element)
        if not len(element):
            element.text = element.text if (element.text or "").strip() else None
        else:
            element.text = None
    element.tail = None


def _plain(element: etree._Element) -> None:
    for name in list(element.attrib):
        if str(name).startswith("{"):
            del element.attrib[name]
    for name in _REFERENCES:
        value = element.get(name)
        if value is not None:
            element.set(name, referred(value))
