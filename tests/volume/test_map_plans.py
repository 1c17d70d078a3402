"""Among 100 000 reports of one city what is asked of a place is read by the index of cells, never by a walk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.testing.city import City
from leancity.modules.city_problems.duplicates.nearby import Place, nearby
from leancity.modules.city_problems.on_map import Frame, clusters, points
from leancity.modules.city_problems.statistics.figures import statistics
from tests.benchmarks.many_reports import CENTRE, fill

pytestmark = pytest.mark.long

REPORTS = 100_000
LAT, LON = CENTRE
STREET = Frame(south=LAT - 0.002, north=LAT + 0.002, west=LON - 0.002, east=LON + 0.002)
CITY = Frame(south=LAT - 1, north=LAT + 1, west=LON - 1, east=LON + 1)


async def plans(city: City, work: Callable[[], Awaitable[object]]) -> list[tuple[str, dict[str, Any]]]:
    """Run ``work`` as a stranger and return ``(statement, plan)`` of each statement on reports."""
    asked: list[Any] = []
    async with city.serving(as_stranger=True), tenant_tx() as unit:
        with unit.connection.query_logger(asked.append):
            await work()
            await asyncio.sleep(0.01)  # the logger is told by the loop, a little later
        found = []
        for each in asked:
            if "city_problems_report" in each.query:
                text = await unit.connection.fetchval(f"explain (analyze, format json) {each.query}", *each.args)
                found.append((each.query, json.loads(text)[0]))
    assert found, "nothing was asked of the database"
    return found


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from scans(child)


def read(plan: dict[str, Any]) -> float:
    """Return how many rows of tables the plan has read, thrown away ones too."""
    rows: float = sum(
        (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) + scan.get("Rows Removed by Join Filter", 0))
        * scan["Actual Loops"]
        for scan in scans(plan["Plan"])
        if "Relation Name" in scan
    )
    return rows


async def test_what_is_asked_of_a_place_reads_little_else(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city("city_problems")
    await fill(city, REPORTS, closed_of_ten=7)
    today = now().date()
    # How many rows may be read: some hundreds lie in the frame or the circle, and each has a case.
    asked: dict[str, tuple[Callable[[], Awaitable[object]], int]] = {
        "nearby": (lambda: nearby(Place(lat=LAT, lon=LON), "pothole", "глубокая яма"), 2000),
        "clusters of a street": (lambda: clusters(STREET, 12, open_only=True, category_id=None), 5000),
        "points of a street": (lambda: points(STREET, open_only=True, category_id=None, first=500), 5000),
        "points of the city": (lambda: points(CITY, open_only=False, category_id=None, first=500), 5000),
        "clusters of the city": (lambda: clusters(CITY, 8, open_only=True, category_id=None), 4 * REPORTS),
        "a year": (lambda: statistics(today - timedelta(days=365), today), 10 * REPORTS),
    }
    much = {}
    for name, (work, most) in asked.items():
        for statement, plan in await plans(city, work):
            print(f"{name}: {read(plan):.0f} rows, {plan['Execution Time']:.1f} ms")  # noqa: T201 - the page's figures
            if (rows := read(plan)) > most:
                much[name] = (rows, statement, json.dumps(plan, indent=1))
    assert not much, much
