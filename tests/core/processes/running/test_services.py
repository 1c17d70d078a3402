"""Service tasks: answered once, tried again under one key, failing into the drawing or onto a person's desk."""

from __future__ import annotations

import json
import uuid

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.outcomes import Rejected
from leancity.core.jobs.run import run_job
from leancity.core.processes.running import services
from leancity.core.processes.running.tables import ServiceCall
from tests.core.processes.conftest import Desk
from tests.core.processes.publishing import publish
from tests.core.processes.running.conftest import MODELS, Works

_CALLS = "select * from service_call where tenant_id = $1 and instance_id = $2"
_JOBS = "select id, state, attempts from job where tenant_id = $1 and name = 'core.process.service' order by created_at"


@pytest.fixture
async def at_desk(desk: Desk, works: Works) -> Works:
    await works.city.subscribe("desk")
    await works.publish("service")
    return works


async def _begun(works: Works, process: str) -> uuid.UUID:
    from leancity.core.processes.running.begin import begin

    async with works.city.serving(as_=works.clerk):
        return (await begin(process, {"question": "why", "name": "Anna"}, title="x")).id


async def _job(works: Works) -> uuid.UUID:
    return (await works.city.rows(_JOBS))[-1]["id"]  # type: ignore[no-any-return]


async def test_the_answer_goes_into_the_facts_and_the_process_goes_on(desk: Desk, at_desk: Works) -> None:
    instance = await _begun(at_desk, "service")
    job = await _job(at_desk)
    await at_desk.city.run_jobs()
    assert [facts for facts, _ in desk.asked] == [{"question": "why"}], "it gets what it asks for, and no more"
    assert (await at_desk.item(instance))["node_id"] == "check"
    assert await at_desk.facts(instance) == {"question": "why", "name": "Anna", "answer": 42}
    await run_job(at_desk.city.tenant.id, job, early=True)
    assert len(desk.asked) == 1, "what is answered is not asked again"


async def test_it_is_tried_again_under_the_same_key(desk: Desk, at_desk: Works) -> None:
    desk.errors = [OSError("Anna's line is busy"), OSError("busy")]
    instance = await _begun(at_desk, "service")
    for _ in range(3):
        await at_desk.city.run_jobs(all_due=True)
    (call,) = await at_desk.city.rows(_CALLS, instance)
    assert {key for _, key in desk.asked} == {str(call["id"])} and len(desk.asked) == 3
    assert (call["state"], (await at_desk.item(instance))["node_id"]) == ("done", "check")
    kept = await at_desk.city.rows("select last_error from job where tenant_id = $1")
    assert "Anna" not in str(kept)


async def test_after_the_last_attempt_the_drawing_says_what_then(desk: Desk, at_desk: Works) -> None:
    await at_desk.publish("service_bound")
    desk.errors = [OSError("busy")] * services.ATTEMPTS
    instance = await _begun(at_desk, "service_bound")
    for _ in range(services.ATTEMPTS):
        await at_desk.city.run_jobs(all_due=True)
    assert len(desk.asked) == services.ATTEMPTS
    assert (await at_desk.item(instance))["node_id"] == "by_hand"
    assert (await at_desk.instance(instance))["status"] == "running"


async def test_without_a_boundary_it_waits_for_a_person_who_lets_it_try_again(desk: Desk, at_desk: Works) -> None:
    desk.errors = [Rejected("no such desk")]
    instance = await _begun(at_desk, "service")
    await at_desk.city.run_jobs()
    failed = await at_desk.instance(instance)
    assert failed["status"] == "failed"
    assert json.loads(failed["failure"])["element"] == "Спросить"
    shown = await at_desk.city.data(
        f'{{ processInstance(id: "{instance}") {{ status failure {{ message }} waits {{ kind name }} }} }}',
        as_=at_desk.clerk,
    )
    assert shown["processInstance"]["status"] == "FAILED"
    assert "Спросить" in shown["processInstance"]["failure"]["message"]
    assert shown["processInstance"]["waits"] == [{"kind": "service", "name": "desk.ask"}]
    retry = f'processRetry(id: "{instance}")'
    answer = await at_desk.ask(f"{retry} {{ errors {{ code }} instance {{ status failure {{ code }} }} }}")
    assert answer == {"errors": [], "instance": {"status": "RUNNING", "failure": None}}
    await at_desk.city.run_jobs()
    assert (await at_desk.item(instance))["node_id"] == "check"
    assert len({key for _, key in desk.asked}) == 1


async def test_what_a_handler_writes_commits_with_its_answer_only(desk: Desk, at_desk: Works) -> None:
    model = (MODELS / "service.bpmn").read_bytes().replace(b"desk.ask", b"desk.write")
    await publish(at_desk.city, model, "service")
    desk.errors = [OSError("after it wrote")]
    instance = await _begun(at_desk, "service")
    await at_desk.city.run_jobs()
    units = "select key from org_unit where tenant_id = $1 and key like 'desk-%'"
    assert len(desk.asked) == 1 and await at_desk.city.rows(units) == []
    await at_desk.city.run_jobs(all_due=True)
    assert [row["key"] for row in await at_desk.city.rows(units)] == ["desk-1"]
    assert (await at_desk.item(instance))["node_id"] == "check"


async def test_a_closed_modules_task_waits_until_it_comes_back(desk: Desk, at_desk: Works) -> None:
    instance = await _begun(at_desk, "service")
    await at_desk.city.leave("desk")
    await at_desk.city.run_jobs(all_due=True)
    assert desk.asked == [] and (await at_desk.instance(instance))["status"] == "running"
    await at_desk.city.subscribe("desk")
    await at_desk.city.run_jobs(all_due=True)
    assert (await at_desk.item(instance))["node_id"] == "check"


async def test_an_answer_that_comes_too_late_is_dropped(desk: Desk, at_desk: Works) -> None:
    instance = await _begun(at_desk, "service")
    job = await _job(at_desk)
    stopped = await at_desk.ask(f'processStop(id: "{instance}", reason: "x") {{ errors {{ code }} }}')
    assert stopped["errors"] == []
    await run_job(at_desk.city.tenant.id, job)
    assert desk.asked == []
    async with at_desk.city.serving(), tenant_tx():
        assert not await ServiceCall.exists().where(ServiceCall.instance_id == instance)
