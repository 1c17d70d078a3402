"""Fourth step: every task is one the engine runs: a person's, a service's, a decision's, a call or a sub-process."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.names import bpmn, kind_of, lean
from leancity.core.processes.bpmn.rewriting.copy import Copy, is_scope, own_nodes, remove, rename
from leancity.core.processes.bpmn.speech import is_name, is_readable

_LOOPS = ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics")


def settle_tasks(copy: Copy) -> None:
    """Give to people what nothing says how to do by itself."""
    processes = {process.get("id") for process in copy.processes()}
    for task in copy.nodes("task", "manualTask"):
        if kind_of(task) == "task":
            copy.assume("bpmn_assumed_person", task)
        rename(task, "userTask")
    for task in copy.nodes("serviceTask"):
        if not (_given(task, "service", "topic") or _given(task, "begin", "process")):
            _by_hand(copy, task, "bpmn_assumed_service_by_hand")
    for task in copy.nodes("businessRuleTask"):
        if not _given(task, "decision", "key"):
            _by_hand(copy, task, "bpmn_assumed_decided_by_hand")
    for task in copy.nodes("scriptTask"):
        script = next(task.iterchildren(bpmn("script")), None)
        if not copy.is_meant or script is None or not (script.text or "").strip():
            _by_hand(copy, task, "bpmn_assumed_script_by_hand")
    for call in copy.nodes("callActivity"):
        if call.get("calledElement") not in processes:
            call.attrib.pop("calledElement", None)
            _by_hand(copy, call, "bpmn_assumed_call_by_hand")
    for scope in copy.nodes("transaction"):
        if not copy.is_meant:
            copy.assume("bpmn_assumed_transaction", scope)
            scope.attrib.pop("method", None)
            rename(scope, "subProcess")
    for gateway in copy.nodes("complexGateway"):
        if not copy.is_meant:
            copy.assume("bpmn_assumed_complex", gateway)
            gateway.attrib.pop("activationCondition", None)
            rename(gateway, "inclusiveGateway")


def settle_scopes(copy: Copy) -> None:
    """A sub-process that is drawn closed, or that has no one beginning, is a step of a person until it is drawn."""
    for scope in [element for element in copy.scopes() if is_scope(element)]:
        starts = len(list(scope.iterchildren(bpmn("startEvent"))))
        empty = not own_nodes(scope)
        if scope.get("triggeredByEvent") == "true":
            if empty or not starts:
                copy.assume("bpmn_assumed_left_out", scope)
                remove(scope)
        elif kind_of(scope) == "adHocSubProcess":
            if empty or not copy.is_meant:
                _closed(copy, scope)
        elif empty or (starts > 1 and not copy.is_meant):
            _closed(copy, scope)


def settle_loops(copy: Copy) -> None:
    """An activity that is repeated without a word how often is done once."""
    for kind in _LOOPS:
        for loop in list(copy.root.iter(bpmn(kind))):
            host = loop.getparent()
            if host is not None and not _says_how_often(copy, loop):
                copy.assume("bpmn_assumed_once", host)
                host.remove(loop)


def drop_compensation(copy: Copy) -> None:
    """Nothing is undone by itself: in a mere drawing the marks of compensation and of cancelling are left out."""
    if copy.is_meant:
        return
    for definition in list(copy.root.iter(bpmn("compensateEventDefinition"), bpmn("cancelEventDefinition"))):
        event = definition.getparent()
        if event is not None:
            copy.assume("bpmn_assumed_no_compensation", event)
            event.remove(definition)
            if kind_of(event) == "boundaryEvent":
                remove(event)
    for node in copy.nodes():
        if node.get("isForCompensation") == "true":
            copy.assume("bpmn_assumed_no_compensation", node)
            remove(node)


def _says_how_often(copy: Copy, loop: etree._Element) -> bool:
    words = {
        name: (child.text or "").strip()
        for name in ("loopCondition", "loopCardinality", "loopDataInputRef")
        for child in loop.iterchildren(bpmn(name))
    }
    if copy.is_meant and copy.is_ours:
        return bool(any(words.values()) or loop.get("loopMaximum"))
    if kind_of(loop) == "standardLoopCharacteristics":
        return is_readable(words.get("loopCondition", "")) or (loop.get("loopMaximum") or "").isdecimal()
    return is_readable(words.get("loopCardinality", "")) or is_name(words.get("loopDataInputRef", ""))


def _closed(copy: Copy, scope: etree._Element) -> None:
    copy.assume("bpmn_assumed_closed", scope)
    rename(scope, "userTask")
    for name in ("triggeredByEvent", "ordering", "cancelRemainingInstances"):
        scope.attrib.pop(name, None)
    for child in list(scope):
        if kind_of(child) not in ("extensionElements", *_LOOPS):
            scope.remove(child)


def _by_hand(copy: Copy, task: etree._Element, code: str) -> None:
    copy.assume(code, task)
    rename(task, "userTask")
    for name in ("implementation", "operationRef", "scriptFormat"):
        task.attrib.pop(name, None)
    for child in list(task):
        if kind_of(child) in ("script", "completionCondition"):
            task.remove(child)


def _given(task: etree._Element, name: str, attribute: str) -> bool:
    return any((found.get(attribute) or "").strip() for found in task.iter(lean(name)))
