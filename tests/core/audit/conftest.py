"""A city with a report that somebody made, a clerk who may see who, and the database as its owner's rival."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import asyncpg
import httpx
import pytest_asyncio

from leancity.core.testing.city import City, TestUser
from leancity.core.testing.platform import Platform
from leancity.modules.city_problems.demo import load_categories

REPORT = """
mutation ($input: CityProblemsReportInput!) { cityProblemsReport(input: $input) { errors { code } report { id } } }
"""
READ = "city_problems.reporter.read"
T = TypeVar("T")
_ROWS = """
select action, outcome, actor_kind, actor_id, subject, subject_id, repeats, request_id, data, at from audit_event
where tenant_id = $1 and ($2 = '' or action = $2) order by at, id
"""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """``case`` is the report's; the clerk may read everything of it, the stranger to it nothing personal."""

    city: City
    clerk: TestUser
    case: UUID

    @property
    def query(self) -> str:
        """Who reported, with what is personal."""
        return f'{{ cityProblems {{ report(id: "{self.case}") {{ number reporter {{ name phone }} }} }} }}'

    async def look(self) -> httpx.Response:
        """Ask as the clerk and return the HTTP answer."""
        return await self.city.request("POST", "/graphql", as_=self.clerk, json={"query": self.query})

    async def log(self, action: str = "") -> list[asyncpg.Record]:
        """Return the rows of the log, the eldest first."""
        return await self.city.rows(_ROWS, action)

    async def logged(self, action: str, number: int = 1, *, seconds: float = 5) -> list[asyncpg.Record]:
        """Wait until the log has ``number`` rows of the action and return them."""
        return await until(lambda: self.log(action), lambda rows: len(rows) >= number, seconds=seconds)


async def until(ask: Callable[[], Awaitable[T]], is_enough: Callable[[T], bool] = bool, *, seconds: float = 5) -> T:
    """Ask until the answer is enough and return it; fail with the last one after ``seconds``."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not is_enough(answer := await ask()):
        assert loop.time() < deadline, f"after {seconds} s: {answer}"
        await asyncio.sleep(0.1)
    return answer


@pytest_asyncio.fixture
async def watched(make_city: Callable[..., Awaitable[City]]) -> Watched:
    city = await make_city("city_problems")
    async with city.serving():
        await load_categories()
    filled = {
        "point": {"lat": 46.9591, "lon": 142.738},
        "category": "pothole",
        "text": "A deep hole",
        "reporterName": "Ирина Петрова",
        "reporterPhone": "+7 900 123-45-67",
        "reporterEmail": "Irina@Mail.example",
    }
    reporter = await city.user()
    case = (await city.data(REPORT, {"input": filled}, as_=reporter))["cityProblemsReport"]["report"]["id"]
    clerk = await city.user(roles=["city_problems.clerk"])
    return Watched(city=city, clerk=clerk, case=UUID(case))


@pytest_asyncio.fixture
async def superuser(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    """A connection that no policy and no grant holds back."""
    connection = await asyncpg.connect(platform.superuser_url, database=platform.database)
    yield connection
    await connection.close()
