"""Running cases are moved to a newer version where all that is new lies ahead of them, and stay otherwise."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import pairwise
from typing import Any

from leancity.core.moment import now
from leancity.core.processes.versions.tables import ProcessVersion
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works

KEY = "papers"
MOVE = """mutation ($to: UUID!, $ids: [UUID!]!) { answer: processInstancesMove(versionId: $to, ids: $ids) {
  errors { field code } results { id errors { code message } } } }"""
MOVABLE = """query ($to: UUID!, $from: UUID!) { processMovable(versionId: $to, fromVersionId: $from) {
  totalCount edges { node { instanceId canMove problem { code message } } } } }"""
TIMERS = "select due_at from process_timer where tenant_id = $1 and instance_id = $2"


def model(steps: str, *, first: str = "Register", days: int = 5, extra: str = "") -> bytes:
    """Return a drawing: register, check (with a timer beside it), and then ``steps``, in a row."""
    nodes = ["begun", "register", "check", *steps.split(), "end"]
    tasks = "".join(f'<bpmn:userTask id="{each}" name="{each.title()}"/>' for each in steps.split())
    flows = "".join(
        f'<bpmn:sequenceFlow id="{one}-{other}" sourceRef="{one}" targetRef="{other}"/>'
        for one, other in pairwise(nodes)
    )
    return drawing(
        f'<bpmn:startEvent id="begun"/><bpmn:userTask id="register" name="{first}"/>'
        '<bpmn:userTask id="check" name="Check"/>'
        f'<bpmn:boundaryEvent id="late" attachedToRef="check" cancelActivity="false"><bpmn:timerEventDefinition id="t">'
        f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P{days}D</bpmn:timeDuration></bpmn:timerEventDefinition>'
        f'</bpmn:boundaryEvent><bpmn:endEvent id="told"/>'
        f'<bpmn:sequenceFlow id="late-told" sourceRef="late" targetRef="told"/>'
        f'{tasks}{extra}{flows}<bpmn:endEvent id="end"/>'
    )


async def version(works: Works, *drawn: Any, **more: Any) -> ProcessVersion:
    return await publish(works.city, model(*drawn, **more), KEY)


async def at_check(works: Works) -> uuid.UUID:
    """Begin a case and bring it to the check."""
    instance = await works.begin(KEY, {"depth": 2})
    await works.finish(await works.item(instance))
    return instance


async def move(works: Works, to: ProcessVersion, *ids: uuid.UUID) -> Any:
    asked = {"to": str(to.id), "ids": [str(each) for each in ids]}
    return (await works.city.data(MOVE, asked, as_=works.clerk))["answer"]


async def movable(works: Works, to: ProcessVersion, from_: ProcessVersion) -> Any:
    asked = {"to": str(to.id), "from": str(from_.id)}
    found = (await works.city.data(MOVABLE, asked, as_=works.clerk))["processMovable"]
    return [edge["node"] for edge in found["edges"]]


async def test_an_approval_that_was_inserted_ahead_is_asked_for_in_a_case_that_runs(works: Works) -> None:
    old = await version(works, "sign")
    instance = await at_check(works)
    item, (timer,) = await works.item(instance), await works.city.rows(TIMERS, instance)
    assert timer["due_at"] > now() + timedelta(days=4)
    new = await version(works, "approve sign", days=9)
    (told,) = await movable(works, new, old)
    assert (told["instanceId"], told["canMove"], told["problem"]) == (str(instance), True, None)
    assert (await works.instance(instance))["version_id"] == old.id, "a dry run changes nothing"
    revision = (await works.instance(instance))["revision"]
    answer = await move(works, new, instance)
    assert answer == {"errors": [], "results": [{"id": str(instance), "errors": []}]}
    moved = await works.instance(instance)
    assert (moved["version_id"], moved["revision"]) == (new.id, revision + 1)
    assert (await works.item(instance))["id"] == item["id"], "the work goes on as it was"
    assert [row["due_at"] for row in await works.city.rows(TIMERS, instance)] == [timer["due_at"]], "a timer is kept"
    assert (await works.fact(instance))["version_id"] == old.id, "its figures stay with what it began on"
    for title in ("Check", "Approve", "Sign"):
        item = await works.item(instance)
        assert item["title"] == title
        await works.finish(item)
    assert (await works.instance(instance))["status"] == "done"
    assert await works.facts(instance) == {"depth": 2}
    assert await movable(works, new, old) == []


async def test_what_changed_where_a_case_stands_or_behind_it_keeps_it(works: Works) -> None:
    old = await version(works, "sign")
    first, second = await works.begin(KEY), await at_check(works)
    gone = await publish(works.city, model("sign").replace(b"check", b"look"), KEY)
    told = {each["instanceId"]: each["problem"] for each in await movable(works, gone, old)}
    assert told[str(first)] is None, "it has not come there yet"
    assert told[str(second)] == {
        "code": "process_move_gone",
        "message": "The new version has no “Check”, where the case stands",
    }
    extra = (
        '<bpmn:parallelGateway id="split"/><bpmn:userTask id="inform" name="Inform"/><bpmn:endEvent id="informed"/>'
        '<bpmn:sequenceFlow id="r-i" sourceRef="register" targetRef="inform"/>'
        '<bpmn:sequenceFlow id="i-i" sourceRef="inform" targetRef="informed"/>'
        '<bpmn:sequenceFlow id="e-s" sourceRef="sign" targetRef="split"/>'
        '<bpmn:endEvent id="more"/><bpmn:sequenceFlow id="s-m" sourceRef="split" targetRef="more"/>'
    )
    behind = await version(works, "sign", extra=extra)
    answer = await move(works, behind, first, second)
    codes = {each["id"]: [error["code"] for error in each["errors"]] for each in answer["results"]}
    assert codes == {str(first): [], str(second): ["process_move_behind"]}, "one that stays does not stop the other"
    assert (await works.instance(second))["version_id"] == old.id
    await works.finish(await works.item(first))
    assert {row["title"] for row in await works.items(first, "open")} == {"Check", "Inform"}


async def test_a_watcher_that_was_added_beside_the_work_keeps_a_case_and_another_name_does_not(works: Works) -> None:
    await version(works, "sign")
    instance = await at_check(works)
    extra = (
        '<bpmn:boundaryEvent id="sooner" attachedToRef="check"><bpmn:timerEventDefinition id="t2">'
        '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P1D</bpmn:timeDuration></bpmn:timerEventDefinition>'
        '</bpmn:boundaryEvent><bpmn:endEvent id="stopped"/>'
        '<bpmn:sequenceFlow id="s-s" sourceRef="sooner" targetRef="stopped"/>'
    )
    watched = await version(works, "sign", extra=extra)
    (result,) = (await move(works, watched, instance))["results"]
    assert result["errors"][0]["code"] == "process_move_changed"
    renamed = model("sign", first="Enter it").replace(b'name="Check"', b'name="Look"')
    plain = await publish(works.city, renamed, KEY)
    (result,) = (await move(works, plain, instance))["results"]
    assert result["errors"] == []
    assert (await works.item(instance))["title"] == "Look"


async def test_only_to_a_live_version_of_the_process_and_by_who_publishes(works: Works) -> None:
    old = await version(works, "sign")
    instance = await at_check(works)
    tried = await publish(works.city, model("approve sign"), KEY, mark="trial")
    (result,) = (await move(works, tried, instance))["results"]
    assert result["errors"][0]["code"] == "process_move_mark", "a trial's figures are apart"
    (result,) = (await move(works, old, instance))["results"]
    assert result["errors"][0]["code"] == "process_move_same"
    stand = await publish(works.city, model("approve sign"), KEY, mark="test")
    assert (await move(works, stand, instance))["errors"] == [{"field": "versionId", "code": "process_move_not_live"}]
    other = await publish(works.city, model("approve sign"), "other")
    (result,) = (await move(works, other, instance))["results"]
    assert result["errors"][0]["code"] == "process_move_other"
    drawer = await works.city.user("core.process.read", "core.process.change")
    answer = await works.city.graphql(MOVE, {"to": str(old.id), "ids": [str(instance)]}, as_=drawer)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
