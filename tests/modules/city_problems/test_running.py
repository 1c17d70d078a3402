"""A report runs on its process: the same mutations, and a drawing that the city changes without code or restart."""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.moment import now
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.processes.running.tables import ProcessTimer
from leancity.core.processes.shipped.adding import add_missing_processes
from leancity.core.testing.city import TestUser
from tests.core.processes.versions.conftest import CHANGE, MEASURE, PROCESS, PUBLISH, READ, Workshop
from tests.modules.city_problems.conftest import REPORT, Town
from tests.modules.city_problems.models import (
    APPROVAL,
    DRAWN,
    with_a_strange_state,
    with_approval,
    with_deadline,
    without_sending,
)

_INSTANCES = "select * from process_instance where tenant_id = $1 and case_id = $2 order by opened_at"
_ITEMS = """
select w.* from work_item w join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
where w.tenant_id = $1 and i.case_id = $2 order by w.available_at, w.id
"""
_VERSIONS = "select * from process_version where tenant_id = $1 order by no"


@dataclass(frozen=True, kw_only=True)
class Service:
    """The town's reports, the people who draw their process, and the head of the executor's unit."""

    town: Town
    workshop: Workshop
    head: TestUser

    async def filed(self, as_: TestUser | None = None) -> str:
        given = {"point": {"lat": 46.9591, "lon": 142.738}, "category": "pothole", "text": "A deep hole"}
        data = await self.town.city.data(REPORT, {"input": given}, as_=as_)
        assert data["cityProblemsReport"]["errors"] == []
        return str(data["cityProblemsReport"]["report"]["id"])

    async def done(self, as_: TestUser | None, mutation: str) -> dict[str, Any]:
        answer = await self.town.do(as_, mutation)
        assert answer["errors"] == [], mutation
        report: dict[str, Any] = answer["report"]
        return report

    async def codes(self, as_: TestUser | None, mutation: str) -> list[str]:
        return [error["code"] for error in (await self.town.do(as_, mutation))["errors"]]

    async def sent(self, case: str) -> None:
        await self.done(self.town.clerk, f'cityProblemsSort(id: "{case}")')
        await self.done(self.town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{self.town.unit_id}")')

    async def in_work(self, case: str) -> None:
        await self.sent(case)
        await self.done(self.town.executor, f'cityProblemsTake(id: "{case}")')

    async def closed(self, case: str) -> dict[str, Any]:
        return await self.done(self.town.executor, f'cityProblemsClose(id: "{case}", outcome: "not_fixed", note: "no")')

    async def moves(self, case: str, as_: TestUser) -> list[str]:
        data = await self.town.city.data(f'{{ case(id: "{case}") {{ availableMoves {{ name }} }} }}', as_=as_)
        return [each["name"] for each in data["case"]["availableMoves"]]

    async def items(self, case: str) -> list[tuple[str, str]]:
        return [(row["node_id"], row["state"]) for row in await self.town.city.rows(_ITEMS, uuid.UUID(case))]

    async def instances(self, case: str) -> list[Any]:
        return await self.town.city.rows(_INSTANCES, uuid.UUID(case))

    async def process(self) -> dict[str, Any]:
        rows = await self.town.city.rows("select * from process where tenant_id = $1 and key = 'city_problems.report'")
        assert len(rows) == 1
        return dict(rows[0])

    async def drawn(self, xml: str) -> str:
        """Upload a drawing and confirm it; return the version's id."""
        version = await self.workshop.uploaded(str((await self.process())["id"]), xml)
        if "approval" in xml:
            call = 'processFormSave(versionId: $v, key: "approval", dataSchema: $d, uiSchema: $u)'
            form = f"$v: UUID!, $d: JSON!, $u: JSON! => {call}"
            await self.workshop.done(form, v=version["id"], d=APPROVAL, u={})
        found = await self.workshop.ask(f'{{ processVersion(id: "{version["id"]}") {{ assumptions {{ code }} }} }}')
        await self.workshop.done(f'processVersionConfirm(id: "{version["id"]}", amount: {len(found["assumptions"])})')
        return str(version["id"])

    async def published(self, xml: str) -> str:
        """Bring a drawing through all steps into production, by GraphQL alone."""
        id_ = await self.drawn(xml)
        await self.workshop.done(f'processVersionTest(id: "{id_}")')
        await self.workshop.agreed(id_)
        await self.workshop.done(f'processMeasuresWaive(versionId: "{id_}", reason: "Всё по-прежнему")', MEASURE)
        owner = self.workshop.owner
        begun = f'processTrialBegin(versionId: "{id_}", unitIds: ["{self.workshop.unit}"])'
        await self.workshop.done(begun, PROCESS, as_=owner)
        await self.workshop.done(f'processPublish(versionId: "{id_}")', PROCESS, as_=owner)
        return id_


@pytest_asyncio.fixture
async def service(town: Town) -> Service:
    city, unit = town.city, town.unit_id
    head = await city.user(roles=["city_problems.executor"], unit_id=uuid.UUID(unit))
    async with city.serving(), tenant_tx(write=True):
        await OrgUnit.update({OrgUnit.head_id: head.id}).where(OrgUnit.id == uuid.UUID(unit))
    workshop = Workshop(
        city=city,
        unit=unit,
        analyst=await city.user(READ, CHANGE),
        owner=await city.user(READ, PUBLISH),
        chief=await city.user(READ, PUBLISH),
        colleague=await city.user(READ),
    )
    return Service(town=town, workshop=workshop, head=head)


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
    await _answer(service, new, approved=False)
    assert (await service.items(new))[-1] == ("in_work", "open")
    assert (await service.instances(new))[0]["asked"] == "{}"
    assert (await service.closed(new))["status"] == "in_work"
    await _answer(service, new, approved=True)
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


async def _answer(service: Service, case: str, *, approved: bool) -> None:
    """Let the head answer the approval that waits."""
    item = (await service.town.city.rows(_ITEMS, uuid.UUID(case)))[-1]
    query = "mutation ($i: UUID!, $f: JSON!) { answer: workItemComplete(itemId: $i, facts: $f) { errors { code } } }"
    data = await service.town.city.data(query, {"i": str(item["id"]), "f": {"approved": approved}}, as_=service.head)
    assert data["answer"]["errors"] == []
