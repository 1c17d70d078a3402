"""The drawing of a report as a city may change it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from leancity.modules import city_problems

DRAWN = (Path(city_problems.__file__).parent / "processes" / "report.bpmn").read_text("utf-8")
APPROVAL: dict[str, Any] = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}},
    "required": ["approved"],
}
_CONDITION = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{}</bpmn:conditionExpression>'


def with_approval() -> str:
    """The head of the unit approves before a report is closed."""
    nodes = """<bpmn:userTask id="approve" name="Утвердить закрытие">
      <bpmn:extensionElements><lean:assign head="true" unit="unit"/><lean:form key="approval"/></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="approve_choice" name="Утверждено?" default="rework"/>
    <bpmn:sequenceFlow id="done" sourceRef="in_work" targetRef="approve"/>
    <bpmn:sequenceFlow id="answer" sourceRef="approve" targetRef="approve_choice"/>
    <bpmn:sequenceFlow id="rework" name="Нет" sourceRef="approve_choice" targetRef="in_work"/>
    """
    changed = _moved(DRAWN, "close", "in_work", "approve_choice", _CONDITION.format("approved == true"))
    return _unpainted(_unlisted(changed).replace("<bpmn:userTask", nodes + "<bpmn:userTask", 1))


_SECOND_LOOKS = {
    "sort": ("reported", "reported_choice"),
    "refuse_reported": ("reported", "reported_choice"),
    "forward_reported": ("reported", "reported_choice"),
    "start": ("sent", "sent_choice"),
    "send": ("sorted", "sorted_choice"),
}
"""Flows by their id: the task that they follow, and the gateway that they leave."""


def with_second_look(*flows: str) -> str:
    """Somebody else looks at what was decided before a report passes one of these flows."""
    changed, nodes = _unlisted(DRAWN), ""
    for task, gateway in dict.fromkeys(_SECOND_LOOKS[each] for each in flows):
        mine = [each for each in flows if _SECOND_LOOKS[each] == (task, gateway)]
        asked = " or ".join(f'move == "{each.partition("_")[0]}"' for each in mine)
        nodes += f"""<bpmn:userTask id="look_{task}" name="Проверить решение">
      <bpmn:extensionElements>
        <lean:assign role="city_problems.executor"/><lean:form key="approval"/>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="looked_{task}" name="Согласовано?" default="not_{task}"/>
    <bpmn:sequenceFlow id="ask_{task}" sourceRef="{gateway}" targetRef="look_{task}">{_CONDITION.format(asked)}
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="told_{task}" sourceRef="look_{task}" targetRef="looked_{task}"/>
    <bpmn:sequenceFlow id="not_{task}" name="Нет" sourceRef="looked_{task}" targetRef="{task}"/>
    """
        for each in mine:
            changed = _narrowed(_moved(changed, each, gateway, f"looked_{task}"), each)
    return _unpainted(changed.replace("<bpmn:userTask", nodes + "<bpmn:userTask", 1))


def with_window(of: str) -> str:
    """A closed report waits so long for an answer (an ISO 8601 duration)."""
    before = '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">confirm_until</bpmn:timeDate>'
    assert before in DRAWN
    after = f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{of}</bpmn:timeDuration>'
    return _unpainted(DRAWN.replace(before, after))


def with_deadline() -> str:
    """What a unit does not accept within four hours goes back to the clerk."""
    nodes = """<bpmn:boundaryEvent id="unaccepted" name="Не принято за четыре часа" attachedToRef="sent">
      <bpmn:timerEventDefinition id="unaccepted_timer">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT4H</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="give_up" sourceRef="unaccepted" targetRef="sorted">
      <bpmn:extensionElements><lean:move transition="send_back"/></bpmn:extensionElements>
    </bpmn:sequenceFlow>
    """
    return _unpainted(_unlisted(DRAWN).replace("<bpmn:userTask", nodes + "<bpmn:userTask", 1))


def without_sending() -> str:
    """Nobody can send a report to a unit any more."""
    return _unpainted(re.sub(r'<lean:move transition="send"/>', "", DRAWN))


def with_a_strange_state() -> str:
    """A state that a report has not."""
    return _unpainted(DRAWN.replace('<lean:state state="in_work"/>', '<lean:state state="mended"/>'))


def _narrowed(xml: str, flow: str) -> str:
    """Let a flow be passed only by what was approved."""
    start = xml.index(f'<bpmn:sequenceFlow id="{flow}"')
    return xml[:start] + xml[start:].replace("move ==", "approved == true and move ==", 1)


def _moved(xml: str, flow: str, before: str, source: str, condition: str = "") -> str:
    start = xml.index(f'<bpmn:sequenceFlow id="{flow}"')
    end = xml.index("</bpmn:sequenceFlow>", start)
    text = xml[start:end].replace(f'sourceRef="{before}"', f'sourceRef="{source}"') + condition
    return xml[:start] + text + xml[end:]


def _unlisted(xml: str) -> str:
    """Without the lists of flows at the nodes, which are there a second time."""
    return re.sub(r"\s*<bpmn:(incoming|outgoing)>[^<]*</bpmn:\1>", "", xml)


def _unpainted(xml: str) -> str:
    return re.sub(r"\s*<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", xml, flags=re.S)
