"""100 000 open reports on the map: a request for the hexagons against the same count query alone."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx

from leancity.core.db.engine import close_pool, open_pool, pool
from leancity.core.testing.city import City, new_city
from leancity.core.testing.platform import Platform, running_platform
from tests.benchmarks.many_reports import CENTRE, SIDE, fill
from tests.benchmarks.pairs import Ratio, compare, verdict

REPORTS = 100_000
QUERY = """
query ($southWest: GeoPointInput!, $northEast: GeoPointInput!, $resolution: Int!) { cityProblems {
  clusters(southWest: $southWest, northEast: $northEast, resolution: $resolution) {
    cell reports centre { lat lon } } } }
"""
# Frozen: how many open reports lie in each hexagon of the frame, under the same policies, asked by the same role.
COUNT = """
select (r.cell & ~(15::bigint << 52)) | ($6::bigint << 52) | ((1::bigint << (3 * (15 - $6::int))) - 1) as cell, count(*)
from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and c.tenant_id = $1 and c.kind = 'city_problems.report' and c.closed_at is null and r.is_shown
  and r.lat between $2 and $3 and r.lon between $4 and $5
group by 1 order by 2 desc, 1 limit 2000
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / ".leancity") as platform:
        asyncio.run(_measure(platform))


async def _measure(platform: Platform) -> None:
    await open_pool(platform.app_url, size=5)
    city = await new_city(platform, ["city_problems"])
    await fill(city, REPORTS)
    address = f"http://127.0.0.1:{platform.port}"
    async with httpx.AsyncClient(base_url=address, timeout=60, headers={"Host": city.host}) as client:
        for title, side, resolution in (("the city", SIDE, 8), ("the city, fine", SIDE, 10), ("a street", 0.004, 12)):
            ratio = await _compared(client, city, side, resolution)
            print(verdict(f"clusters of {title} / the count alone", ratio, at_most=3))
            print(f"  {ratio.seconds_a * 1000:.0f} ms / {ratio.seconds_b * 1000:.0f} ms")
    await close_pool()


async def _compared(client: httpx.AsyncClient, city: City, side: float, resolution: int) -> Ratio:
    south, north, west, east = (place + sign * side / 2 for place in CENTRE for sign in (-1, 1))
    variables = {
        "southWest": {"lat": south, "lon": west},
        "northEast": {"lat": north, "lon": east},
        "resolution": resolution,
    }

    async def request() -> list[Any]:
        answer = (await client.post("/graphql", json={"query": QUERY, "variables": variables})).json()
        found: list[Any] = answer["data"]["cityProblems"]["clusters"]
        return [(int(each["cell"], 16), each["reports"]) for each in found]

    async def count() -> list[Any]:
        async with (
            pool().acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute("select leancity_enter($1)", city.tenant.id)
            rows = await connection.fetch(COUNT, city.tenant.id, south, north, west, east, resolution)
        return [tuple(row) for row in rows]

    told, counted = await request(), await count()
    if told != counted:
        raise AssertionError("the request and the count answer differently")
    return await compare(request, count)
