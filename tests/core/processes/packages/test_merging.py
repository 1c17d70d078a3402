"""Three versions of a drawing, a form and a table made one: what either side changed is there, the rest is told."""

from __future__ import annotations

from typing import Any

from lxml import etree

from leancity.core.processes.bpmn.diff import diff
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.packages.merging.values import GONE, Merging
from leancity.core.processes.packages.merging.whole import Merged, Whole, merge
from tests.core.processes.versions.models import DMN, SCHEMA, permit

BASE = permit()
REGISTER = '<bpmn:userTask id="register" name="Зарегистрировать">'
SIGN = '<bpmn:userTask id="sign" name="Подписать">'
ISSUED = '<bpmn:endEvent id="issued"'
CHECK = (
    '<bpmn:userTask id="check" name="Проверить"/><bpmn:sequenceFlow id="f5" sourceRef="check" targetRef="sign"/>'
    + ISSUED
)
LANE = "<bpmn:flowNodeRef>sign</bpmn:flowNodeRef>"


def checked(drawing: str) -> str:
    """Put a check between the fee and the signature."""
    with_check = drawing.replace(ISSUED, CHECK).replace(LANE, LANE + LANE.replace("sign", "check"))
    return with_check.replace('sourceRef="fee" targetRef="sign"', 'sourceRef="fee" targetRef="check"')


def merged(mine: str, theirs: str, base: str = BASE, **choices: str) -> Merged:
    named = {f"drawing/{element}": choice for element, choice in choices.items()}
    was, here, there = (Whole(xml=each.encode()) for each in (base, mine, theirs))
    return merge(was, here, there, named)


def same(found: Merged, wanted: str) -> None:
    """Hold the merged drawing against one drawn by hand."""
    assert diff(read(wanted.encode()), read(found.whole.xml)).changes == ()


def test_what_one_side_changed_is_taken() -> None:
    mine = BASE.replace(REGISTER, REGISTER.replace("Зарегистрировать", "Принять"))
    found = merged(mine, checked(BASE))
    assert found.conflicts == ()
    same(found, checked(mine))
    same(merged(checked(BASE), mine), checked(mine))
    same(merged(BASE, BASE), BASE)
    same(merged(checked(BASE), checked(BASE)), checked(BASE))
    same(merged(BASE, checked(BASE)), checked(BASE))


def test_what_both_sides_changed_otherwise_is_chosen_by_a_person() -> None:
    mine, theirs = (BASE.replace(SIGN, SIGN.replace("Подписать", word)) for word in ("Утвердить", "Согласовать"))
    (conflict,) = merged(mine, theirs).open
    assert (conflict.address, conflict.title) == ("drawing/sign", "Утвердить")
    assert "Утвердить" in conflict.mine and "Согласовать" in conflict.theirs
    same(merged(mine, theirs, sign="mine"), mine)
    settled = merged(mine, theirs, sign="theirs")
    assert settled.open == () and settled.conflicts[0].choice == "theirs"
    same(settled, theirs)
    same(merged(mine, mine), mine)


def _without_fee(drawing: str) -> str:
    """Take the fee out: the registration leads to the signature."""
    root = etree.fromstring(drawing.encode())
    for element in list(root.iter("{*}businessRuleTask", "{*}sequenceFlow", "{*}flowNodeRef")):
        around = element.getparent()
        if around is not None and (element.get("id") in ("fee", "f3") or element.text == "fee"):
            around.remove(element)
    return etree.tostring(root, encoding="unicode").replace('targetRef="fee"', 'targetRef="sign"')


def test_what_one_took_out_and_the_other_built_upon_is_asked_and_nothing_is_lost() -> None:
    theirs = BASE.replace(
        ISSUED,
        '<bpmn:userTask id="pay" name="Оплатить"/><bpmn:sequenceFlow id="f6" sourceRef="fee" targetRef="pay"/>'
        '<bpmn:sequenceFlow id="f7" sourceRef="pay" targetRef="sign"/>' + ISSUED,
    )
    found = merged(_without_fee(BASE), theirs)
    (conflict,) = found.open
    assert (conflict.address, conflict.mine) == ("drawing/fee", None)
    assert "Рассчитать" in str(conflict.theirs)
    kept = read(merged(_without_fee(BASE), theirs, fee="theirs").whole.xml).processes[0]
    assert {"fee", "pay"} <= {node.id for node in kept.nodes} and "f6" in {flow.id for flow in kept.flows}
    gone = read(merged(_without_fee(BASE), theirs, fee="mine").whole.xml).processes[0]
    assert "fee" not in {node.id for node in gone.nodes} and "pay" in {node.id for node in gone.nodes}
    assert "f6" not in {flow.id for flow in gone.flows}, "it would come from nowhere"
    assert read(found.whole.xml).findings == (), "no reference leads nowhere meanwhile"


def test_a_node_moves_to_the_lane_where_somebody_put_it_and_its_picture_goes_with_it() -> None:
    picture = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
        ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><di:BPMNPlane bpmnElement="permit">'
        '<di:BPMNShape bpmnElement="sign"><dc:Bounds x="%d" y="0" width="10" height="10"/></di:BPMNShape>'
        '<di:BPMNShape bpmnElement="fee"><dc:Bounds x="5" y="%d" width="10" height="10"/></di:BPMNShape>'
        "</di:BPMNPlane></di:BPMNDiagram></bpmn:definitions>"
    )

    def drawn(text: str, x: int, y: int) -> str:
        return text.replace("</bpmn:definitions>", picture % (x, y))

    moved = BASE.replace("<bpmn:flowNodeRef>fee</bpmn:flowNodeRef>", "").replace(
        LANE, LANE + LANE.replace("sign", "fee")
    )
    renamed = BASE.replace(SIGN, SIGN.replace("Подписать", "Утвердить"))
    found = read(merged(drawn(renamed, 70, 1), drawn(moved, 1, 90), drawn(BASE, 1, 1)).whole.xml)
    lanes = {node.id: node.lane for node in found.processes[0].nodes}
    assert (lanes["fee"], lanes["sign"], lanes["register"]) == ("Начальник", "Начальник", "Специалист")
    assert (found.shapes["sign"].x, found.shapes["fee"].y) == (70, 90)


def _values(base: Any, mine: Any, theirs: Any, **choices: str) -> tuple[Any, list[str]]:
    merging = Merging(choices=choices, conflicts=[])
    value = merging.merged(base, mine, theirs, "form")
    return value, [each.address for each in merging.conflicts]


def test_forms_are_merged_field_by_field() -> None:
    base = {**SCHEMA, "order": ["area"]}
    mine = {**base, "order": ["area", "house"], "properties": {**SCHEMA["properties"], "house": {"type": "string"}}}
    theirs = {**base, "order": ["area", "use"], "required": [], "properties": {"use": {"type": "string"}}}
    value, conflicts = _values(base, mine, theirs)
    assert conflicts == []
    assert value == {
        "type": "object",
        "properties": {"house": {"type": "string"}, "use": {"type": "string"}},
        "required": [],
        "order": ["area", "house", "use"],
    }
    mine, theirs = ({"a": {"max": limit}} for limit in (1, 2))
    assert _values({"a": {"max": 0}}, mine, theirs) == (mine, ["form/a/max"])
    assert _values({"a": {"max": 0}}, mine, theirs, **{"form/a/max": "theirs"}) == (theirs, ["form/a/max"])
    assert _values({"a": 1}, {"a": 2}, {}) == ({"a": 2}, ["form/a"]), "changed here, gone there"
    assert _values(GONE, {"a": 1}, {"a": 1}) == ({"a": 1}, [])


def test_tables_are_merged_rule_by_rule_and_a_table_that_is_none_is_asked_about() -> None:
    def whole(xml: str, lane: str = "x") -> Whole:
        lanes = {"Клерк": {"role_key": lane}}
        return Whole(xml=BASE.encode(), decisions={"fee": {"title": "fee", "xml": xml}}, lanes=lanes)

    mine = DMN.replace("<text>500</text>", "<text>700</text>")
    theirs = DMN.replace("&lt; 10", "&lt; 20")
    found = merge(whole(DMN), whole(mine), whole(theirs), {})
    assert found.conflicts == ()
    text = found.whole.decisions["fee"]["xml"]
    assert "700" in text and "&lt; 20" in text
    other = DMN.replace("<text>500</text>", "<text>900</text>")
    assert [each.address for each in merge(whole(DMN), whole(mine), whole(other), {}).open] == ["decisions/fee/r2"]
    column = (
        '<input id="i2"><inputExpression id="e2" typeRef="number"><text>floors</text></inputExpression></input>'
        '<output id="o"'
    )
    cell = '<inputEntry id="c%d"><text>-</text></inputEntry>'
    wide = DMN.replace('<output id="o"', column)
    for number, rule in enumerate(('<outputEntry id="b">', '<outputEntry id="d2">')):
        wide = wide.replace(rule, cell % (10 + number) + rule)
    rules = DMN.replace("    </decisionTable>", '<rule id="r3"><inputEntry id="q"><text>-</text></inputEntry>'
        '<outputEntry id="w"><text>1</text></outputEntry></rule></decisionTable>')  # fmt: skip
    found = merge(whole(DMN), whole(wide), whole(rules), {})
    assert [each.address for each in found.open] == ["decisions/fee"], "no cell is guessed"
    lanes = merge(whole(DMN), whole(DMN, "mine"), whole(DMN, "theirs"), {})
    assert [each.address for each in lanes.open] == ["lanes/Клерк"]
