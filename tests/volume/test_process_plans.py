"""Beside a process of a hundred thousand cases, figures of a small process or of one day walk no table.

And those of the large one over a year sort in memory and look at no case that they need not look at.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import Cut
from leancity.core.processes.figures.nodes import node_figures
from leancity.core.processes.figures.series import By, series
from leancity.core.processes.figures.totals import process_figures
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City
from tests.benchmarks.process_report import FILL_CASES, FILL_STEPS, FILL_SUMS, PER_CASE
from tests.volume.test_plans import scans

pytestmark = pytest.mark.long

CASES = {"large": 100_000, "small": 100}
YEAR = (date(2025, 11, 24), date(2026, 11, 23))
DAY = (date(2026, 1, 10), date(2026, 1, 10))
Work = Callable[[Cut], Awaitable[object]]
WORKS: dict[str, Work] = {
    "figures": process_figures,
    "nodes": node_figures,
    "series": lambda cut: series(cut, By.MONTH),
}


class Volume:
    """A city with a large and a small process, by their keys."""

    def __init__(self, city: City, processes: dict[str, uuid.UUID]) -> None:
        self.city = city
        self.processes = processes

    def cut(self, key: str, period: tuple[date, date], channel: str | None = None) -> Cut:
        return Cut(process_id=self.processes[key], since=period[0], until=period[1], channel=channel)

    async def plans(self, work: Work, cut: Cut) -> list[tuple[str, dict[str, Any]]]:
        """Return ``(statement, plan)`` of each statement on facts that a report asks."""
        asked: list[Any] = []
        # What is reported joins this unit, so its connection, and its memory, are those of the statements.
        async with self.city.serving(), tenant_tx() as unit:
            with unit.connection.query_logger(asked.append):
                await work(cut)
                await asyncio.sleep(0.01)  # the logger is told by the loop, a little later
            plans = []
            for each in asked:
                if "_fact" in each.query:
                    text = await unit.connection.fetchval(
                        f"explain (analyze, buffers, format json) {each.query}", *each.args
                    )
                    plans.append((each.query, json.loads(text)[0]["Plan"]))
        assert plans, "nothing was asked of the database"
        return plans


@pytest.fixture(scope="module")
def kept() -> list[Volume]:
    """The city, once it is filled: that takes a minute and more, to ask it a second. Nothing here changes it."""
    return []


@pytest_asyncio.fixture
async def volume(kept: list[Volume], make_city: Callable[..., Awaitable[City]]) -> Volume:
    if kept:
        return kept[0]
    city = await make_city()
    clerk = await city.user()
    connection = await asyncpg.connect(city.platform.migrate_url)
    processes = {}
    for key, cases in CASES.items():
        async with city.serving():
            processes[key] = (await create_process(ProcessCard(key=key, title=key))).id
        await connection.execute(FILL_CASES, city.tenant.id, processes[key], cases, timeout=1200)
        await connection.execute(FILL_STEPS, city.tenant.id, processes[key], PER_CASE, [clerk.id], timeout=1200)
        await connection.execute(FILL_SUMS, city.tenant.id, processes[key], timeout=1200)
    for table in ("process_case_fact", "process_step_fact"):
        await connection.execute(f"vacuum analyze {table}", timeout=600)
    await connection.close()
    kept.append(Volume(city, processes))
    return kept[0]


@pytest.mark.parametrize("name", WORKS)
async def test_what_is_small_walks_no_table(volume: Volume, name: str) -> None:
    for key, period in (("small", YEAR), ("large", DAY)):
        for statement, plan in await volume.plans(WORKS[name], volume.cut(key, period)):
            walked = [scan for scan in scans(plan) if scan["Node Type"] == "Seq Scan"]
            assert not walked, f"{key}: {statement}\n{json.dumps(walked, indent=1)}"


async def test_a_year_is_sorted_in_memory_and_asks_no_case_for_its_steps(volume: Volume) -> None:
    for statement, plan in await volume.plans(node_figures, volume.cut("large", YEAR)):
        assert plan["Temp Written Blocks"] == 0, statement
        if "group by" in statement and "open" not in statement:
            tables = {scan.get("Relation Name") for scan in scans(plan)}
            assert "process_case_fact" not in tables, statement


async def test_the_figures_of_cases_whose_steps_were_summed_look_at_no_step(volume: Volume) -> None:
    of_cases = [plan for statement, plan in await volume.plans(process_figures, volume.cut("large", YEAR))
                if "from timed" in statement]  # fmt: skip
    assert len(of_cases) == 1
    looked_at = {scan.get("Relation Name"): scan["Actual Loops"] for scan in scans(of_cases[0])}
    assert looked_at["process_case_fact"] and not looked_at.get("process_step_fact")


async def test_a_narrower_cut_counts_what_the_whole_one_does_of_its_cases(volume: Volume) -> None:
    async with volume.city.serving():
        whole = await node_figures(volume.cut("small", YEAR))
        of_channel = await node_figures(volume.cut("small", YEAR, ""))
        of_none = await node_figures(volume.cut("small", YEAR, "post"))
    assert of_channel == whole and len(whole) == PER_CASE and list(of_none) == []
