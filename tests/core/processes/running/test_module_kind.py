"""A drawing that moves the cases of a module's kind by that kind's own transitions, with their rights."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden, Refused
from leancity.core.identity.tables import OrgUnit
from leancity.core.processes.running.begin import begin
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems.permissions import DISPATCH, TRIAGE, WORK
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import ALL, Works

KIND = "city_problems.report"


def _task(id_: str, state: str) -> str:
    said = f'<bpmn:extensionElements><lean:state state="{state}"/></bpmn:extensionElements>'
    return f'<bpmn:userTask id="{id_}" name="{id_}">{said}</bpmn:userTask>'


def model(*tasks: tuple[str, str]) -> bytes:
    """Return tasks in a row, each with the state of the case while it lasts, and an end that closes it as fixed."""
    row = ["s", *(id_ for id_, _ in tasks), "e"]
    flows = [
        f'<bpmn:sequenceFlow id="f{place}" sourceRef="{one}" targetRef="{other}"/>'
        for place, (one, other) in enumerate(pairwise(row))
    ]
    end = '<bpmn:extensionElements><lean:state state="closed" outcome="fixed"/></bpmn:extensionElements>'
    drawn = [_task(*each) for each in tasks]
    return drawing(
        "".join(['<bpmn:startEvent id="s"/>', *drawn, f'<bpmn:endEvent id="e">{end}</bpmn:endEvent>', *flows])
    )


LIFE = (("look", "reported"), ("sort", "sorted"), ("go", "sent"), ("mend", "in_work"))
RIGHTS = (TRIAGE, DISPATCH, WORK)


@pytest_asyncio.fixture
async def town(make_city: Callable[..., Awaitable[City]]) -> Works:
    city = await make_city("city_problems")
    async with city.serving(), tenant_tx(write=True):
        unit = OrgUnit(key="office", title="Office")
        await unit.save()
    clerk = await city.user(*ALL, *RIGHTS, unit_id=unit.id)
    works = Works(city=city, clerk=clerk, unit_id=unit.id)
    await publish(city, model(*LIFE), "mending", case_kind=KIND)
    return works


async def _begun(town: Works, as_: TestUser) -> uuid.UUID:
    async with town.city.serving(as_=as_):
        return (await begin("mending", {}, title="A hole", unit_id=town.unit_id)).id


async def _stands(town: Works, instance: uuid.UUID) -> tuple[Any, ...]:
    case = await town.case(instance)
    return case["kind"], case["status"], case["outcome"]


async def test_states_of_the_drawing_are_the_cases(town: Works) -> None:
    instance = await _begun(town, town.clerk)
    for state in ("reported", "sorted", "sent"):
        assert await _stands(town, instance) == (KIND, state, None)
        await town.finish(await town.item(instance))
    with pytest.raises(Refused) as refused:
        await town.finish(await town.item(instance))
    assert [each.code for each in refused.value.problems] == ["city_problems.proof_required"], "the module's own rule"
    assert await _stands(town, instance) == (KIND, "in_work", None), "the step that would have closed it was not made"
    assert (await town.item(instance))["node_id"] == "mend"


async def test_a_drawing_gives_nobody_the_kinds_rights(town: Works) -> None:
    helper = await town.city.user(*ALL, TRIAGE, unit_id=town.unit_id)
    instance = await _begun(town, helper)
    await town.finish(await town.item(instance))
    town.clerk = helper
    with pytest.raises(Forbidden):
        await town.finish(await town.item(instance))
    assert (await town.item(instance))["node_id"] == "sort" and (await _stands(town, instance))[1] == "sorted"


async def test_a_state_that_no_transition_leads_to_is_told_by_the_elements_name(town: Works) -> None:
    await publish(town.city, model(LIFE[0], LIFE[3]), "mending", case_kind=KIND)
    instance = await _begun(town, town.clerk)
    with pytest.raises(Refused) as refused:
        await town.finish(await town.item(instance))
    (problem,) = refused.value.problems
    assert (problem.code, problem.params["element"]) == ("process_state_unreachable", "mend")
    assert (await town.item(instance))["node_id"] == "look"
