"""Camunda 7 and Operaton: candidate groups, form keys, external tasks by topic, JUEL, a time to live of the history."""

from __future__ import annotations

from leancity.core.processes.bpmn.profiles.sheet import Sheet
from leancity.core.processes.expressions.juel import to_juel

NAMESPACE = "http://camunda.org/schema/1.0/bpmn"
DAYS_KEPT = "180"
"""The engine deploys no process without a time to live of its history; this is its documentation's own example."""


def write(sheet: Sheet) -> None:
    """Write what the engine needs."""
    for process in sheet.processes():
        process.set(_name("historyTimeToLive"), DAYS_KEPT)
    sheet.attribute(NAMESPACE, worker="external")
    for node, element in sheet.nodes("businessRuleTask"):
        if node.decision:
            element.set(_name("decisionRef"), node.decision)
            element.set(_name("mapDecisionResult"), "singleEntry")
            if node.decision_result:
                element.set(_name("resultVariable"), node.decision_result)
        else:
            element.set(_name("type"), "external")
            element.set(_name("topic"), node.id)
    sheet.speak(to_juel, "{}")


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
