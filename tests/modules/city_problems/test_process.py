"""The BPMN model draws the very life that the kind holds as data, whole and laid out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from leancity.core.cases.kinds import WHOLE
from leancity.modules import city_problems
from leancity.modules.city_problems.kinds import REPORT, SORTED

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC, DI = "{http://www.omg.org/spec/DD/20100524/DC}", "{http://www.omg.org/spec/DD/20100524/DI}"
LEAN = "{http://lean-smart-city.example/bpmn/1}"
NODES = {
    BPMN + tag
    for tag in (
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "userTask",
        "serviceTask",
        "exclusiveGateway",
        "eventBasedGateway",
    )
}
MODEL = etree.parse(Path(city_problems.__file__).parent / "processes" / "report.bpmn").getroot()
BY_ID = {each.get("id", ""): each for each in MODEL.iter() if each.get("id")}
(PROCESS,) = MODEL.iter(BPMN + "process")
FLOWS = [*PROCESS.iter(BPMN + "sequenceFlow")]
NODE_IDS = {each.get("id", "") for each in PROCESS if each.tag in NODES}


def state_of(node: str) -> str | None:
    found = next(BY_ID[node].iter(LEAN + "state"), None)
    return None if found is None else found.get("state")


def states_along(node: str, *, forward: bool) -> Iterator[str]:
    """Yield the states that are next to a node, the node's own where it is one."""
    state = state_of(node)
    if state is not None:
        yield state
        return
    here, there = ("sourceRef", "targetRef") if forward else ("targetRef", "sourceRef")
    for flow in FLOWS:
        if flow.get(here) == node:
            yield from states_along(flow.get(there, ""), forward=forward)


def test_its_moves_are_those_of_the_kind_from_state_to_state() -> None:
    drawn = {
        (before, move.get("transition"), after)
        for flow in FLOWS
        for move in flow.iter(LEAN + "move")
        for before in states_along(flow.get("sourceRef", ""), forward=False)
        for after in states_along(flow.get("targetRef", ""), forward=True)
    }
    assert drawn == {(state, each.name, each.to) for each in REPORT.transitions for state in each.from_states}
    assert {state_of(node) for node in NODE_IDS} - {None} == {state.key for state in REPORT.states}
    assert {state.key for state in REPORT.states} <= NODE_IDS, "a state's place is called as the state is"
    (begin,) = [node for node in NODE_IDS if BY_ID[node].tag == BPMN + "startEvent" and state_of(node) is None]
    assert {*states_along(begin, forward=True)} == {REPORT.initial, SORTED}, "a report begins, or is taken up again"


def test_every_reference_leads_somewhere_and_both_ends_of_a_flow_know_it() -> None:
    assert len(BY_ID) == len([each for each in MODEL.iter() if each.get("id")]), "an id is there twice"
    for each in MODEL.iter():
        for name in ("sourceRef", "targetRef", "messageRef", "processRef", "bpmnElement"):
            assert each.get(name) is None or each.get(name) in BY_ID, (each.get("id"), name)
    for end, ref in (("outgoing", "sourceRef"), ("incoming", "targetRef")):
        told = {(node, each.text) for node in NODE_IDS for each in BY_ID[node].findall(BPMN + end)}
        assert told == {(flow.get(ref), flow.get("id")) for flow in FLOWS}
    lanes = [ref.text or "" for lane in PROCESS.iter(BPMN + "lane") for ref in lane.iter(BPMN + "flowNodeRef")]
    assert sorted(lanes) == sorted(NODE_IDS), "every node lies in one lane"


def test_who_decides_has_a_condition_for_every_way_and_every_outcome_has_one() -> None:
    for node in NODE_IDS:
        ways = [flow for flow in FLOWS if flow.get("sourceRef") == node]
        conditions = [flow.findtext(BPMN + "conditionExpression") for flow in ways]
        if BY_ID[node].tag == BPMN + "exclusiveGateway":
            free = [flow.get("id") for flow, condition in zip(ways, conditions, strict=True) if not condition]
            assert len(ways) > 1 and free == [*filter(None, [BY_ID[node].get("default")])], node
            continue
        assert not any(conditions), f"{node}: a condition that nobody asks"
        if BY_ID[node].tag == BPMN + "eventBasedGateway":
            caught = {BY_ID[flow.get("targetRef", "")].tag for flow in ways}
            assert len(ways) > 1 and caught == {BPMN + "intermediateCatchEvent"}, node
    asked = re.findall(r'outcome == "(\w+)"', etree.tostring(PROCESS, encoding="unicode"))
    assert sorted(asked) == sorted(outcome.key for outcome in REPORT.outcomes)


def test_people_read_it_in_russian_and_its_terms_are_the_kinds() -> None:
    named = [*NODE_IDS, *(lane.get("id", "") for lane in PROCESS.iter(BPMN + "lane")), PROCESS.get("id", "")]
    assert [each for each in named if not re.search("[а-яё]", BY_ID[each].get("name", ""))] == []
    for term in REPORT.terms:
        where = PROCESS if term.stage == WHOLE else BY_ID[term.stage]
        measured = where.find(f"{BPMN}extensionElements/{LEAN}metrics")
        assert measured is not None, term.stage
        unit = {"working_days": "workingDays", "working_hours": "workingHours"}[term.target.rule.unit.value]
        assert float(measured.get(unit, "nan")) == term.target.rule.amount, term.stage
        assert (measured.get("basis") == "estimate") == term.target.rule.assumed


def test_everything_is_drawn_within_its_lane_and_flows_touch_what_they_join() -> None:
    shapes = {shape.get("bpmnElement"): bounds(shape) for shape in MODEL.iter(BPMNDI + "BPMNShape")}
    assert shapes.keys() >= NODE_IDS
    for lane in PROCESS.iter(BPMN + "lane"):
        left, top, right, bottom = shapes[lane.get("id")]
        for ref in lane.iter(BPMN + "flowNodeRef"):
            x, y, end_x, end_y = shapes[ref.text]
            assert left < x and top < y and end_x < right and end_y < bottom, ref.text
    edges = {edge.get("bpmnElement"): edge for edge in MODEL.iter(BPMNDI + "BPMNEdge")}
    assert edges.keys() == {flow.get("id") for flow in FLOWS}
    for flow in FLOWS:
        points = [
            (float(p.get("x", "nan")), float(p.get("y", "nan"))) for p in edges[flow.get("id")].iter(DI + "waypoint")
        ]
        for place, node in ((points[0], flow.get("sourceRef")), (points[-1], flow.get("targetRef"))):
            left, top, right, bottom = shapes[node]
            on_edge = place[0] in (left, right) or place[1] in (top, bottom)
            assert left <= place[0] <= right and top <= place[1] <= bottom and on_edge, (flow.get("id"), node)
    boxes = [(shapes[node], node) for node in sorted(NODE_IDS)]
    for n, ((left, top, right, bottom), node) in enumerate(boxes):
        for (x, y, end_x, end_y), other in boxes[n + 1 :]:
            assert end_x <= left or right <= x or end_y <= top or bottom <= y, f"{node} lies over {other}"


def bounds(shape: etree._Element) -> tuple[float, float, float, float]:
    box = shape.find(DC + "Bounds")
    assert box is not None
    x, y, width, height = (float(box.get(name, "nan")) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height
