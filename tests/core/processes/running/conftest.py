"""A city where processes run: an office with a clerk and a head, and short ways to see what a step left behind."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.moment import now
from leancity.core.processes.running.locking import lock_work
from leancity.core.processes.running.step import finish_item
from leancity.core.processes.running.tables import ProcessInstance, ProcessTimer
from leancity.core.testing.city import City, TestUser
from tests.core.processes.publishing import publish

MODELS = Path(__file__).parent / "models"
ALL = ("core.task.work", "core.process.read", "core.process.change", "core.process.publish", "core.case.read")

_ITEMS = "select * from work_item where tenant_id = $1 and instance_id = $2 order by available_at, id"
_INSTANCE = "select * from process_instance where tenant_id = $1 and id = $2"
_CASE = "select c.* from case_record c where c.tenant_id = $1 and c.id = $2"
_EVENTS = "select node_id, transition from process_event where tenant_id = $1 and fact_id = $2 order by at, id"
_FACT = "select * from process_case_fact where tenant_id = $1 and id = $2"


@dataclass(kw_only=True)
class Works:
    """The city, its clerk who works and publishes, and its unit."""

    city: City
    clerk: TestUser
    unit_id: uuid.UUID

    async def publish(self, model: str, **more: Any) -> Any:
        return await publish(self.city, MODELS / f"{model}.bpmn", model, **more)

    async def begin(self, process: str, facts: Mapping[str, Any] | None = None, **more: Any) -> uuid.UUID:
        """Begin a process over GraphQL and return the instance's id."""
        asked = {"process": process, "title": "Заявление", "facts": dict(facts or {}), **more}
        data = await self.city.data(
            "mutation ($process: String!, $title: String!, $facts: JSON, $unitId: UUID) { answer: processBegin("
            "process: $process, title: $title, facts: $facts, unitId: $unitId) { errors { code } instance { id } } }",
            asked,
            as_=self.clerk,
        )
        assert data["answer"]["errors"] == []
        return uuid.UUID(data["answer"]["instance"]["id"])

    async def finish(self, item: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> ProcessInstance:
        """Finish a work item as the clerk, past its form."""
        async with self.city.serving(as_=self.clerk), tenant_tx(write=True):
            return await finish_item(*await lock_work(item["id"]), dict(facts or {}))

    async def items(self, instance_id: uuid.UUID, state: str | None = None) -> list[Any]:
        rows = await self.city.rows(_ITEMS, instance_id)
        return [row for row in rows if state is None or row["state"] == state]

    async def item(self, instance_id: uuid.UUID) -> Any:
        """Return the one item that is to be done."""
        (found,) = [row for row in await self.items(instance_id) if row["state"] not in ("done", "withdrawn")]
        return found

    async def instance(self, instance_id: uuid.UUID) -> Any:
        (found,) = await self.city.rows(_INSTANCE, instance_id)
        return found

    async def facts(self, instance_id: uuid.UUID) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((await self.instance(instance_id))["facts"])
        return found

    async def case(self, instance_id: uuid.UUID) -> Any:
        (found,) = await self.city.rows(_CASE, (await self.instance(instance_id))["case_id"])
        return found

    async def events(self, instance_id: uuid.UUID) -> list[tuple[str, str]]:
        return [(row["node_id"], row["transition"]) for row in await self.city.rows(_EVENTS, instance_id)]

    async def fact(self, instance_id: uuid.UUID) -> Any:
        (found,) = await self.city.rows(_FACT, instance_id)
        return found

    async def let_timers_run_out(self, instance_id: uuid.UUID) -> None:
        """Let the timers of an instance have been due since a minute ago, and do what is asked for."""
        async with self.city.serving(), tenant_tx(write=True):
            past = {ProcessTimer.due_at: now() - timedelta(minutes=1)}
            await ProcessTimer.update(past).where(ProcessTimer.instance_id == instance_id)
        await self.city.run_jobs(all_due=True)

    async def ask(self, mutation: str) -> dict[str, Any]:
        """Do a mutation as the clerk and return its answer."""
        data = await self.city.data(f"mutation {{ answer: {mutation} }}", as_=self.clerk)
        answer: dict[str, Any] = data["answer"]
        return answer


@pytest_asyncio.fixture
async def works(make_city: Callable[..., Awaitable[City]]) -> Works:
    city = await make_city()
    async with city.serving(), tenant_tx(write=True):
        unit = OrgUnit(key="office", title="Office")
        await unit.save()
    clerk = await city.user(*ALL, unit_id=unit.id)
    return Works(city=city, clerk=clerk, unit_id=unit.id)
