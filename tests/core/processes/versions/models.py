"""Small drawings, forms and tables that the tests upload."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:lean="http://lean-smart-city.example/bpmn/1" id="d" targetNamespace="http://example.org/">\n'
)
_PERMIT = """  <bpmn:process id="permit" name="Разрешение" isExecutable="true">
    <bpmn:laneSet id="lanes">
      <bpmn:lane id="l1" name="Специалист">
        <bpmn:flowNodeRef>filed</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>register</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>fee</bpmn:flowNodeRef>
      </bpmn:lane>
      <bpmn:lane id="l2" name="Начальник">
        <bpmn:flowNodeRef>sign</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>issued</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="filed" name="Заявление подано"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="register" name="Зарегистрировать">
      <bpmn:extensionElements><lean:form key="application"/><lean:metrics processingTime="PT30M" valueClass="bnva"/>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:businessRuleTask id="fee" name="Рассчитать пошлину">
      <bpmn:extensionElements><lean:decision key="fee" result="fee"/></bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
    </bpmn:businessRuleTask>
    <bpmn:userTask id="sign" name="Подписать%s"><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="issued" name="Выдано"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="filed" targetRef="register"/>
    <bpmn:sequenceFlow id="f2" sourceRef="register" targetRef="fee"/>
    <bpmn:sequenceFlow id="f3" sourceRef="fee" targetRef="sign"/>
    <bpmn:sequenceFlow id="f4" sourceRef="sign" targetRef="issued"/>
  </bpmn:process>
</bpmn:definitions>
"""
LANES = ("Специалист", "Начальник")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"area": {"type": "number", "minimum": 0}},
    "required": ["area"],
}
LOOKS: dict[str, Any] = {"order": ["area"], "fields": {"area": {"title": {"ru": "Площадь, м²", "en": "Area, m²"}}}}
DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="fee" namespace="http://example.org/">
  <decision id="fee" name="fee">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i"><inputExpression id="e" typeRef="number"><text>area</text></inputExpression></input>
      <output id="o" name="fee" typeRef="number"/>
      <rule id="r1"><inputEntry id="a"><text>&lt; 10</text></inputEntry>
        <outputEntry id="b"><text>0</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c"><text>-</text></inputEntry>
        <outputEntry id="d2"><text>500</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


def permit(word: str = "") -> str:
    """Return a drawing with two lanes, a form, a decision; ``word`` makes it another one."""
    return _HEAD + _PERMIT % word


def sketch(nodes: int = 3, process: str = "sketch", body: str = "") -> str:
    """Return a drawing of that many tasks in a row, with ``body`` in it."""
    parts = [f'  <bpmn:process id="{process}">\n    <bpmn:startEvent id="start"/>\n']
    parts += [f'    <bpmn:task id="t{place}" name="Шаг {place}"/>\n' for place in range(nodes)]
    parts += ['    <bpmn:endEvent id="end"/>\n', body]
    row = ["start", *(f"t{place}" for place in range(nodes)), "end"]
    for place, (source, target) in enumerate(pairwise(row)):
        parts.append(f'    <bpmn:sequenceFlow id="s{place}" sourceRef="{source}" targetRef="{target}"/>\n')
    return _HEAD + "".join(parts) + "  </bpmn:process>\n</bpmn:definitions>\n"


def pools() -> str:
    """Return a drawing of two processes."""
    one, other = sketch(process="one"), sketch(process="other")
    return one.replace("</bpmn:definitions>\n", "") + other[other.index("  <bpmn:process") :].replace(
        'id="s', 'id="os'
    ).replace('id="t', 'id="ot').replace('Ref="t', 'Ref="ot').replace('"start"', '"ostart"').replace('"end"', '"oend"')
