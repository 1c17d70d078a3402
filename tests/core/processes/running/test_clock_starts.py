"""Processes that begin by themselves: once a moment, after a standstill too, and only those in production."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from leancity.core.clock.instants import local_day
from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.running.clock_starts import START, mend_starts, run_start
from leancity.core.processes.versions.tables import Process, ProcessVersion
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works

KEY = "city.yearly"
_BEGUN = """select c.title, c.external_id, c.author_id, c.unit_id, i.version_id from case_record c
join process_instance i on i.tenant_id = c.tenant_id and i.case_id = c.id
where c.tenant_id = $1 and c.source = 'clock' order by c.opened_at"""
_WAITING = "select payload, run_at from job where tenant_id = $1 and name = $2 and state = 'waiting'"
_REFUSED = "select data from audit_event where tenant_id = $1 and action = 'core.process.start_refused'"


def hourly(past: timedelta = timedelta(days=1)) -> bytes:
    """Return a process that begins every hour, from some time ago on."""
    first = (now() - past).replace(second=0, microsecond=0).isoformat()
    return drawing(
        '<bpmn:startEvent id="s"><bpmn:timerEventDefinition>'
        f"<bpmn:timeCycle>R/{first}/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>"
        '<bpmn:userTask id="t" name="Составить график"/><bpmn:endEvent id="e"/>'
        '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>'
    )


async def in_production_since(works: Works, version: ProcessVersion, ago: timedelta) -> None:
    async with works.city.serving(), tenant_tx(write=True):
        since = {ProcessVersion.published_at: now() - ago}
        await ProcessVersion.update(since).where(ProcessVersion.id == version.id)


async def mended(works: Works) -> None:
    """Look for what begins by itself, as each night, and do what is due."""
    async with works.city.serving():
        await mend_starts({})
    await works.city.run_jobs()


async def begun(works: Works) -> list[Any]:
    return await works.city.rows(_BEGUN)


async def test_it_begins_once_at_each_moment_and_waits_for_the_next(works: Works) -> None:
    version = await publish(works.city, hourly(), KEY)
    async with works.city.serving(), tenant_tx(write=True):
        await Process.update({Process.unit_id: works.unit_id}).where(Process.key == KEY)
    await mended(works)
    assert await begun(works) == [], "no moment has come since it is in production"
    (waiting,) = await works.city.rows(_WAITING, START)
    assert now() < waiting["run_at"] <= now() + timedelta(hours=1)

    await in_production_since(works, version, timedelta(hours=5))
    async with works.city.serving():
        asked = {"process_id": str(version.process_id), "version_id": str(version.id)}
        await run_start(asked)
        await run_start(asked)  # as after a kill behind the commit
    await mended(works)
    (row,) = await begun(works)
    day = local_day(now(), works.city.tenant.zone_info)
    assert row["title"] in {f"Work, {day:%Y-%m-%d}", f"Work, {day:%d.%m.%Y}"}
    assert (row["author_id"], row["unit_id"], row["version_id"]) == (None, works.unit_id, version.id)
    assert row["external_id"].startswith(f"{KEY} "), "of five that were missed the latest is made up for"
    assert len(await works.city.rows(_WAITING, START)) == 1
    head = await works.city.user("core.task.assign")
    data = await works.city.data("{ workItemsOfUnits { edges { node { title } } } }", as_=head)
    assert [edge["node"]["title"] for edge in data["workItemsOfUnits"]["edges"]] == ["Составить график"]


async def test_another_version_begins_no_moment_twice_and_a_retired_one_none(works: Works) -> None:
    first = await publish(works.city, hourly(), KEY)
    await in_production_since(works, first, timedelta(hours=2))
    await mended(works)
    second = await publish(works.city, hourly(), KEY)
    await in_production_since(works, second, timedelta(hours=2))
    async with works.city.serving():
        await asyncio.gather(mend_starts({}), mend_starts({}))
    await works.city.run_jobs()
    assert [row["version_id"] for row in await begun(works)] == [first.id]
    async with works.city.serving(), tenant_tx(write=True):
        await Process.update({Process.production_id: None}).where(Process.key == KEY)
    await works.city.run_jobs(all_due=True)
    assert len(await begun(works)) == 1 and not await works.city.rows(_WAITING, START)


async def test_what_can_not_begin_is_recorded_and_the_chain_goes_on(works: Works) -> None:
    version = await publish(works.city, hourly(), KEY, case_kind="city_problems.report")
    await in_production_since(works, version, timedelta(hours=2))
    await mended(works)
    assert await begun(works) == [] and len(await works.city.rows(_WAITING, START)) == 1
    assert len(await works.city.rows(_REFUSED)) == 1


async def test_whoever_puts_a_version_into_production_sets_its_clock_going(works: Works) -> None:
    first = await publish(works.city, hourly(), KEY)
    async with works.city.serving(), tenant_tx(write=True):
        await ProcessVersion.update({ProcessVersion.stage: "retired"}).where(ProcessVersion.id == first.id)
    second = await publish(works.city, hourly(), KEY)
    answer = await works.ask(f'processRollBack(processId: "{second.process_id}") {{ errors {{ code }} }}')
    assert answer["errors"] == []
    await works.city.run_jobs()
    (waiting,) = await works.city.rows(_WAITING, START)
    assert str(first.id) in waiting["payload"]
