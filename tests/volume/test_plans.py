"""At a million cases in one city no list, search or count walks the whole table.

Row-level security lets only leakproof operators reach an index; a filter that does not is invisible in a small city.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.cases import inbox
from leancity.core.cases.inbox import InboxFilter, Keyset
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.search import search
from leancity.core.db.unit import tenant_tx
from leancity.core.geo.cells import cell_of
from leancity.core.geo.territories import save_territory
from leancity.core.identity.roles import NewGrant, grant_role, save_role
from leancity.core.identity.units import create_unit
from leancity.core.ids import new_id
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems import reading
from leancity.modules.city_problems.demo import load_categories
from leancity.modules.city_problems.kinds import KEY

pytestmark = pytest.mark.long

CASES = 1_000_000
FILL = """
insert into case_record (id, tenant_id, number, kind, title, text, status, outcome, opened_at, closed_at, due_at,
                         unit_id, assignee_id, version, cell)
select gen_random_uuid(), $1::int, 'CP-2026-' || n, 'city_problems.report', 'Яма на дороге ' || n % 977,
       case when n % 50000 = 0 then 'редчайший баобаб' else 'глубокая яма' end,
       (array['reported', 'sorted', 'sent', 'in_work', 'closed'])[case when n % 10 < 7 then 5 else 1 + n % 4 end],
       case when n % 10 < 7 then 'fixed' end, moment, case when n % 10 < 7 then moment + interval '3 days' end,
       case when n % 10 >= 7 then moment + interval '10 days' end, case when n % 100 = 0 then $4::uuid end,
       case when n % 1000 = 0 then $3::uuid end, 1,
       $5::bigint + n % 7
from (select n, timestamptz '2020-01-01' + n * interval '3 minutes' as moment from generate_series(1, $2::int) n) rows
"""
REPORTS = """
insert into city_problems_report (id, tenant_id, case_id, category_id, lat, lon, cell, address, reporter_name,
                                  reporter_phone, reporter_email)
select gen_random_uuid(), c.tenant_id, c.id, (select id from city_problems_category where tenant_id = $1 limit 1),
       46.9 + random() / 10, 142.7 + random() / 10, $2::bigint, '', '', '', ''
from case_record c where c.tenant_id = $1
"""


class Volume:
    """The large city, its clerk, an officer of one unit and one of a territory, and the plans of what runs in it."""

    def __init__(self, city: City, clerk: TestUser, officer: TestUser, warden: TestUser) -> None:
        self.city = city
        self.clerk = clerk
        self.officer = officer
        self.warden = warden

    async def plans(self, work: Callable[[], Awaitable[object]], who: TestUser) -> list[tuple[str, dict[str, Any]]]:
        """Run ``work`` as somebody and return ``(statement, plan)`` of each statement on tenant tables."""
        asked: list[Any] = []
        # The services join this unit, so its connection is the one that runs their statements.
        async with self.city.serving(who), tenant_tx() as unit:
            with unit.connection.query_logger(asked.append):
                await work()
                await asyncio.sleep(0.01)  # the logger is told by the loop, a little later
            plans = []
            for each in asked:
                if "case_record" in each.query or "city_problems_report" in each.query:
                    text = await unit.connection.fetchval(f"explain (analyze, format json) {each.query}", *each.args)
                    plans.append((each.query, json.loads(text)[0]))
        assert plans, "nothing was asked of the database"
        return plans


@pytest_asyncio.fixture
async def volume(make_city: Callable[..., Awaitable[City]]) -> Volume:
    city = await make_city("city_problems")
    async with city.serving():
        await load_categories()
        roads = await create_unit("roads", "Roads")
        ring = [[142.7, 46.9], [142.8, 46.9], [142.8, 47.0], [142.7, 47.0], [142.7, 46.9]]
        ward = await save_territory("ward", "Ward", json.dumps({"type": "Polygon", "coordinates": [ring]}))
        for key in ("unit", ""):
            await save_role(f"reader{key}", "Reader", [f"core.case.read@{key}" if key else "core.case.read"])
    clerk = await city.user(roles=["city_problems.clerk"])
    officer, warden = await city.user(roles=["readerunit"], unit_id=roads), await city.user()
    async with city.serving():
        await grant_role(NewGrant(user_id=warden.id, role="reader", territory_id=ward.id))
    officer, warden = [await city.again(each) for each in (officer, warden)]
    connection = await asyncpg.connect(city.platform.migrate_url)
    await connection.execute(FILL, city.tenant.id, CASES, clerk.id, roads, cell_of(46.95, 142.75), timeout=1200)
    await connection.execute(REPORTS, city.tenant.id, cell_of(46.95, 142.75), timeout=1200)
    for table in ("case_record", "city_problems_report"):
        await connection.execute(f"vacuum analyze {table}", timeout=600)
    await connection.close()
    return Volume(city, clerk, officer, warden)


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from scans(child)


async def test_no_list_search_or_count_walks_the_table(volume: Volume) -> None:
    somewhere = Keyset(datetime(2022, 5, 1, tzinfo=UTC), new_id())
    still_open = reading.Filter(open_only=True)
    # Milliseconds are generous: they tell an index from a walk, not a fast machine from a slow one.
    asked: dict[str, tuple[Callable[[], Awaitable[object]], int]] = {
        "newest": (lambda: inbox.list_cases(InboxFilter()), 150),
        "a page": (lambda: inbox.list_cases(InboxFilter(), after=somewhere), 150),
        "a state": (lambda: inbox.list_cases(InboxFilter(statuses=("sorted",)), after=somewhere), 150),
        "a kind": (lambda: inbox.list_cases(InboxFilter(kinds=(KEY,)), after=somewhere), 150),
        "mine": (lambda: inbox.list_cases(InboxFilter(mine=True)), 150),
        "overdue": (lambda: inbox.list_cases(InboxFilter(overdue_at=datetime(2020, 2, 1, tzinfo=UTC))), 150),
        "a number": (lambda: inbox.list_cases(InboxFilter(number="CP-2026-77777")), 150),
        "a rare word": (lambda: inbox.list_cases(InboxFilter(text="баобабы")), 150),
        "public list": (lambda: reading.list_reports(reading.Filter(), after=None, limit=26), 150),
        "public page": (lambda: reading.list_reports(still_open, after=somewhere, limit=26), 150),
        "count": (lambda: inbox.count_cases(InboxFilter()), 5000),
        "count a state": (lambda: inbox.count_cases(InboxFilter(statuses=("sent",))), 5000),
        "folders": (inbox.folder_counts, 5000),
    }
    await hold(volume, asked, volume.clerk)
    async with volume.city.serving(volume.clerk):
        assert len(await search(CaseRecord, "баобаб", most=100)) == CASES // 50_000


async def test_neither_does_one_whose_permission_reaches_not_every_case(volume: Volume) -> None:
    somewhere = Keyset(datetime(2022, 5, 1, tzinfo=UTC), new_id())
    asked: dict[str, tuple[Callable[[], Awaitable[object]], int]] = {
        "newest": (lambda: inbox.list_cases(InboxFilter()), 300),
        "a page": (lambda: inbox.list_cases(InboxFilter(), after=somewhere), 300),
        "a state": (lambda: inbox.list_cases(InboxFilter(statuses=("sorted",)), after=somewhere), 300),
        "overdue": (lambda: inbox.list_cases(InboxFilter(overdue_at=datetime(2020, 2, 1, tzinfo=UTC))), 300),
        "count": (lambda: inbox.count_cases(InboxFilter()), 5000),
        "folders": (inbox.folder_counts, 8000),
    }
    await hold(volume, asked, volume.officer)
    await hold(volume, asked, volume.warden)
    async with volume.city.serving(volume.officer):
        assert await inbox.count_cases(InboxFilter()) == CASES // 100


async def hold(volume: Volume, asked: dict[str, tuple[Callable[[], Awaitable[object]], int]], who: TestUser) -> None:
    """Hold that nothing of what is asked walks a table, and that each statement takes its milliseconds at most."""
    slow = {}
    for name, (work, limit) in asked.items():
        for statement, plan in await volume.plans(work, who):
            walked = [
                scan for scan in scans(plan["Plan"]) if scan["Node Type"] == "Seq Scan" and scan["Actual Rows"] > 99
            ]
            assert not walked, f"{name}: {statement}\n{json.dumps(walked, indent=1)}"
            if plan["Execution Time"] > limit:
                slow[name] = plan["Execution Time"]
    assert not slow, f"milliseconds: {slow}"
