"""A worker killed in the middle of a job of a process: the case is as before or as after, and nothing happens twice."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.running.tables import ProcessTimer
from tests.core.processes.conftest import Desk
from tests.core.processes.killing import killed_on_the_way
from tests.core.processes.publishing import publish
from tests.core.processes.running.conftest import MODELS, Works

_JOB = "select id from job where tenant_id = $1 and name = $2 order by created_at, id limit 1"

Seen = tuple[Any, ...]


async def seen(works: Works, instance: uuid.UUID) -> Seen:
    """Return all that a step may change."""
    calls = "select state, error from service_call where tenant_id = $1 and instance_id = $2"
    timers = "select id, due_at from process_timer where tenant_id = $1 and instance_id = $2 order by id"
    waits = "select id, name from message_wait where tenant_id = $1 and instance_id = $2 order by id"
    rows = [await works.city.rows(sql, instance) for sql in (calls, timers, waits)]
    return (
        dict(await works.instance(instance)),
        [dict(row) for row in await works.items(instance)],
        await works.events(instance),
        [[dict(row) for row in part] for part in rows],
    )


async def killed_everywhere(
    works: Works, instance: uuid.UUID, job: uuid.UUID, monkeypatch: pytest.MonkeyPatch, *, stride: int = 1
) -> int:
    """Kill a job's workers one after another: after each death the case is as it was or as it is at the end.

    Return how many died.
    """
    before = await seen(works, instance)
    deaths, found = await killed_on_the_way(works.city, job, monkeypatch, lambda: seen(works, instance), stride=stride)
    after = found[-1]
    assert after != before, "the job did nothing at all"
    changed = [state == after for state in found]
    assert changed == sorted(changed), "what was done stays done"
    assert all(state in (before, after) for state in found), "a case between before and after"
    return deaths


async def _job(works: Works, name: str) -> uuid.UUID:
    ((id_,),) = await works.city.rows(_JOB, name)
    return uuid.UUID(str(id_))


SOME = pytest.param(7, id="some")
ALL = pytest.param(1, id="all", marks=pytest.mark.long)


@pytest.mark.parametrize("stride", [SOME, ALL])
async def test_a_timers_worker_is_killed(works: Works, monkeypatch: pytest.MonkeyPatch, stride: int) -> None:
    await works.publish("timers")
    instance = await works.begin("timers", {"wait": "P3D"})
    async with works.city.serving(), tenant_tx(write=True):
        past = {ProcessTimer.due_at: now() - timedelta(minutes=1)}
        await ProcessTimer.update(past).where(ProcessTimer.instance_id == instance)
    job = await _job(works, "core.process.timer")
    assert await killed_everywhere(works, instance, job, monkeypatch, stride=stride) * stride > 20
    assert [(row["node_id"], row["state"]) for row in await works.items(instance)] == [
        ("work", "withdrawn"),
        ("help", "open"),
    ]
    escalated = "select 1 from case_event where tenant_id = $1 and kind = 'escalated'"
    assert len(await works.city.rows(escalated)) == 1, "told once"


@pytest.mark.parametrize("stride", [SOME, ALL])
async def test_a_messages_worker_is_killed(works: Works, monkeypatch: pytest.MonkeyPatch, stride: int) -> None:
    await works.publish("papers")
    await works.publish("caller")
    instance = await works.begin("papers")
    await works.begin("caller")
    job = await _job(works, "core.process.message")
    assert await killed_everywhere(works, instance, job, monkeypatch, stride=stride) * stride > 20
    assert (await works.instance(instance))["revision"] == 3, "heard once"


@pytest.mark.parametrize("stride", [SOME, ALL])
@pytest.mark.parametrize("topic", ["desk.ask", "desk.write"])
async def test_a_services_worker_is_killed(
    works: Works, desk: Desk, monkeypatch: pytest.MonkeyPatch, topic: str, stride: int
) -> None:
    """Whatever was asked outside is asked under one key; what a handler writes is there once, with the answer."""
    await works.city.subscribe("desk")
    model = (MODELS / "service.bpmn").read_bytes().replace(b"desk.ask", topic.encode())
    await publish(works.city, model, "service")
    instance = await works.begin("service", {"question": "why"})
    ((call,),) = await works.city.rows("select id from service_call where tenant_id = $1")
    job = await _job(works, "core.process.service")
    deaths = await killed_everywhere(works, instance, job, monkeypatch, stride=stride)
    assert deaths * stride > 20
    assert {key for _, key in desk.asked} == {str(call)} and 1 < len(desk.asked) <= deaths + 1
    assert await works.facts(instance) == {"question": "why", "answer": 42}
    written = await works.city.rows("select key from org_unit where tenant_id = $1 and key like 'desk-%'")
    assert len(written) == (topic == "desk.write")
    assert [row["node_id"] for row in await works.items(instance)] == ["check"]
