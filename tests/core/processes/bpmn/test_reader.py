"""Any BPMN file is read; what is wrong with it is told, and nothing crashes."""

from __future__ import annotations

import random

import pytest

from leancity.core.processes.bpmn.durations import DAY, HOUR, duration_text, working_seconds
from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.lint import lint
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import MOST_NODES, read
from tests.core.processes.bpmn.drawings import END, REPORT, START, drawing, flows, miwg, users

LEAN = (
    "<userTask id='u' name='Осмотр'><extensionElements>"
    "<lean:metrics leadTime='P3D' processingTime='PT2H30M' waitingTime='P2DT5H30M' capacity='6' capacityPer='P1D'"
    " launchesPerMonth='90' labourHours='2.5' errorRate='0.07' valueClass='va' basis='measured'/>"
    "<lean:form key='inspection'/><lean:term amount='5' unit='working_days' start='next_day' kind='inspection'/>"
    "<lean:assign head='true' role='inspector'/><lean:wait external='true' pauses='true'/>"
    "</extensionElements></userTask>"
)


def test_reference_files_are_read_without_findings() -> None:
    for path in miwg():
        read_one = read(path.read_bytes())
        assert read_one.findings == (), path.name
        assert sum(len(model.nodes) for model in read_one.processes) >= 5, path.name
        assert all(node.id in read_one.shapes for model in read_one.processes for node in model.nodes), path.name


def test_a_drawing_of_ours_is_read_with_its_attributes() -> None:
    model = read(REPORT.read_bytes()).processes[0]
    reported = model.node("reported")
    assert reported is not None and reported.metrics is not None
    assert (reported.lane, reported.state, reported.metrics.lead_s) == ("Диспетчер", "reported", 8 * HOUR)
    assert model.metrics is not None and model.metrics.lead_s == 10 * DAY
    assert {flow.id: flow.move for flow in model.flows}["recall"] == "recall"


def test_every_attribute_is_read() -> None:
    node = read(drawing(START + LEAN + END)).processes[0].node("u")
    assert node is not None and node.metrics is not None and node.term is not None and node.assign is not None
    figures = node.metrics
    assert (figures.lead_s, figures.processing_s, figures.labour_s) == (3 * DAY, 2.5 * HOUR, 2.5 * HOUR)
    assert figures.lead_s == (figures.processing_s or 0) + (figures.waiting_s or 0)
    assert (figures.capacity_per_day, figures.launches_per_month, figures.error_rate) == (6, 90, 0.07)
    assert (node.form, node.term.unit, node.assign.role, node.assign.is_head) == (
        "inspection", "working_days", "inspector", True,
    )  # fmt: skip
    assert node.wait is not None and node.wait.pauses


@pytest.mark.parametrize(
    "bad",
    [
        "<lean:metrics leadTime='P1M'/>",
        "<lean:metrics errorRate='1.5'/>",
        "<lean:metrics labourHours='NaN'/>",
        "<lean:metrics valueClass='useful'/>",
        "<lean:term amount='2.5' unit='working_days'/>",
        "<lean:assign head='perhaps'/>",
    ],
)
def test_an_attribute_that_cannot_be_read_is_told_with_its_element(bad: str) -> None:
    body = f"{START}<userTask id='u' name='Шаг'><extensionElements>{bad}</extensionElements></userTask>{END}"
    [finding] = read(drawing(body)).findings
    assert (finding.code, finding.element, finding.title) == ("bpmn_bad_attribute", "u", "Шаг")


def test_pools_lanes_nested_scopes_and_notes() -> None:
    above = (
        '<collaboration id="c"><participant id="x" name="Город" processRef="p"/><participant id="y" name="Заявитель"/>'
        '<messageFlow id="m" sourceRef="y" targetRef="s"/></collaboration>'
    )
    body = (
        '<laneSet id="ls"><lane id="outer" name="Отдел"><childLaneSet id="cs"><lane id="inner" name="Сектор">'
        "<flowNodeRef>box</flowNodeRef></lane></childLaneSet><flowNodeRef>s</flowNodeRef><flowNodeRef>box</flowNodeRef>"
        f'</lane></laneSet>{START}<subProcess id="box">{users("u")}</subProcess>{END}'
        '<textAnnotation id="t"><text>пояснение</text></textAnnotation>'
    )
    one = read(drawing(body, above=above))
    model = one.processes[0]
    assert [(node.id, node.parent, node.lane) for node in model.nodes] == [
        ("s", "", "Отдел"), ("box", "", "Сектор"), ("u", "box", "Сектор"), ("e", "", ""),
    ]  # fmt: skip
    assert (model.pool, [pool.process for pool in one.pools]) == ("Город", ["p", ""])
    assert [note.text for note in one.notes] == ["пояснение"] and len(one.message_flows) == 1


def test_what_leads_nowhere_is_a_finding() -> None:
    body = (
        START + users("u", "u") + '<boundaryEvent id="b" attachedToRef="gone"/><task/>'
        '<exclusiveGateway id="g" default="no"/>' + flows("s>lost")
    )
    codes = {(finding.code, finding.element) for finding in read(drawing(body)).findings}
    assert codes == {
        ("bpmn_doubled_id", "u"), ("bpmn_boundary_nowhere", "b"), ("bpmn_no_id", ""), ("bpmn_default_nowhere", "g"),
        ("bpmn_flow_nowhere", "s_lost"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html/>", "bpmn_not_bpmn"),
        (b"", "xml_malformed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml_doctype"),
        (drawing("<task/>" * (MOST_NODES + 1)), "bpmn_too_many_nodes"),
        (b" " * (2 * 1024 * 1024 + 1), "xml_too_big"),
    ],
)
def test_what_is_no_drawing_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BpmnError) as refused:
        read(data)
    assert refused.value.code == code


def test_mutated_files_give_a_drawing_or_an_error_of_ours() -> None:
    chance = random.Random(7)  # noqa: S311 - the same every time
    source = REPORT.read_bytes()
    read_well = 0
    for _ in range(60):
        data = _mutated(source, chance)
        try:
            models = read(data).processes
        except BpmnError:
            continue
        read_well += 1
        for model in models[:1]:
            if model.id:
                lint(data, model.id)
                normal = normalise(data, model.id)
                lint(normal.xml, model.id)
                assert normalise(normal.xml, model.id).assumptions == ()
    assert read_well > 10


def _mutated(source: bytes, chance: random.Random) -> bytes:
    """Return the file with words swapped, values taken from elsewhere in it, and pieces cut out."""
    words = source.split(b'"')
    for _ in range(chance.randint(1, 6)):
        here, there = chance.randrange(1, len(words) - 1, 2), chance.randrange(1, len(words) - 1, 2)
        words[here] = chance.choice([words[there], b"", b"\xd0\xb6 &lt;x", b"P99999999D", words[here] * 3])
    data = b'"'.join(words)
    if chance.random() < 0.3:
        lines = data.split(b"\n")
        del lines[chance.randrange(len(lines))]
        data = b"\n".join(lines)
    return data


@pytest.mark.parametrize("seconds", [0, 1, 59, HOUR, DAY, 3 * DAY + 5 * HOUR + 30 * 60, 0.5])
def test_durations_are_written_as_they_are_read(seconds: float) -> None:
    assert working_seconds(duration_text(seconds)) == seconds
