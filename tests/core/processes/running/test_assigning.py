"""Who a task is given to by ``lean:assign``: a person, a unit, a unit's head, a role; and what names nobody is told."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.tables import OrgUnit
from leancity.core.identity.units import create_unit
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works


def model(assign: str) -> bytes:
    return drawing(
        '<bpmn:startEvent id="s"/><bpmn:userTask id="first"/><bpmn:userTask id="task" name="Проверить">'
        f"<bpmn:extensionElements><lean:assign {assign}/></bpmn:extensionElements></bpmn:userTask>"
        '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="first"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="first" targetRef="task"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="task" targetRef="e"/>'
    )


async def given(works: Works, assign: str, **facts: Any) -> Any:
    """Return the work item of a task that is assigned so."""
    await publish(works.city, model(assign), "assigning")
    instance = await works.begin("assigning", unitId=str(works.unit_id))
    await works.finish(await works.item(instance), facts)
    return await works.item(instance)


async def test_a_person_a_unit_its_head_and_a_role(works: Works) -> None:
    head = await works.city.user("core.task.work")
    async with works.city.serving(), tenant_tx(write=True):
        parks = await create_unit("parks", "Parks")
        await OrgUnit.update({OrgUnit.head_id: head.id}).where(OrgUnit.id == parks)
    by_person = await given(works, 'person="who"', who=str(head.id))
    assert (by_person["assignee_id"], by_person["state"]) == (head.id, "claimed")
    for named in ("parks", str(parks)):
        by_unit = await given(works, 'unit="place"', place=named)
        assert (by_unit["unit_id"], by_unit["assignee_id"], by_unit["state"]) == (parks, None, "open")
    by_head = await given(works, 'unit="place" head="true"', place="parks")
    assert (by_head["unit_id"], by_head["assignee_id"], by_head["state"]) == (parks, head.id, "claimed")
    headless = await given(works, 'head="true"')
    assert (headless["unit_id"], headless["assignee_id"], headless["state"]) == (works.unit_id, None, "open")
    by_role = await given(works, 'role="core.executor" unit="place"', place="parks")
    assert (by_role["role_key"], by_role["unit_id"], by_role["state"]) == ("core.executor", parks, "open")
    seen = await works.city.data("{ workItems { edges { node { title } } } }", as_=head)
    assert len(seen["workItems"]["edges"]) == 2, "the head has both in the work list"


@pytest.mark.parametrize(
    ("assign", "facts", "code"),
    [
        ('unit="place"', {"place": "nowhere"}, "process_unit_unknown"),
        ('unit="place"', {"place": 7}, "process_unit_unknown"),
        ('unit="place"', {"place": ["parks"]}, "process_unit_unknown"),
        ('unit="place"', {}, "process_unit_unknown"),
        ('unit="place"', {"place": "x" * 5_000}, "process_unit_unknown"),
        ('unit="place"', {"place": "\u202e\ufffd'--"}, "process_unit_unknown"),
        ('person="who"', {"who": "nobody"}, "process_person_unknown"),
        ('person="who"', {"who": str(uuid.UUID(int=7))}, "process_person_unknown"),
        ('person="who"', {"who": {"id": 1}}, "process_person_unknown"),
    ],
)
async def test_who_is_not_there_is_told_by_the_tasks_name(
    works: Works, assign: str, facts: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await given(works, assign, **facts)
    assert [(each.code, each.params["element"]) for each in refused.value.problems] == [(code, "Проверить")]
    ((state, revision),) = await works.city.rows("select status, revision from process_instance where tenant_id = $1")
    assert (state, revision) == ("running", 2), "the step before it was not made"
