"""The life of an instance: begun, worked at, ended; its case, its rows and its figures with it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.processes.running.locking import lock_work
from leancity.core.processes.running.step import finish_item
from leancity.core.processes.versions.tables import TrialUnit
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works

CLERK = "Делопроизводитель"

_STEPS = """
select node_id, attempt, is_faulty from process_step_fact where tenant_id = $1 and fact_id = $2 order by place
"""


async def test_it_asks_the_people_of_its_lanes_and_closes_its_case(works: Works) -> None:
    await works.publish("approval", lanes={CLERK: {"role_key": "core.dispatcher", "unit_id": works.unit_id}})
    instance = await works.begin("approval", {"what": "a tree"})
    case = await works.case(instance)
    assert (case["kind"], case["status"], case["number"][:3]) == ("core.process", "running", "PR-")
    assert case["due_at"] is not None, "the drawing's term is the case's"

    first = await works.item(instance)
    assert (first["node_id"], first["title"], first["lane"], first["attempt"]) == (
        "register",
        "Зарегистрировать",
        CLERK,
        1,
    )
    assert (first["role_key"], first["unit_id"], first["state"]) == ("core.dispatcher", works.unit_id, "open")
    assert first["estimate_s"] == 1800.0 and first["due_at"] is not None

    await works.finish(first, {"number": 7})
    second = await works.item(instance)
    assert (second["node_id"], second["unit_id"]) == ("approve", works.unit_id), "an unbound lane is its unit's"

    await works.finish(second, {"decision": "refuse"})
    ended, case = await works.instance(instance), await works.case(instance)
    assert (ended["status"], ended["outcome"], ended["state"]) == ("done", "refused", None)
    assert await works.facts(instance) == {"what": "a tree", "number": 7, "decision": "refuse"}
    assert (case["status"], case["outcome"]) == ("closed", "done") and case["closed_at"] is not None
    assert await works.events(instance) == [
        ("start", "complete"),
        ("register", "schedule"),
        ("register", "complete"),
        ("approve", "schedule"),
        ("approve", "complete"),
        ("choice", "complete"),
        ("refused", "complete"),
    ]


async def test_a_second_visit_is_rework_and_tells_that_the_first_was_faulty(works: Works) -> None:
    await works.publish("approval")
    instance = await works.begin("approval")
    await works.finish(await works.item(instance))
    await works.finish(await works.item(instance), {"decision": "again"})
    assert (await works.item(instance))["attempt"] == 2
    await works.finish(await works.item(instance))
    await works.finish(await works.item(instance), {"decision": "yes"})
    fact = await works.fact(instance)
    assert (fact["is_reworked"], fact["is_faulty"], fact["is_on_time"], fact["outcome"]) == (True, True, True, "done")
    sql = (
        "select node_id, attempt, is_faulty from process_step_fact where tenant_id = $1 and fact_id = $2 order by place"
    )
    steps = [tuple(row) for row in await works.city.rows(sql, instance)]
    assert steps == [("register", 1, True), ("approve", 1, True), ("register", 2, False), ("approve", 2, False)]


async def test_what_a_person_gets_wrong_is_refused_by_the_elements_name_and_leaves_nothing(works: Works) -> None:
    broken = drawing(
        '<bpmn:startEvent id="s"/><bpmn:userTask id="a" name="First"/><bpmn:userTask id="b" name="Second">'
        '<bpmn:extensionElements><lean:assign person="who"/></bpmn:extensionElements></bpmn:userTask>'
        '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="b"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="e"/>'
    )
    await publish(works.city, broken, "broken")
    instance = await works.begin("broken")
    before = (await works.instance(instance), await works.items(instance), await works.events(instance))
    with pytest.raises(Refused) as refused:
        await works.finish(await works.item(instance), {"who": str(uuid.uuid4())})
    assert [(each.code, each.params["element"]) for each in refused.value.problems] == [
        ("process_person_unknown", "Second")
    ]
    with pytest.raises(Refused) as too_large:
        await works.finish(await works.item(instance), {"text": "x" * 40_000})
    assert too_large.value.problems[0].code == "process_facts_too_large"
    assert (await works.instance(instance), await works.items(instance), await works.events(instance)) == before
    await works.finish(await works.item(instance), {"who": str(works.clerk.id)})
    second = await works.item(instance)
    assert (second["assignee_id"], second["state"]) == (works.clerk.id, "claimed")


async def test_of_two_who_finish_one_task_one_does(works: Works) -> None:
    await works.publish("approval")
    instance = await works.begin("approval")
    item = await works.item(instance)

    async def finish() -> str:
        try:
            async with works.city.serving(as_=works.clerk), tenant_tx(write=True):
                await finish_item(*await lock_work(item["id"]), {})
        except Refused as refused:
            return refused.problems[0].code
        return "done"

    assert sorted(await asyncio.gather(finish(), finish())) == ["done", "process_item_closed"]
    assert [row["node_id"] for row in await works.items(instance)] == ["register", "approve"]


async def test_a_step_killed_at_any_of_its_statements_was_never_made(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection dies before the first statement, before the second, and so on, at last before the COMMIT."""
    await works.publish("approval")
    instance = await works.begin("approval")
    item = await works.item(instance)
    before = (await works.instance(instance), await works.items(instance), await works.events(instance))
    execute, left = asyncpg.Connection._execute, 0  # type: ignore[attr-defined]

    async def killing(connection: Any, *args: Any, **more: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            connection._transport.abort()
        return await execute(connection, *args, **more)

    async def step(statements: int) -> bool:
        """Make the step with a connection that dies before that statement; tell whether it was made."""
        nonlocal left
        async with works.city.serving(as_=works.clerk):
            with monkeypatch.context() as patched:
                patched.setattr(asyncpg.Connection, "_execute", killing)
                left = statements
                try:
                    async with tenant_tx(write=True) as unit:
                        await finish_item(*await lock_work(item["id"]), {})
                        if left == 1:  # nothing is left but the COMMIT
                            unit.connection._con._transport.abort()  # type: ignore[attr-defined]
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    return False
        return True

    statements = 1
    while not await step(statements):
        found = (await works.instance(instance), await works.items(instance), await works.events(instance))
        assert found == before, f"killed before statement {statements}"
        statements += 1
    assert statements > 20, "a step writes much: were there fewer, the kills hit something else"
    assert [(row["node_id"], row["state"]) for row in await works.items(instance)] == [
        ("register", "done"),
        ("approve", "open"),
    ]
    assert (await works.instance(instance))["revision"] == 3


async def test_the_test_stand_has_no_case_no_figures_and_tells_nobody(works: Works) -> None:
    version = await works.publish("approval", mark="test")
    answer = await works.ask(
        f'processTry(versionId: "{version.id}", title: "x") {{ errors {{ code }} instance {{ id mark caseId }} }}'
    )
    assert answer["errors"] == [] and answer["instance"]["mark"] == "TEST" and answer["instance"]["caseId"] is None
    instance = uuid.UUID(answer["instance"]["id"])
    await works.finish(await works.item(instance))
    await works.finish(await works.item(instance))
    assert (await works.instance(instance))["status"] == "done"
    for table in ("case_record", "process_case_fact", "process_step_fact", "process_event", "case_event"):
        assert await works.city.rows(f"select 1 from {table} where tenant_id = $1") == [], table


async def test_a_trials_units_take_its_version_and_all_others_productions(works: Works) -> None:
    await works.publish("approval")
    trial = await works.publish("approval", mark="trial")
    async with works.city.serving(), tenant_tx(write=True):
        await TrialUnit(version_id=trial.id, unit_id=works.unit_id).save()
    tried = await works.begin("approval")
    assert ((await works.instance(tried))["mark"], (await works.fact(tried))["mark"]) == ("trial", "trial")
    assert (await works.item(tried))["mark"] == "trial"
    outsider = await works.city.user("core.task.work", "core.case.read")
    data = await works.city.data(
        'mutation { answer: processBegin(process: "approval", title: "x") { errors { code } instance { mark } } }',
        as_=outsider,
    )
    assert data["answer"]["instance"] == {"mark": "PRODUCTION"}


async def test_an_unknown_process_and_one_without_a_version_are_refused(works: Works) -> None:
    await works.publish("approval", mark="test")

    async def refused(process: str, title: str = "x", facts: str = "{}") -> Any:
        answer = await works.ask(
            f'processBegin(process: "{process}", title: "{title}", facts: {facts}) {{ errors {{ code field }} }}'
        )
        return [(error["code"], error["field"]) for error in answer["errors"]]

    assert await refused("nothing") == [("not_found", "process")]
    assert await refused("approval") == [("process_not_in_production", "process")]
    assert await refused("approval", title=" ") == [("required", "title")]
    assert await refused("approval", facts="[1]") == [("process_facts_not_json", "facts")]


async def test_it_is_stopped_with_a_reason_and_its_work_withdrawn(works: Works) -> None:
    await works.publish("approval")
    instance = await works.begin("approval")
    answer = await works.ask(
        f'processStop(id: "{instance}", reason: "by mistake") {{ errors {{ code }} instance {{ status }} }}'
    )
    assert answer == {"errors": [], "instance": {"status": "STOPPED"}}
    assert [row["state"] for row in await works.items(instance)] == ["withdrawn"]
    assert ((await works.case(instance))["outcome"], (await works.fact(instance))["outcome"]) == ("stopped", "stopped")
    again = await works.ask(f'processStop(id: "{instance}", reason: "again") {{ errors {{ code }} }}')
    assert [error["code"] for error in again["errors"]] == ["process_closed"]
