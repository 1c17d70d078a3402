"""What changed between two versions of a drawing, by id and, where an editor changed ids, by kind and name."""

from __future__ import annotations

from leancity.core.processes.bpmn.diff import diff
from leancity.core.processes.bpmn.reader import read
from tests.core.processes.bpmn.drawings import END, REPORT, START, drawing, flows

LANES = '<laneSet id="ls"><lane id="l1" name="{}"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
TASK = '<userTask id="t" name="{}"><extensionElements><lean:metrics leadTime="{}"/></extensionElements></userTask>'


def test_a_drawing_does_not_differ_from_itself() -> None:
    report = read(REPORT.read_bytes())
    assert diff(report, report).changes == ()


def test_each_sort_of_change_is_told_with_before_and_after() -> None:
    old = read(drawing(LANES.format("Отдел") + START + TASK.format("Осмотр", "P3D") + END + flows("s>t", "t>e")))
    new = read(drawing(
        LANES.format("Сектор") + START + TASK.format("Выезд", "P1D") + '<userTask id="n" name="Новый"/>' + END
        + flows("s>t", "t>n", "n>e")
    ))  # fmt: skip
    changes = {(c.kind, c.what, c.element, c.field): (c.before, c.after) for c in diff(old, new).changes}
    assert changes == {
        ("node", "added", "n", ""): (None, None),
        ("node", "renamed", "t", "title"): ("Осмотр", "Выезд"),
        ("node", "moved", "t", "lane"): ("Отдел", "Сектор"),
        ("node", "changed", "t", "metrics.lead_s"): (86400.0, 28800.0),
        ("lane", "renamed", "l1", "title"): ("Отдел", "Сектор"),
        ("flow", "added", "t_n", ""): (None, None),
        ("flow", "added", "n_e", ""): (None, None),
        ("flow", "removed", "t_e", ""): (None, None),
    }


def test_new_ids_alone_are_no_change() -> None:
    old = read(drawing(START + '<userTask id="a" name="Осмотр"/>' + END + flows("s>a", "a>e")))
    new = read(drawing(START + '<userTask id="b" name="Осмотр"/>' + END + flows("s>b", "b>e")))
    told = diff(old, new)
    assert told.changes == ()
    assert told.ids == {"b": "a", "s_b": "s_a", "b_e": "a_e"}
