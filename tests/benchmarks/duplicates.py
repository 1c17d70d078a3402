"""Duplicates: what asking for them costs among 100 000 reports, and what is found in three days of a real city."""

from __future__ import annotations

import asyncio
import csv
import gzip
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.db.unit import tenant_tx
from leancity.core.geo.cells import cell_of
from leancity.core.moment import now
from leancity.core.testing.city import City, new_city
from leancity.core.testing.platform import Platform, running_platform
from leancity.modules.city_problems.duplicates.nearby import Place, nearby
from leancity.modules.city_problems.kinds import FIXED, KEY
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport
from tests.benchmarks.many_reports import CENTRE, fill
from tests.benchmarks.pairs import compare, verdict
from tests.data import MYLA311

REPORTS, ROUND = 100_000, 20
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NEARBY = """
query ($point: GeoPointInput!) { cityProblems {
  nearby(point: $point, category: "pothole", text: "глубокая яма у дома") { distance report { number title } } } }
"""
LIST = "{ cityProblems { reports(first: 5) { edges { node { number title } } } } }"
Row = dict[str, Any]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / ".leancity") as platform:
        asyncio.run(_measure(platform))


async def _measure(platform: Platform) -> None:
    await open_pool(platform.app_url, size=5)
    city = await new_city(platform, ["city_problems"])
    await fill(city, REPORTS, closed_of_ten=7)
    address = f"http://127.0.0.1:{platform.port}"
    async with httpx.AsyncClient(base_url=address, timeout=60, headers={"Host": city.host}) as client:

        async def ask(query: str, **variables: Any) -> None:
            for _ in range(ROUND):
                answer = await client.post("/graphql", json={"query": query, "variables": variables})
                assert "errors" not in answer.json(), answer.text

        point = {"lat": CENTRE[0], "lon": CENTRE[1]}
        ratio = await compare(lambda: ask(NEARBY, point=point), lambda: ask(LIST))
        print(verdict("nearby among 100 000 reports / the five newest of them", ratio))
        print(f"  {ratio.seconds_a / ROUND * 1000:.1f} ms / {ratio.seconds_b / ROUND * 1000:.1f} ms a request")
    if MYLA311.exists():
        await _real(await new_city(platform, ["city_problems"], zone="America/Los_Angeles"))
    else:
        print(f"duplicates of a real city: NOT MET, the real data is not here: {MYLA311}")
    await close_pool()


async def _real(city: City) -> None:
    """File the requests of three days as if the last were of this hour, and ask for each what it would have met."""
    rows = [*_rows()]
    keys = {name: f"t{place}" for place, name in enumerate(sorted({row["requesttype"] for row in rows}))}
    async with city.serving():
        ids = await _file(rows, keys)
        met, seconds = 0, []
        for row in rows:
            begun = time.perf_counter()
            found = await nearby(Place(lat=row["lat"], lon=row["lon"]), keys[row["requesttype"]])
            seconds.append(time.perf_counter() - begun)
            met += any(each.id != ids[row["srnumber"]] for each in found)
    p50, p95 = statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000
    print(
        f"of {len(rows)} requests of three days {met} ({met / len(rows):.1%}) have another of their type within 100 m"
    )
    print(f"  asked one by one: p50 {p50:.1f} ms, p95 {p95:.1f} ms")


def _rows() -> Iterator[Row]:
    with gzip.open(MYLA311, "rt", encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["latitude"] and row["longitude"]]
    shift = now() - timedelta(hours=1) - max(_moment(row["createddate"]) for row in found)
    for row in found:
        closed = _moment(row["closeddate"]) + shift if row["closeddate"] else None
        opened = _moment(row["createddate"]) + shift
        # What was closed later than three days after is open still.
        is_closed = closed is not None and opened <= closed <= now()
        point = {"lat": float(row["latitude"]), "lon": float(row["longitude"])}
        yield {**row, **point, "opened": opened, "closed": closed if is_closed else None}


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%y %H:%M").replace(tzinfo=LOS_ANGELES)


async def _file(rows: list[Row], keys: dict[str, str]) -> dict[str, Any]:
    ids: dict[str, Any] = {}
    categories = {key: CityProblemsCategory(key=key, title='{"ru": "x", "en": "x"}') for key in keys.values()}
    async with tenant_tx(write=True):
        await CityProblemsCategory.insert(*categories.values())
    for part in (rows[begin : begin + 500] for begin in range(0, len(rows), 500)):
        async with tenant_tx(write=True):
            ids |= await import_cases(KEY, "myla311", [_case(row) for row in part])
            reports = [
                CityProblemsReport(
                    case_id=ids[row["srnumber"]],
                    category_id=categories[keys[row["requesttype"]]].id,
                    lat=row["lat"],
                    lon=row["lon"],
                    cell=cell_of(row["lat"], row["lon"]),
                )
                for row in part
            ]
            await CityProblemsReport.insert(*reports)
    return ids


def _case(row: Row) -> ImportedCase:
    return ImportedCase(
        external_id=row["srnumber"],
        title=row["requesttype"],
        text="",
        opened_at=row["opened"],
        closed_at=row["closed"],
        outcome=FIXED if row["closed"] else None,
        cell=cell_of(row["lat"], row["lon"]),
    )
