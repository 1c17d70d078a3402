"""A drawing becomes something that runs, and every step of that is told; what runs already stays as it is."""

from __future__ import annotations

import pytest

from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import read
from tests.core.processes.bpmn.drawings import END, START, drawing, errors, flows, miwg, users


def assumed(body: str, *, meant: bool = False, above: str = "") -> dict[str, str]:
    """Return what was assumed: code by element; and hold normalising twice against once."""
    data = drawing(body, meant=meant, above=above)
    once = normalise(data, "p")
    again = normalise(once.xml, "p")
    assert (again.assumptions, again.xml) == ((), once.xml)
    return {each.element: each.code for each in once.assumptions}


def test_reference_files_are_normalised_once_and_for_all() -> None:
    for path in miwg():
        data = path.read_bytes()
        for model in read(data).processes:
            once = normalise(data, model.id)
            again = normalise(once.xml, model.id)
            assert (again.assumptions, again.xml) == ((), once.xml), path.name
            kept = {node.id for node in read(once.xml).processes[0].nodes}
            assert {node.id for node in model.nodes if not node.parent} <= kept, path.name
        assert data == path.read_bytes()


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (START + '<task id="t"/>' + END + flows("s>t", "t>e"), {"t": "bpmn_assumed_person"}),
        ('<userTask id="t"/>', {"p": "bpmn_assumed_start", "t": "bpmn_assumed_end"}),
        (START + '<serviceTask id="t"/>' + END + flows("s>t", "t>e"), {"t": "bpmn_assumed_service_by_hand"}),
        (START + '<sendTask id="t"/>' + END + flows("s>t", "t>e"), {"t": "bpmn_assumed_sent_by_hand"}),
        (START + '<receiveTask id="t"/>' + END + flows("s>t", "t>e"), {"t": "bpmn_assumed_message"}),
        (START + '<subProcess id="t"/>' + END + flows("s>t", "t>e"), {"t": "bpmn_assumed_closed"}),
        (START + '<callActivity id="t" calledElement="x"/>' + END + flows("s>t", "t>e"),
         {"t": "bpmn_assumed_call_by_hand"}),
        (START + '<scriptTask id="t"><script>x()</script></scriptTask>' + END + flows("s>t", "t>e"),
         {"t": "bpmn_assumed_script_by_hand"}),
        (START + users("t", "lost") + END + flows("s>t", "t>e"), {"lost": "bpmn_assumed_left_out"}),
        (START + users("t") + END + flows("s>t", "t>e", "t>gone"), {"t_gone": "bpmn_assumed_flow_cut"}),
        (START + users("t") + END + flows("s>t", "t>e?x = 1"), {"t_e": "bpmn_assumed_condition_dropped"}),
        (START + '<startEvent id="s2"/>' + users("t") + END + flows("s>t", "s2>t", "t>e"),
         {"s2": "bpmn_assumed_one_start"}),
        (START + users("t") + '<intermediateCatchEvent id="w"><timerEventDefinition/></intermediateCatchEvent>' + END
         + flows("s>t", "t>w", "w>e"), {"w": "bpmn_assumed_timer"}),
        (START + '<userTask id="t"><multiInstanceLoopCharacteristics/></userTask>' + END + flows("s>t", "t>e"),
         {"t": "bpmn_assumed_once"}),
    ],
)  # fmt: skip
def test_what_a_drawing_leaves_open_is_assumed_and_then_runs(body: str, wanted: dict[str, str]) -> None:
    assert assumed(body) == wanted
    assert errors(drawing(body, meant=False)) == set()


def test_a_gateway_without_conditions_asks_for_a_choice() -> None:
    body = START + '<exclusiveGateway id="g"/>' + users("a", "b") + END + flows("s>g", "g>a", "g>b", "a>e", "b>e")
    model = read(normalise(drawing(body), "p").xml).processes[0]
    gateway = model.node("g")
    assert gateway is not None and gateway.default == "g_a"
    assert {flow.id: flow.condition for flow in model.flows if flow.condition} == {"g_b": 'choice = "g_b"'}


def test_conditions_of_other_engines_are_written_in_our_language() -> None:
    body = START + '<exclusiveGateway id="g" default="g_b"/>' + users("a", "b") + END
    body += flows("s>g", "g>a?${sum &gt; 5 &amp;&amp; kind == 'x'}", "g>b", "a>e", "b>e")
    model = read(normalise(drawing(body), "p").xml).processes[0]
    assert {flow.condition for flow in model.flows} == {"", '(sum > 5) and (kind = "x")'}


def test_an_implicit_split_gets_its_gateway() -> None:
    body = START + users("a", "b", "c") + END + flows("s>a", "a>b", "a>c?x = 1", "b>e", "c>e")
    model = read(normalise(drawing(body), "p").xml).processes[0]
    gateway = model.node("a_split")
    assert gateway is not None and gateway.type == "inclusiveGateway"
    assert {flow.target: flow.condition for flow in model.flows if flow.source == "a_split"} == {
        "b": "true",
        "c": "x = 1",
    }


def test_links_are_drawn_as_flows() -> None:
    link = '<linkEventDefinition name="L"/>'
    body = (
        f'{START}{users("u")}<intermediateThrowEvent id="out">{link}</intermediateThrowEvent>'
        f'<intermediateCatchEvent id="in">{link}</intermediateCatchEvent>{END}' + flows("s>out", "in>u", "u>e")
    )
    assert assumed(body) == {}
    model = read(normalise(drawing(body), "p").xml).processes[0]
    assert ("out", "in") in {(flow.source, flow.target) for flow in model.flows}


def test_terms_in_our_calendar_become_its_functions() -> None:
    body = (
        START + '<intermediateCatchEvent id="w"><extensionElements><lean:timer workingDays="5"/></extensionElements>'
        "<timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition></intermediateCatchEvent>" + END
    )
    assert b"workdays(5)" in normalise(drawing(body + flows("s>w", "w>e")), "p").xml


def test_only_the_process_asked_for_and_those_it_calls_stay() -> None:
    above = (
        '<process id="called"><startEvent id="cs"/><endEvent id="ce"/>' + flows("cs>ce") + "</process>"
        '<process id="other"><task id="ot"/></process>'
    )
    body = START + '<callActivity id="t" calledElement="called"/>' + END + flows("s>t", "t>e")
    assert assumed(body, above=above) == {"other": "bpmn_assumed_process_left_out"}
    assert {model.id for model in read(normalise(drawing(body, above=above), "p").xml).processes} == {"p", "called"}


def test_what_the_author_meant_to_run_is_not_taken_away() -> None:
    body = START + '<scriptTask id="t"><script>x()</script></scriptTask>' + END + flows("s>t", "t>e")
    assert assumed(body, meant=True) == {}
    assert ("bpmn_script", "t") in errors(drawing(body))
