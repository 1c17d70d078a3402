"""Decision tables inside a step: every hit policy's answer becomes a fact, what can't be decided is told by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.processes.expressions.dmn import table
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works

MODEL = drawing(
    '<bpmn:startEvent id="s"/><bpmn:userTask id="ask" name="Спросить"><bpmn:extensionElements>'
    '<lean:form key="asked"/></bpmn:extensionElements></bpmn:userTask><bpmn:businessRuleTask id="rule" name="Пошлина">'
    '<bpmn:extensionElements><lean:decision key="fee" result="fee"/></bpmn:extensionElements></bpmn:businessRuleTask>'
    '<bpmn:userTask id="pay" name="Оплатить"/><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="rule"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="rule" targetRef="pay"/>'
    '<bpmn:sequenceFlow id="f4" sourceRef="pay" targetRef="e"/>'
)
OVERLAPPING = [["< 10", '"b"'], ["< 20", '"a"'], ["-", '"c"']]
FORMS = {"asked": {"type": "object", "properties": {"x": {"type": "integer"}}}}
FINISH = "mutation ($id: UUID!, $facts: JSON!) { answer: workItemComplete(itemId: $id, facts: $facts) {" \
         " errors { code field message } item { state } } }"  # fmt: skip


async def answered(works: Works, dmn: bytes, x: Any) -> tuple[Any, list[dict[str, str]]]:
    """Complete the task before a table with a fact; return what the case knows then, and what was refused."""
    await publish(works.city, MODEL, "fees", decisions={"fee": dmn.decode()}, forms=FORMS)
    instance = await works.begin("fees")
    item = await works.item(instance)
    variables = {"id": str(item["id"]), "facts": {"x": x}}
    data = await works.city.data(FINISH, variables, as_=works.clerk, locale="ru")
    assert (await works.item(instance))["node_id"] == ("ask" if data["answer"]["errors"] else "pay")
    return await works.facts(instance), data["answer"]["errors"]


@pytest.mark.parametrize(
    ("policy", "more", "rules", "wanted"),
    [
        ("UNIQUE", {}, [["< 10", '"b"'], [">= 10", '"a"']], "b"),
        ("FIRST", {}, OVERLAPPING, "b"),
        ("ANY", {}, [["< 10", '"b"'], ["< 20", '"b"']], "b"),
        ("PRIORITY", {"values": '"a", "b", "c"'}, OVERLAPPING, "a"),
        ("RULE ORDER", {}, OVERLAPPING, ["b", "a", "c"]),
        ("OUTPUT ORDER", {"values": '"a", "b", "c"'}, OVERLAPPING, ["a", "b", "c"]),
        ("COLLECT", {}, OVERLAPPING, ["b", "a", "c"]),
        ("COLLECT", {"aggregation": "SUM"}, [["< 10", "2"], ["< 20", "3"]], 5),
        ("COLLECT", {"aggregation": "COUNT"}, [["< 10", "2"], ["< 20", "3"]], 2),
        ("UNIQUE", {}, [["> 100", '"b"']], None),
    ],
)
async def test_every_hit_policy_answers_in_a_step(
    works: Works, policy: str, more: dict[str, str], rules: list[list[str]], wanted: Any
) -> None:
    facts, errors = await answered(works, table(["x"], ["fee"], rules, policy=policy, **more), 5)
    assert errors == [] and facts == {"x": 5, "fee": wanted}


@pytest.mark.parametrize(
    ("policy", "rules", "code"),
    [
        ("UNIQUE", [["< 10", '"b"'], ["< 20", '"a"']], "decision_several_hits"),
        ("ANY", [["< 10", '"b"'], ["< 20", '"a"']], "decision_hits_differ"),
    ],
)
async def test_rules_that_overlap_are_told_and_the_step_is_not_made(
    works: Works, policy: str, rules: list[list[str]], code: str
) -> None:
    facts, (error,) = await answered(works, table(["x"], ["fee"], rules, policy=policy), 5)
    assert facts == {} and (error["code"], error["field"]) == (code, "itemId")
    assert "1" in error["message"] and "2" in error["message"], "by the numbers of the rules"


async def test_a_table_that_the_version_has_not_is_told_by_the_elements_name(works: Works) -> None:
    await publish(works.city, MODEL, "fees", forms=FORMS)
    instance = await works.begin("fees")
    item = await works.item(instance)
    data = await works.city.data(FINISH, {"id": str(item["id"]), "facts": {}}, as_=works.clerk, locale="ru")
    (error,) = data["answer"]["errors"]
    assert error["code"] == "process_decision_missing" and "Пошлина" in error["message"] and "fee" in error["message"]
    assert json.loads((await works.instance(instance))["facts"]) == {}
