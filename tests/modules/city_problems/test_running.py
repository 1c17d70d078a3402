"""A report runs on its process: the same mutations, and a drawing that the city changes without code or restart."""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.processes.running.tables import ProcessTimer
from leancity.core.processes.shipped.adding import add_missing_processes
from tests.core.processes.killing import killed_on_the_way
from tests.core.processes.versions.conftest import PROCESS
from tests.modules.city_problems.drawing_board import Service
from tests.modules.city_problems.models import (
    DRAWN,
    with_a_strange_state,
    with_approval,
    with_deadline,
    with_window,
    without_sending,
)

_VERSIONS = "select * from process_version where tenant_id = $1 order by no"


async def test_a_life_leaves_work_a_log_and_figures(service: Service) -> None:
    town = service.town
    resident = await town.city.user()
    case = await service.filed(resident)
    assert await service.items(case) == [("reported", "open")]
    assert await service.moves(case, town.clerk) == ["sort", "refuse", "forward"]
    listed = "{ workItems { edges { node { id title case { id } } } } }"
    (edge,) = (await town.city.data(listed, as_=town.clerk))["workItems"]["edges"]
    assert edge["node"]["case"] == {"id": case}
    item = f'itemId: "{edge["node"]["id"]}"'
    started = await town.city.data(f"mutation {{ workItemStart({item}) {{ errors {{ code }} }} }}", as_=town.clerk)
    assert started["workItemStart"]["errors"] == []
    by_hand = f"mutation {{ workItemComplete({item}, facts: {{}}) {{ errors {{ code message }} }} }}"
    (error,) = (await town.city.data(by_hand, as_=town.clerk))["workItemComplete"]["errors"]
    assert error["code"] == "work_item_by_move" and "cityProblemsRefuse" in error["message"]
    await service.in_work(case)
    assert (await service.closed(case))["status"] == "closed"
    assert await service.items(case) == [
        ("reported", "done"),
        ("sorted", "done"),
        ("sent", "done"),
        ("in_work", "done"),
    ]
    (instance,) = await service.instances(case)
    assert (instance["status"], json.loads(instance["facts"])["unit"]) == ("running", town.unit_id)
    assert instance["asked"] == "{}"
    async with town.city.serving(), tenant_tx(write=True):
        await ProcessTimer.update({ProcessTimer.due_at: now() - timedelta(minutes=1)}).where(
            ProcessTimer.instance_id == instance["id"]
        )
    await town.city.run_jobs(all_due=True)
    (instance,) = await service.instances(case)
    assert (instance["status"], instance["outcome"]) == ("done", "not_fixed")
    cut = f'processFigures(cut: {{processId: "{instance["process_id"]}"}})'
    wanted = "opened closed lead { n } waiting { n } nodes { nodeId visits }"
    figures = (await town.city.data(f"{{ {cut} {{ {wanted} }} }}", as_=service.workshop.owner))["processFigures"]
    assert (figures["opened"], figures["closed"], figures["lead"]["n"], figures["waiting"]["n"]) == (1, 1, 1, 1)
    assert {"reported", "sorted", "sent", "in_work"} <= {each["nodeId"] for each in figures["nodes"]}


async def test_an_approval_drawn_in_changes_new_reports_and_running_ones_finish_as_they_began(service: Service) -> None:
    town, old = service.town, await service.filed()
    await service.in_work(old)
    await service.published(with_approval())
    new = await service.filed()
    await service.in_work(new)
    asked = await service.closed(new)
    assert (asked["status"], (await service.items(new))[-1]) == ("in_work", ("approve", "claimed"))
    assert await service.moves(new, town.executor) == []
    again = f'cityProblemsClose(id: "{new}", outcome: "not_fixed", note: "again")'
    (error,) = (await town.do(town.executor, again))["errors"]
    assert error["code"] == "process_waits_for" and "Утвердить закрытие" in error["message"]
    await service.answer(new, approved=False)
    assert (await service.items(new))[-1] == ("in_work", "open")
    assert (await service.instances(new))[0]["asked"] == "{}"
    assert (await service.closed(new))["status"] == "in_work"
    await service.answer(new, approved=True)
    rows = await town.city.rows(
        "select status, outcome from case_record where tenant_id = $1 and id = $2", uuid.UUID(new)
    )
    assert [tuple(row) for row in rows] == [("closed", "not_fixed")]
    (event,) = await town.city.rows(
        "select actor_id, data from case_event where tenant_id = $1 and case_id = $2"
        " and data ->> 'transition' = 'close'",
        uuid.UUID(new),
    )
    assert event["actor_id"] == service.head.id
    assert json.loads(event["data"])["asked_by"] == str(town.executor.id)
    assert (await service.closed(old))["status"] == "closed", "it began before the approval was drawn"
    process = await service.process()
    await service.workshop.done(f'processRollBack(processId: "{process["id"]}")', PROCESS, as_=service.workshop.owner)
    third = await service.filed()
    await service.in_work(third)
    assert (await service.closed(third))["status"] == "closed"


async def test_a_timer_drawn_in_returns_what_nobody_accepts(service: Service) -> None:
    await service.published(with_deadline())
    case = await service.filed()
    await service.sent(case)
    (instance,) = await service.instances(case)
    async with service.town.city.serving(), tenant_tx(write=True):
        await ProcessTimer.update({ProcessTimer.due_at: now() - timedelta(minutes=1)}).where(
            ProcessTimer.instance_id == instance["id"]
        )
    await service.town.city.run_jobs(all_due=True)
    (offer,) = await service.town.city.rows(
        "select state, reason from case_handover where tenant_id = $1 and case_id = $2", uuid.UUID(case)
    )
    assert (offer["state"], offer["reason"]) == ("returned", "Не принято за четыре часа")
    assert await service.moves(case, service.town.clerk) == ["refuse", "forward", "send"]
    await service.done(service.town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{service.town.unit_id}")')


async def test_a_moved_window_changes_when_a_silent_report_is_over(service: Service) -> None:
    town, resident = service.town, await service.town.city.user()
    await service.work_on(with_window("PT36H"))
    case = await service.filed(resident)
    await service.in_work(case)
    await service.closed(case)
    (instance,) = await service.instances(case)
    due = "select due_at from process_timer where tenant_id = $1 and instance_id = $2"
    ((until,),) = await town.city.rows(due, instance["id"])
    assert timedelta(hours=35) < until - now() <= timedelta(hours=36)
    asked = f'{{ cityProblems {{ report(id: "{case}") {{ confirmation {{ until canContest }} }} }} }}'
    shown = (await town.city.data(asked, as_=resident))["cityProblems"]["report"]["confirmation"]
    assert (datetime.fromisoformat(shown["until"]), shown["canContest"]) == (until, True), "as it is drawn"
    async with town.city.serving(), tenant_tx(write=True):
        past = now() - timedelta(minutes=1)
        await ProcessTimer.update({ProcessTimer.due_at: past}).where(ProcessTimer.instance_id == instance["id"])
    await town.city.run_jobs(all_due=True)
    assert [row["status"] for row in await service.instances(case)] == ["done"]


@pytest.mark.long
async def test_a_timers_worker_is_killed_between_the_step_and_its_effects(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody accepts is returned once: the move and what hangs on it are one."""
    town = service.town
    await service.work_on(with_deadline())
    case = await service.filed()
    await service.sent(case)
    (instance,) = await service.instances(case)
    async with town.city.serving(), tenant_tx(write=True):
        past = now() - timedelta(minutes=1)
        await ProcessTimer.update({ProcessTimer.due_at: past}).where(ProcessTimer.instance_id == instance["id"])
    ((job,),) = await town.city.rows("select id from job where tenant_id = $1 and name = 'core.process.timer'")

    async def look() -> tuple[str, list[str], list[tuple[str, str]]]:
        ((status,),) = await town.city.rows(
            "select status from case_record where tenant_id = $1 and id = $2", uuid.UUID(case)
        )
        lines = await town.city.rows(
            "select kind from case_event where tenant_id = $1 and case_id = $2 and kind like 'handover_%' order by at",
            uuid.UUID(case),
        )
        return status, [row["kind"] for row in lines], await service.items(case)

    before = await look()
    deaths, found = await killed_on_the_way(town.city, job, monkeypatch, look, stride=1)
    assert deaths > 40 and found[-1][:2] == ("sorted", ["handover_offered", "handover_returned"])
    assert all(each in (before, found[-1]) for each in found), "a report between before and after"


async def test_a_drawing_that_forgets_something_is_refused_or_says_what_it_waits_for(service: Service) -> None:
    strange = await service.drawn(with_a_strange_state())
    assert await service.workshop.codes(f'processVersionTest(id: "{strange}")') == ["bpmn_state_unknown"]
    await service.published(without_sending())
    case = await service.filed()
    await service.done(service.town.clerk, f'cityProblemsSort(id: "{case}")')
    send = f'cityProblemsSend(id: "{case}", unitId: "{service.town.unit_id}")'
    assert await service.codes(service.town.clerk, send) == ["process_waits_for"]
    assert await service.moves(case, service.town.clerk) == ["refuse", "forward"]


async def test_a_report_taken_up_again_has_another_life(service: Service) -> None:
    town, resident = service.town, await service.town.city.user()
    case = await service.filed(resident)
    await service.in_work(case)
    await service.closed(case)
    await service.done(resident, f'cityProblemsContest(id: "{case}", note: "still there")')
    assert [row["status"] for row in await service.instances(case)] == ["running"]
    await service.done(town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "not_ours", note: "no")')
    stranger = await service.filed()
    await service.done(town.clerk, f'cityProblemsRefuse(id: "{stranger}", outcome: "not_ours", note: "no")')
    assert [row["status"] for row in await service.instances(stranger)] == ["done"], "there is nobody to answer"
    reopened = await service.done(town.clerk, f'cityProblemsReopen(id: "{stranger}", note: "look again")')
    assert reopened["status"] == "sorted"
    first, second = await service.instances(stranger)
    assert (first["status"], second["status"]) == ("done", "running")
    assert (await service.items(stranger))[-1] == ("sorted", "open")
    await service.done(town.clerk, f'cityProblemsSend(id: "{stranger}", unitId: "{town.unit_id}")')


async def test_of_two_clerks_at_once_one_moves_the_report(service: Service) -> None:
    case, town = await service.filed(), service.town
    sort = f'cityProblemsSort(id: "{case}")'
    answers = await asyncio.gather(*(service.codes(town.clerk, sort) for _ in range(3)))
    assert sorted(answers) == [[], ["case_transition_unavailable"], ["case_transition_unavailable"]]
    assert await service.items(case) == [("reported", "done"), ("sorted", "open")]


async def test_without_a_process_in_production_reports_move_as_before(service: Service) -> None:
    running = await service.filed()
    process = await service.process()
    await service.workshop.done(f'processRetire(processId: "{process["id"]}")', PROCESS, as_=service.workshop.owner)
    case = await service.filed()
    await service.in_work(case)
    await service.closed(case)
    assert await service.instances(case) == []
    await service.done(service.town.clerk, f'cityProblemsReopen(id: "{case}", note: "look again")')
    await service.in_work(running)  # what runs finishes as it began
    assert [row["status"] for row in await service.instances(running)] == ["running"]


async def test_a_city_gets_the_process_once_and_finds_it_again(service: Service) -> None:
    town, modules = service.town, installed_modules()
    (version,) = await town.city.rows(_VERSIONS)
    manifest = modules.manifests["city_problems"]
    assert (version["stage"], version["origin"]) == ("production", f"module:{manifest.version}")
    async with town.city.serving():
        await asyncio.gather(*(add_missing_processes(modules) for _ in range(3)))
    await town.city.leave("city_problems")
    await town.city.subscribe("city_problems")
    assert [row["id"] for row in await town.city.rows(_VERSIONS)] == [version["id"]]
    lanes = await town.city.rows("select lane, role_key from lane_binding where tenant_id = $1 order by lane")
    assert {row["role_key"] for row in lanes} == {"city_problems.clerk", "city_problems.executor", ""}


@pytest.mark.parametrize("is_changed", [False, True])
async def test_a_newer_drawing_of_the_module(service: Service, is_changed: bool, tmp_path: Path) -> None:
    before = await service.filed()
    if is_changed:
        await service.published(with_deadline())
    async with service.town.city.serving():
        await add_missing_processes(_newer(tmp_path))
    versions = await service.town.city.rows(_VERSIONS)
    process = await service.process()
    assert versions[-1]["origin"] == "module:99.0"
    assert versions[-1]["stage"] == ("draft" if is_changed else "production")
    assert process["production_id"] == versions[-2 if is_changed else -1]["id"]
    await service.in_work(before)
    await service.closed(before)


async def test_a_report_is_not_begun_past_its_form_nor_moved_by_a_message(service: Service) -> None:
    worker = await service.town.city.user("core.task.work")
    begin = 'processBegin(process: "city_problems.report", title: "x") { errors { code } }'
    data = await service.town.city.data(f"mutation {{ answer: {begin} }}", as_=worker)
    assert [each["code"] for each in data["answer"]["errors"]] == ["process_begin_by_mutation"]
    resident = await service.town.city.user()
    case = await service.filed(resident)
    await service.in_work(case)
    await service.closed(case)
    tell = 'processMessage(name: "Диспетчер возобновил работу") { errors { code } }'
    data = await service.town.city.data(f"mutation {{ answer: {tell} }}", as_=worker)
    assert [each["code"] for each in data["answer"]["errors"]] == ["process_message_is_move"]
    await service.done(resident, f'cityProblemsContest(id: "{case}", note: "still there")')


async def test_on_the_test_stand_whoever_tries_says_the_move(service: Service) -> None:
    city, version = service.town.city, (await service.process())["production_id"]
    tried = f'processTry(versionId: "{version}", title: "x") {{ errors {{ code }} instance {{ id }} }}'
    data = await city.data(f"mutation {{ answer: {tried} }}", as_=service.workshop.analyst)
    assert data["answer"]["errors"] == []
    listed = "select id, node_id from work_item where tenant_id = $1 and mark = 'test' and state = 'open'"
    query = "mutation ($i: UUID!, $f: JSON!) { answer: workItemComplete(itemId: $i, facts: $f) { errors { code } } }"
    (item,) = await city.rows(listed)
    done = await city.data(query, {"i": str(item["id"]), "f": {"move": "sort"}}, as_=service.town.clerk)
    assert done["answer"]["errors"] == []
    assert [row["node_id"] for row in await city.rows(listed)] == ["sorted"]


def _newer(folder: Path) -> Modules:
    """Return the modules with a later version of this one, whose drawing asks for an answer in another way."""
    modules = copy(installed_modules())
    before = modules.processes["city_problems.report"]
    path = folder / "report.bpmn"
    path.write_text(DRAWN.replace("Разобрать сообщение", "Разобрать сообщение и ответить"), "utf-8")
    shutil.copy(before.path.with_suffix(".en.json"), path.with_suffix(".en.json"))
    modules.processes = {before.key: replace(before, path=path)}
    modules.manifests = {"city_problems": replace(modules.manifests["city_problems"], version="99.0")}
    return modules
