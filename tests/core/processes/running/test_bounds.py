"""The lead time runs between the nodes that the process names, not from the first event to the last."""

from __future__ import annotations

import uuid
from datetime import timedelta, timezone

import pytest

from leancity.core.processes.running.begin import begin
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works
from tests.core.processes.running.wall import wall_clock

SAKHALIN = timezone(timedelta(hours=11))
HOUR = 3600
TASKS = ("register", "mend", "sign", "file_away")
MODEL = drawing(
    '<bpmn:startEvent id="s"/>'
    + "".join(f'<bpmn:userTask id="{task}" name="{task}"/>' for task in TASKS)
    + '<bpmn:exclusiveGateway id="again" default="f4"/><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="register"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="register" targetRef="mend"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="mend" targetRef="sign"/>'
    '<bpmn:sequenceFlow id="f" sourceRef="sign" targetRef="again"/>'
    '<bpmn:sequenceFlow id="f4" sourceRef="again" targetRef="file_away"/>'
    '<bpmn:sequenceFlow id="f5" sourceRef="again" targetRef="mend"><bpmn:conditionExpression>returned'
    "</bpmn:conditionExpression></bpmn:sequenceFlow>"
    '<bpmn:sequenceFlow id="f6" sourceRef="file_away" targetRef="e"/>'
)


async def test_from_the_first_coming_to_the_last_leaving(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wed 14 Oct 2026: filed 09:00, registered 10:00, worked 12:00, signed 13:00 and returned, worked 15:00, signed
    16:00, filed away Fri 18:00. From the coming to «mend» (10:00) to the last signature (16:00): five hours of work,
    for from 13 to 14 is lunch."""
    await publish(works.city, MODEL, "bounded", starts_at=["mend"], ends_at=["sign"])
    with wall_clock(SAKHALIN, monkeypatch) as wall:
        wall.put("2026-10-14 09:00")
        async with works.city.serving(as_=works.clerk):
            instance = (await begin("bounded", {}, title="x")).id

        async def do(moment: str, **facts: object) -> None:
            wall.put(f"2026-10-{moment}")
            await works.finish(await works.item(instance), facts)

        await do("14 10:00")
        assert await _bounds(works, instance) == ("10:00", None)
        await do("14 12:00")
        await do("14 13:00", returned=True)
        assert (await _bounds(works, instance))[1] == "13:00", "as far as one knows"
        await do("14 15:00")
        await do("14 16:00", returned=False)
        assert await _bounds(works, instance) == ("10:00", "16:00")
        assert (await works.instance(instance))["status"] == "running"
        await do("16 18:00")
    fact = await works.fact(instance)
    assert (await works.instance(instance))["status"] == "done"
    assert await _bounds(works, instance) == ("10:00", "16:00"), "filing away is nobody's waiting"
    assert (fact["closed_w"] - fact["opened_w"], fact["outcome"]) == (5 * HOUR, "done")


async def test_a_case_whose_named_end_is_its_last_task_ends_with_it(works: Works) -> None:
    await publish(works.city, MODEL, "bounded", starts_at=["mend"], ends_at=["file_away"])
    instance = await works.begin("bounded")
    for _ in TASKS:
        assert (await works.fact(instance))["closed_at"] is None
        await works.finish(await works.item(instance), {"returned": False})
    fact = await works.fact(instance)
    assert fact["closed_at"] == (await works.instance(instance))["closed_at"]


TWO_ENDS = drawing(
    '<bpmn:startEvent id="s"/><bpmn:userTask id="look" name="Look"/>'
    '<bpmn:exclusiveGateway id="way" default="f3"/><bpmn:endEvent id="granted"/><bpmn:endEvent id="withdrawn"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="look"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="way"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="way" targetRef="granted"/>'
    '<bpmn:sequenceFlow id="f4" sourceRef="way" targetRef="withdrawn"><bpmn:conditionExpression>gone'
    "</bpmn:conditionExpression></bpmn:sequenceFlow>"
)


async def test_a_case_that_ends_otherwise_is_counted_apart(works: Works) -> None:
    version = await publish(works.city, TWO_ENDS, "ends", ends_at=["granted"])
    lives = [await works.begin("ends") for _ in range(4)]
    for instance, gone in zip(lives[:3], (False, True, False), strict=True):
        await works.finish(await works.item(instance), {"gone": gone})
    stopped = await works.ask(f'processStop(id: "{lives[3]}", reason: "x") {{ errors {{ code }} }}')
    assert stopped["errors"] == []
    facts = [await works.fact(instance) for instance in lives]
    assert all(fact["closed_at"] is not None for fact in facts)
    assert [fact["closed_w"] is None for fact in facts] == [False, True, False, True]
    cut = f'cut: {{processId: "{version.process_id}"}}'
    query = f"{{ processFigures({cut}) {{ closed endedOtherwise open lead {{ n }} }} }}"
    figures = (await works.city.data(query, as_=works.clerk))["processFigures"]
    assert figures == {"closed": 2, "endedOtherwise": 2, "open": 0, "lead": {"n": 2}}
    # A calendar that changes makes readings anew; what has no lead time gets none by it.
    week = ["10:00-12:00"] * 5 + ["", ""]
    boss = await works.city.user("core.settings.change")
    changed = 'mutation ($w: [String!]!) { workHoursSet(weekly: $w, country: "RU", shortBy: 0) { errors { code } } }'
    assert (await works.city.data(changed, {"w": week}, as_=boss))["workHoursSet"]["errors"] == []
    await works.city.run_jobs()
    again = [await works.fact(instance) for instance in lives]
    assert [fact["closed_w"] is None for fact in again] == [False, True, False, True]
    assert again[0]["closed_w"] != facts[0]["closed_w"]


async def _bounds(works: Works, instance: uuid.UUID) -> tuple[str | None, ...]:
    fact = await works.fact(instance)
    ends = (fact["opened_at"], fact["closed_at"])
    return tuple(None if at is None else f"{at.astimezone(SAKHALIN):%H:%M}" for at in ends)
