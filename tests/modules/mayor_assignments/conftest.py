"""A city with a mayor, a controller of the mayor's office, and people of two departments who get assignments."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest_asyncio

from leancity.core.clock.instants import local_day
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.units import create_unit
from leancity.core.moment import now
from leancity.core.processes.running.tables import ProcessTimer
from leancity.core.testing.city import City, TestUser

MODULE = "mayor_assignments"
_ITEM = "id title state attempt dueAt isOverdue caseNumber canSendBack assignee { id }"
_BEGIN = """mutation ($process: String!, $title: String!) {
  answer: processBegin(process: $process, title: $title) { errors { code field } instance { id caseId } } }"""
_CASES = (
    "select id, number, title, status, outcome, assignee_id, author_id, unit_id, due_at, opened_at, closed_at, version"
)
_CHILDREN = f"{_CASES} from case_record where tenant_id = $1 and kind = 'mayor_assignments.assignment' order by title"
_CASE = f"{_CASES} from case_record where tenant_id = $1 and id = $2"


@dataclass(kw_only=True)
class Hall:
    """The city and its people: ``executor`` and ``colleague`` of the roads department, ``gardener`` of the parks."""

    city: City
    mayor: TestUser
    controller: TestUser
    executor: TestUser
    colleague: TestUser
    gardener: TestUser
    roads: uuid.UUID
    parks: uuid.UUID

    def day(self, days: int) -> date:
        """Return the local day so many days from today."""
        return local_day(now(), self.city.tenant.zone_info) + timedelta(days=days)

    def assignment(self, text: str, executor: TestUser, *co: TestUser, due_in: int = 10) -> dict[str, Any]:
        """Return a line of a protocol."""
        return {
            "text": text,
            "executor": str(executor.id),
            "co_executors": [str(each.id) for each in co],
            "due": self.day(due_in).isoformat(),
            "importance": "high",
        }

    async def begin(self, process: str, as_: TestUser) -> dict[str, Any]:
        asked = {"process": f"{MODULE}.{process}", "title": "Совещание по дорогам"}
        return await self.city.graphql(_BEGIN, asked, as_=as_)

    async def items(self, as_: TestUser) -> list[dict[str, Any]]:
        """Return a person's work list."""
        data = await self.city.data(f"{{ workItems {{ edges {{ node {{ {_ITEM} }} }} }} }}", as_=as_)
        return [edge["node"] for edge in data["workItems"]["edges"]]

    async def do(self, title: str, as_: TestUser, facts: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Finish the one task of that title in a person's list; return the errors."""
        (item,) = [each for each in await self.items(as_) if each["title"] == title]
        data = await self.city.data(
            "mutation ($id: UUID!, $facts: JSON!) { answer: workItemComplete(itemId: $id, facts: $facts) {"
            " errors { field code } } }",
            {"id": item["id"], "facts": facts or {}},
            as_=as_,
        )
        errors: list[dict[str, Any]] = data["answer"]["errors"]
        return errors

    async def send_back(self, title: str, as_: TestUser, reason: str) -> None:
        (item,) = [each for each in await self.items(as_) if each["title"] == title]
        data = await self.city.data(
            "mutation ($id: UUID!, $reason: String!) { answer: workItemSendBack(itemId: $id, reason: $reason) {"
            " errors { field code } } }",
            {"id": item["id"], "reason": reason},
            as_=as_,
        )
        assert data["answer"]["errors"] == []

    async def issue(self, *assignments: dict[str, Any]) -> list[Any]:
        """Take a protocol with these assignments through its life; return the cases that were issued, by title."""
        begun = await self.begin("protocol", self.controller)
        assert begun["data"]["answer"]["errors"] == []
        assert await self.do("Записать поручения в протокол", self.controller, self.protocol(*assignments)) == []
        assert await self.do("Подписать протокол", self.mayor) == []
        await self.city.run_jobs()
        return await self.city.rows(_CHILDREN)

    def protocol(self, *assignments: dict[str, Any]) -> dict[str, Any]:
        """Return the form of a protocol, filled in."""
        return {
            "meeting": "Оперативное совещание",
            "held_on": self.day(0).isoformat(),
            "protocol_number": "7-П",
            "assignments": list(assignments),
        }

    async def case(self, case_id: uuid.UUID) -> Any:
        (found,) = await self.city.rows(_CASE, case_id)
        return found

    async def let_timers_run_out(self, node: str) -> None:
        """Let the timers of a node have been due since a minute ago, and do what is asked for."""
        async with self.city.serving(), tenant_tx(write=True):
            past = {ProcessTimer.due_at: now() - timedelta(minutes=1)}
            await ProcessTimer.update(past).where(ProcessTimer.node_id == node)
        await self.city.run_jobs(all_due=True)
        await self.city.run_jobs()  # what those asked for: whom to tell


@pytest_asyncio.fixture
async def hall(make_city: Callable[..., Awaitable[City]]) -> Hall:
    city = await make_city(MODULE)
    async with city.serving():
        roads, parks = await create_unit("roads", "Дороги"), await create_unit("parks", "Парки")
    roles = {"mayor": "mayor", "controller": "controller"} | dict.fromkeys(
        ("executor", "colleague", "gardener"), "executor"
    )
    units = {"executor": roads, "colleague": roads, "gardener": parks}
    people = {
        name: await city.user(roles=[f"{MODULE}.{role}"], unit_id=units.get(name)) for name, role in roles.items()
    }
    return Hall(city=city, roads=roads, parks=parks, **people)


@pytest_asyncio.fixture
async def issued(hall: Hall) -> tuple[Hall, uuid.UUID]:
    """The same with one assignment in the executor's hands, due in ten days."""
    (case,) = await hall.issue(hall.assignment("Заделать ямы", hall.executor))
    assert await hall.do("Ознакомиться с поручением", hall.executor) == []
    return hall, case["id"]
