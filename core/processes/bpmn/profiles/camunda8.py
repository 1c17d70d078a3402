"""Camunda 8: Zeebe's user tasks, assignments, forms, job types, decisions and message keys; FEEL."""

from __future__ import annotations

from leancity.core.processes.bpmn.names import bpmn
from leancity.core.processes.bpmn.profiles.sheet import Sheet, group_of
from leancity.core.processes.expressions.feel import to_feel

NAMESPACE = "http://camunda.org/schema/zeebe/1.0"
CORRELATION = "=caseId"
"""Zeebe sends no message to a case without a key; ours are told apart by the case itself."""


def write(sheet: Sheet) -> None:
    """Write what the engine needs."""
    for node, element in sheet.nodes("userTask"):
        sheet.extension(element, _name("userTask"), {})
        group = group_of(node)
        if group:
            sheet.extension(element, _name("assignmentDefinition"), {"candidateGroups": group})
        if node.form:
            sheet.extension(element, _name("formDefinition"), {"formId": node.form})
    for node, element in sheet.nodes("serviceTask", "sendTask"):
        sheet.extension(element, _name("taskDefinition"), {"type": node.topic or node.id})
    for node, element in sheet.nodes("businessRuleTask"):
        if node.decision:
            result = node.decision_result or node.decision
            sheet.extension(element, _name("calledDecision"), {"decisionId": node.decision, "resultVariable": result})
        else:
            sheet.extension(element, _name("taskDefinition"), {"type": node.id})
    for node, element in sheet.nodes("callActivity"):
        if node.calls:
            sheet.extension(element, _name("calledElement"), {"processId": node.calls})
    for message in sheet.root.iterchildren(bpmn("message")):
        sheet.extension(message, _name("subscription"), {"correlationKey": CORRELATION})
    sheet.speak(to_feel, "= {}")


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
