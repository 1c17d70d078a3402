"""A process that begins another one for each element of a list: once each, whatever happens on the way."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.clock.instants import local_day
from leancity.core.moment import now
from leancity.core.processes.running import begin_each
from leancity.core.processes.running.begin import begin, try_out
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works

_BEGIN = (
    '<lean:begin process="errand" each="errands" as="errand" title="errand.what" text="note" unit="errand.unit"'
    ' person="errand.who" result="sent_out"><lean:fact name="what" value="errand.what"/>'
    '<lean:fact name="due" value="errand.due"/><lean:fact name="from_note" value="note"/></lean:begin>'
)
PARENT = drawing(
    '<bpmn:startEvent id="s"/><bpmn:serviceTask id="send" name="Send out"><bpmn:extensionElements>'
    + _BEGIN
    + '</bpmn:extensionElements></bpmn:serviceTask><bpmn:userTask id="after" name="After"/><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="send"/>'
    '<bpmn:sequenceFlow id="b" sourceRef="send" targetRef="after"/>'
    '<bpmn:sequenceFlow id="c" sourceRef="after" targetRef="e"/>'
)
CHILD = drawing(
    '<bpmn:extensionElements><lean:term due="due"/></bpmn:extensionElements><bpmn:startEvent id="s"/>'
    '<bpmn:userTask id="do" name="Do"><bpmn:extensionElements><lean:term due="due"/><lean:form key="f"/>'
    '</bpmn:extensionElements></bpmn:userTask><bpmn:userTask id="again" name="Again"><bpmn:extensionElements>'
    '<lean:term due="due"/></bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="do"/>'
    '<bpmn:sequenceFlow id="b" sourceRef="do" targetRef="again"/>'
    '<bpmn:sequenceFlow id="c" sourceRef="again" targetRef="e"/>'
)
RING = drawing(
    '<bpmn:startEvent id="s"/><bpmn:serviceTask id="send" name="Once more"><bpmn:extensionElements>'
    '<lean:begin process="ring" title="&quot;again&quot;"/></bpmn:extensionElements></bpmn:serviceTask>'
    '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="send"/>'
    '<bpmn:sequenceFlow id="b" sourceRef="send" targetRef="e"/>'
)
_CHILDREN = """
select c.*, i.facts, i.status as instance_status from case_record c
join process_instance i on i.tenant_id = c.tenant_id and i.case_id = c.id
join process p on p.tenant_id = i.tenant_id and p.id = i.process_id
where c.tenant_id = $1 and p.key = $2 order by c.title, c.id
"""
_RELATIONS = "select case_id, other_id, kind from case_relation where tenant_id = $1"
_FAILED = "select failure from process_instance where tenant_id = $1 and status = 'failed'"


def _errands(works: Works, count: int, **more: Any) -> dict[str, Any]:
    day = local_day(now(), works.city.tenant.zone_info) + timedelta(days=4)
    one = {"unit": "office", "who": str(works.clerk.id), "due": day.isoformat(), **more}
    return {"note": "by Friday", "errands": [{"what": f"errand {place}", **one} for place in range(count)]}


async def _sent(works: Works, facts: dict[str, Any]) -> uuid.UUID:
    await publish(works.city, CHILD, "errand")
    await publish(works.city, PARENT, "send")
    async with works.city.serving(as_=works.clerk):
        return (await begin("send", facts, title="Errands", unit_id=works.unit_id)).id


async def test_each_element_gets_a_case_with_facts_of_its_own(works: Works) -> None:
    parent = await _sent(works, _errands(works, 3))
    await works.city.run_jobs()
    children = await works.city.rows(_CHILDREN, "errand")
    assert [child["title"] for child in children] == ["errand 0", "errand 1", "errand 2"]
    for place, child in enumerate(children):
        assert (child["text"], child["unit_id"], child["assignee_id"]) == ("by Friday", works.unit_id, works.clerk.id)
        assert child["author_id"] == works.clerk.id
        facts = json.loads(child["facts"])
        assert (facts["what"], facts["from_note"]) == (f"errand {place}", "by Friday")
        assert "errands" not in facts, "it has its own facts, not its parent's"
    assert (await works.facts(parent))["sent_out"] == 3
    assert (await works.item(parent))["node_id"] == "after"
    case = await works.case(parent)
    relations = {(row["case_id"], row["other_id"], row["kind"]) for row in await works.city.rows(_RELATIONS)}
    assert relations == {(child["id"], case["id"], "child_of") for child in children}


async def test_a_day_in_the_facts_is_the_term_of_the_case_and_of_its_work(works: Works) -> None:
    await _sent(works, _errands(works, 1))
    await works.city.run_jobs()
    (child,) = await works.city.rows(_CHILDREN, "errand")
    zone = works.city.tenant.zone_info
    assert child["due_at"].astimezone(zone).date() == local_day(now(), zone) + timedelta(days=5)
    (instance,) = await works.city.rows(
        "select id from process_instance where tenant_id = $1 and case_id = $2", child["id"]
    )
    item = await works.item(instance["id"])
    assert item["due_at"] == child["due_at"]
    later = local_day(now(), zone) + timedelta(days=9)
    await works.finish(item, {"due": later.isoformat()})
    case = await works.case(instance["id"])
    assert case["due_at"].astimezone(zone).date() == later + timedelta(days=1)
    assert (await works.item(instance["id"]))["due_at"] == case["due_at"]
    (unclear,) = [await works.item(instance["id"])]
    assert unclear["due_at"] > item["due_at"]


async def test_a_list_in_parts_and_an_error_on_the_way_begin_nothing_twice(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begin_each, "AT_ONCE", 2)
    begun: list[str] = []

    async def breaks_at_the_fourth(key: str, facts: Any, **more: Any) -> Any:
        begun.append(more["title"])
        if len(begun) == 4:
            raise OSError("the line is busy")
        return await begin(key, facts, **more)

    monkeypatch.setattr(begin_each, "begin", breaks_at_the_fourth)
    parent = await _sent(works, _errands(works, 5))
    await works.city.run_jobs()
    assert len(await works.city.rows(_CHILDREN, "errand")) == 2, "the others come next, and other work between"
    await works.city.run_jobs()
    assert len(await works.city.rows(_CHILDREN, "errand")) == 3, "what was begun before the error stays"
    await works.city.run_jobs(all_due=True)
    children = await works.city.rows(_CHILDREN, "errand")
    assert [child["title"] for child in children] == [f"errand {place}" for place in range(5)]
    assert begun.count("errand 3") == 2 and len(begun) == 6
    assert (await works.facts(parent))["sent_out"] == 5
    told = await works.city.rows(
        "select data from case_event where tenant_id = $1 and kind = 'processes_begun' order by at, id"
    )
    assert [json.loads(row["data"]) for row in told] == [{"begun": 2, "of": 5}], "then all fit"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"who": str(uuid.UUID(int=7))}, "process_begin_person"),
        pytest.param({"unit": "nowhere"}, "process_begin_unit", marks=pytest.mark.long),
        pytest.param({"what": ""}, "process_begin_untitled", marks=pytest.mark.long),
    ],
)
async def test_a_mistake_in_the_list_begins_nothing(works: Works, wrong: dict[str, Any], code: str) -> None:
    facts = _errands(works, 3)
    facts["errands"][1] |= wrong
    await _sent(works, facts)
    await works.city.run_jobs()
    assert await works.city.rows(_CHILDREN, "errand") == []
    (failed,) = await works.city.rows(_FAILED)
    failure = json.loads(failed["failure"])
    assert (failure["code"], failure["element"], failure["params"]["place"]) == (code, "Send out", 2)


@pytest.mark.parametrize(("errands", "code"), [(None, "process_no_collection"), (501, "process_too_many_items")])
async def test_no_list_and_too_long_a_list_are_refused(works: Works, errands: int | None, code: str) -> None:
    facts: dict[str, Any] = {"errands": None if errands is None else [{} for _ in range(errands)]}
    await _sent(works, facts)
    await works.city.run_jobs()
    (failed,) = await works.city.rows(_FAILED)
    assert json.loads(failed["failure"])["code"] == code


@pytest.mark.long
async def test_processes_that_begin_one_another_end(works: Works) -> None:
    await publish(works.city, RING, "ring")
    async with works.city.serving(as_=works.clerk):
        await begin("ring", {}, title="the first", unit_id=works.unit_id)
    for _ in range(begin_each.DEEPEST + 3):
        await works.city.run_jobs()
    children = await works.city.rows(_CHILDREN, "ring")
    assert len(children) == begin_each.DEEPEST + 1
    (failed,) = await works.city.rows(_FAILED)
    assert json.loads(failed["failure"])["code"] == "process_begin_ring"


async def test_on_the_test_stand_nothing_is_begun(works: Works) -> None:
    await publish(works.city, CHILD, "errand")
    version = await publish(works.city, PARENT, "send", mark="test")
    async with works.city.serving(as_=works.clerk):
        parent = (await try_out(version.id, _errands(works, 2), title="A trial")).id
    await works.city.run_jobs()
    assert (await works.facts(parent))["sent_out"] == 2
    assert (await works.item(parent))["node_id"] == "after"
    assert await works.city.rows("select id from case_record where tenant_id = $1") == []
