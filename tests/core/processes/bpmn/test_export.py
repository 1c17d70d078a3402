"""Exports are BPMN 2.0 by its schema, hold the same graph, and say to each engine what it asks for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import SpiffWorkflow.bpmn.parser  # type: ignore[import-untyped]
from lxml import etree

from leancity.core.processes.bpmn.export import PROFILES, export
from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.laid_out import with_metrics, with_picture
from leancity.core.processes.bpmn.model import Metrics
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.bpmn.svg import svg_of
from leancity.core.processes.xml import parse_xml
from tests.core.processes.bpmn.drawings import END, REPORT, START, drawing, flows, miwg, users

BODY = (
    '<laneSet id="ls"><lane id="l1" name="clerks"><flowNodeRef>t</flowNodeRef></lane></laneSet>' + START
    + '<userTask id="t" name="&lt;b&gt;Осмотр&lt;/b&gt;"><documentation>x</documentation><extensionElements>'
    + '<lean:form key="f"/></extensionElements></userTask><exclusiveGateway id="g" default="g_e"/>'
    + '<serviceTask id="v"><extensionElements><lean:service topic="mail"/></extensionElements></serviceTask>' + END
    + flows("s>t", "t>g", "g>v?ok and n &gt; 3", "g>e", "v>e")
)  # fmt: skip


@cache
def schema() -> etree.XMLSchema:
    """Return the standard's schema, which comes with the engine."""
    folder = Path(SpiffWorkflow.bpmn.parser.__file__).parent
    return etree.XMLSchema(etree.parse(folder / "schema" / "BPMN20.xsd"))


def graph(data: bytes) -> set[tuple[str, ...]]:
    models = read(data).processes
    nodes = {(node.id, node.type, node.title, node.lane) for model in models for node in model.nodes}
    return nodes | {(flow.id, flow.source, flow.target) for model in models for flow in model.flows}


@pytest.mark.parametrize("profile", list(PROFILES))
def test_every_profile_is_valid_and_keeps_the_graph(profile: str) -> None:
    for path in [REPORT, *miwg()]:
        data = path.read_bytes()
        sources = [data, *(normalise(data, model.id).xml for model in read(data).processes)]
        for source in sources:
            out = export(source, profile)
            assert graph(out) == graph(source), path.name
            # The schema forbids what some of the files themselves have; ours is never worse.
            if schema().validate(parse_xml(source)):
                assert schema().validate(parse_xml(out)), (path.name, schema().error_log.last_error)


def test_each_engine_is_told_what_it_asks_for() -> None:
    data = drawing(BODY)
    seven, eight, flow = (export(data, name).decode() for name in ("camunda7", "camunda8", "flowable"))
    for wanted in (
        'camunda:candidateGroups="clerks"',
        'camunda:formKey="f"',
        'camunda:topic="mail"',
        "historyTimeToLive",
    ):
        assert wanted in seven
    assert "${" in seven and "${" in flow and 'flowable:candidateGroups="clerks"' in flow
    assert '<zeebe:assignmentDefinition candidateGroups="clerks"/>' in eight and ">= " in eight
    assert '<zeebe:taskDefinition type="mail"/>' in eight and 'lean:form key="f"' in eight
    with pytest.raises(BpmnError) as refused:
        export(data, "visio")
    assert refused.value.code == "bpmn_profile_unknown"


def test_figures_are_written_back_and_read_again() -> None:
    figures = Metrics(
        lead_s=100_800, labour_s=5400, capacity_per_day=6, error_rate=0.07, value_class="va", basis="measured"
    )
    for source in (drawing(BODY), REPORT.read_bytes()):
        model = read(source).processes[0]
        node = next(node.id for node in model.nodes if node.type == "userTask")
        out = with_metrics(source, {node: figures, "nobody": figures})
        written = read(out).processes[0].node(node)
        assert written is not None and written.metrics == figures
        assert graph(out) == graph(source) and schema().validate(parse_xml(out)), schema().error_log.last_error


def test_a_drawing_without_a_picture_gets_one() -> None:
    data = drawing(BODY + '<subProcess id="box">' + users("in1", "in2") + flows("in1>in2") + "</subProcess>")
    out = with_picture(data)
    assert schema().validate(parse_xml(out)), schema().error_log.last_error
    laid = read(out)
    shapes = laid.shapes
    assert {node.id for node in laid.processes[0].nodes} <= set(shapes)
    assert {flow.id for flow in laid.processes[0].flows} <= set(laid.edges)
    assert shapes["s"].x < shapes["t"].x < shapes["g"].x, "left to right"
    box, inner = shapes["box"], shapes["in1"]
    assert box.x < inner.x and inner.x + inner.width < box.x + box.width
    tops = [shapes[name] for name in ("s", "t", "g", "v", "e", "box")]
    for number, one in enumerate(tops):
        for other in tops[number + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    assert with_picture(out) == out, "one that has a picture keeps it"


def test_the_svg_shows_every_element_and_escapes_text() -> None:
    for data in [drawing(BODY), REPORT.read_bytes(), *(path.read_bytes() for path in miwg())]:
        picture = svg_of(read(data))
        root = etree.fromstring(picture)
        shown = [etree.QName(element).localname for element in root.iter()]
        nodes = sum(len(model.nodes) for model in read(data).processes)
        assert shown.count("circle") + shown.count("polygon") + shown.count("rect") >= nodes
    picture = svg_of(read(drawing(BODY)))
    assert "<b>" not in picture and "&lt;b&gt;" in picture


def test_an_empty_drawing_has_an_empty_picture() -> None:
    assert str(etree.fromstring(svg_of(read(drawing("")))).tag).endswith("svg")
