"""Flowable: candidate groups, form keys, external workers by topic, JUEL."""

from __future__ import annotations

from leancity.core.processes.bpmn.profiles.sheet import Sheet, group_of
from leancity.core.processes.expressions.juel import to_juel

NAMESPACE = "http://flowable.org/bpmn"


def write(sheet: Sheet) -> None:
    """Write what the engine needs."""
    for node, element in sheet.nodes("userTask"):
        group = group_of(node)
        if group:
            element.set(_name("candidateGroups"), group)
        if node.form:
            element.set(_name("formKey"), node.form)
    for node, element in sheet.nodes("startEvent"):
        if node.form:
            element.set(_name("formKey"), node.form)
    for node, element in sheet.nodes("serviceTask", "sendTask"):
        element.set(_name("type"), "external-worker")
        element.set(_name("topic"), node.topic or node.id)
    sheet.speak(to_juel, "{}")


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
