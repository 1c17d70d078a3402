"""An office: a city with two units, people in them, and reports of residents, worked on through the kernel's API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.moves import move
from leancity.core.identity.permissions import KERNEL_PERMISSIONS
from leancity.core.identity.units import create_unit
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.platform import Platform
from tests.modules.city_problems.conftest import jpeg

REPORT = "city_problems.report"
TRIAGE, WORK = "city_problems.report.triage", "city_problems.report.work"
DISPATCHER = (*KERNEL_PERMISSIONS, TRIAGE, "city_problems.report.dispatch", WORK)
CASE = "id number status unit { key } assignee { id name } version dueAt isPaused"


@dataclass(frozen=True, kw_only=True)
class Office:
    """The dispatcher may do everything and sits with the roads; the gardener accepts what is offered to the parks."""

    city: City
    roads: str
    parks: str
    dispatcher: TestUser
    gardener: TestUser

    async def filed(self, text: str = "A deep hole", *, title: str = "Hole", unit: str | None = None) -> dict[str, str]:
        """File a report and return its ``id`` and ``number``."""
        async with self.city.serving():
            case = await file_case(REPORT, Filing(title=title, text=text, unit_id=UUID(unit) if unit else None))
        return {"id": str(case.id), "number": case.number}

    async def ask(self, query: str, *, as_: TestUser | None = None, **variables: Any) -> Any:
        """Return what the only root field answers to the dispatcher."""
        data = await self.city.data(query, variables, as_=as_ or self.dispatcher, locale="ru")
        (answer,) = data.values()
        return answer

    async def case(self, case_id: str, fields: str, *, as_: TestUser | None = None) -> Any:
        """Return some fields of a case."""
        return await self.ask(f'{{ case(id: "{case_id}") {{ {fields} }} }}', as_=as_)

    async def do(self, mutation: str, *, as_: TestUser | None = None, fields: str = CASE) -> dict[str, Any]:
        """Run a mutation on a case and return its payload."""
        payload: dict[str, Any] = await self.ask(
            f"mutation {{ {mutation} {{ errors {{ field code message }} case {{ {fields} }} }} }}",
            as_=as_,
        )
        return payload

    async def done(self, mutation: str, *, as_: TestUser | None = None, fields: str = CASE) -> dict[str, Any]:
        """Run a mutation that must succeed and return the case."""
        payload = await self.do(mutation, as_=as_, fields=fields)
        assert payload["errors"] == [], payload
        case: dict[str, Any] = payload["case"]
        return case

    async def refused(self, case_id: str, outcome: str = "not_ours", note: str = "private") -> None:
        """Close a case as the dispatcher, by the module's own move: the kernel's mutation leaves that to the module."""
        async with self.city.serving(as_=self.dispatcher):
            await move(UUID(case_id), "refuse", outcome=outcome, note=note)

    async def uploaded(self, *, as_: TestUser | None = None) -> dict[str, str]:
        """Upload a photo and return its ``id`` and ``claim``."""
        answer = await self.city.request("POST", "/files", as_=as_, files={"file": ("hole.jpg", jpeg(), "image/jpeg")})
        assert answer.status_code == 201, answer.text
        kept: dict[str, str] = answer.json()
        return kept


MakeOffice = Callable[[], Awaitable[Office]]


@pytest_asyncio.fixture
async def make_office(make_city: Callable[..., Awaitable[City]]) -> MakeOffice:
    async def make() -> Office:
        city = await make_city("city_problems")
        async with city.serving():
            roads, parks = await create_unit("roads", "Дороги"), await create_unit("parks", "Ёлки и парки")
        dispatcher = await city.user(*DISPATCHER, unit_id=roads)
        gardener = await city.user("core.case.read", "core.case.accept", "core.case.comment", unit_id=parks)
        return Office(city=city, roads=str(roads), parks=str(parks), dispatcher=dispatcher, gardener=gardener)

    return make


@pytest_asyncio.fixture
async def office(make_office: MakeOffice) -> Office:
    return await make_office()


@pytest.fixture(scope="module")
def scheduler(platform: Platform) -> Iterator[None]:
    """The scheduler's process, which tells what was announced."""
    with platform.process("scheduler"):
        yield
