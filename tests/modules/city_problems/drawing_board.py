"""A town whose reports run on a drawing that it changes, and the people who draw."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.kinds import KEY
from tests.core.processes.publishing import publish
from tests.core.processes.versions.conftest import CHANGE, MEASURE, PROCESS, PUBLISH, READ, Workshop
from tests.modules.city_problems.conftest import REPORT, Town
from tests.modules.city_problems.models import APPROVAL

_INSTANCES = "select * from process_instance where tenant_id = $1 and case_id = $2 order by opened_at"
_ITEMS = """
select w.* from work_item w join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
where w.tenant_id = $1 and i.case_id = $2 order by w.available_at, w.id
"""


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

    async def answer(self, case: str, *, approved: bool) -> None:
        """Let the head answer the approval that waits."""
        assert await self.answered(case, approved=approved) == []

    async def answered(self, case: str, *, approved: bool) -> list[str]:
        """Let the head answer the approval that waits, and return the codes of what was refused."""
        item = (await self.town.city.rows(_ITEMS, uuid.UUID(case)))[-1]
        call = "workItemComplete(itemId: $i, facts: $f) { errors { code } }"
        query = f"mutation ($i: UUID!, $f: JSON!) {{ answer: {call} }}"
        data = await self.town.city.data(query, {"i": str(item["id"]), "f": {"approved": approved}}, as_=self.head)
        return [error["code"] for error in data["answer"]["errors"]]

    async def work_on(self, xml: str) -> None:
        """Let new reports run on a drawing, its rows written directly."""
        forms = {"approval": APPROVAL}
        await publish(self.town.city, xml.encode(), KEY, forms=forms, ends_at=["closed_choice"])

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


async def service_of(town: Town) -> Service:
    """Give a town the people who draw, and its executors a head."""
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
