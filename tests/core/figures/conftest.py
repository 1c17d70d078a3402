"""A region with two cities and one outside, all with the invented help desk, whose requests shall take three days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest_asyncio

from leancity.core.cases.kinds import WHOLE, CaseKind
from leancity.core.cases.moves import move
from leancity.core.cases.pauses import pause, resume
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.figures.publishing import publish
from leancity.core.tenancy.service import set_region
from leancity.core.testing.city import City
from tests.core.cases.conftest import clock, install
from tests.core.cases.town import REQUEST, filed, term

__all__ = ["clock", "install"]

MONTH = "2026-09"
KIND = "desk.request"
ROWS = (
    "select city, city_title, month, subject, measure, value, unit, cases, published_at from published_figure"
    " where tenant_id = $1 order by month, city, subject, measure"
)

Clock = Callable[[str], None]


def desk_with(unit: DeadlineUnit) -> CaseKind:
    """Return the desk's kind with a target of three days for the whole case."""
    return replace(REQUEST, terms=(term(WHOLE, TargetKind.TARGET, 3, unit),))


@dataclass(frozen=True, kw_only=True)
class Land:
    region: City
    first: City
    second: City
    outside: City
    clock: Clock

    async def work(
        self,
        city: City,
        opened: str,
        closed: str | None = None,
        *,
        outcome: str = "fixed",
        paused: tuple[str, str] | None = None,
        times: int = 1,
    ) -> list[Any]:
        """File requests and work on them at these moments; return their ids."""
        found = []
        async with city.serving():
            for _ in range(times):
                self.clock(opened)
                case = await filed()
                await move(case.id, "take")
                if paused is not None:
                    self.clock(paused[0])
                    await pause(case.id, "rain")
                    self.clock(paused[1])
                    await resume(case.id)
                if closed is not None:
                    self.clock(closed)
                    await move(case.id, "close", outcome=outcome)
                found.append(case.id)
        return found

    async def five(self, city: City) -> None:
        """Close five requests of September, each within a day."""
        await self.work(city, "2026-09-07 10:00+11:00", "2026-09-08 10:00+11:00", times=5)

    async def publish(self, city: City, month: str = MONTH) -> None:
        """Publish a month and let the jobs run."""
        async with city.serving():
            await publish(month)
        await city.run_jobs()


@pytest_asyncio.fixture
async def land(make_city: Callable[..., Awaitable[City]], install: Callable[[CaseKind], None], clock: Clock) -> Land:
    install(desk_with(DeadlineUnit.CALENDAR_DAYS))
    first, second, outside = [await make_city("desk") for _ in range(3)]
    region = await make_city(kind="region")
    for city in (first, second):
        await set_region(city.tenant.slug, region.tenant.slug)
    return Land(region=region, first=first, second=second, outside=outside, clock=clock)
