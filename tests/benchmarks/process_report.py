"""A report over a million step facts in one city among a hundred, against the closed cases' percentiles alone.

Told in seconds of processor that PostgreSQL took, parallel workers included, so that what else the machine does is not
in it. ``LEANCITY_BENCH_STEPS`` and ``LEANCITY_BENCH_CITIES`` scale it; the other cities have a thousandth of the steps
each.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import asyncpg

from leancity.core.db.engine import close_pool, open_pool
from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import Cut
from leancity.core.processes.figures.nodes import node_figures
from leancity.core.processes.figures.series import By, series
from leancity.core.processes.figures.sums import SUMS
from leancity.core.processes.figures.totals import process_figures
from leancity.core.processes.figures.variants import graph, variants
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City, new_city
from leancity.core.testing.platform import Platform, running_platform
from tests.benchmarks.pairs import compare, verdict

STEPS = int(os.environ.get("LEANCITY_BENCH_STEPS", "1000000"))
CITIES = int(os.environ.get("LEANCITY_BENCH_CITIES", "100"))
PER_CASE = 5
PEOPLE, PAIRS = 20, 3
# As life has it: ids by time, steps of many cases in turn, times that differ, every tenth case waits for somebody
# outside, every hundredth comes back to a step.
FILL_CASES = """
insert into process_case_fact (id, tenant_id, process_id, mark, channel, opened_at, opened_w, closed_at, closed_w,
    paused_s, paused_w, processing_s, value_added_s, external_s, labour_s, is_reworked, is_faulty)
select uuidv7(), $1, $2, 'production', '', at, n * 300::bigint, at + interval '3 days',
    n * 300::bigint + 70000 + abs(hashint4(n)::bigint) % 9000, 0, 0, 18000, 3600, 0, 18000, n % 100 = 0, false
from (select n, timestamptz '2025-12-01' + n * interval '1 minute' as at from generate_series(1, $3::int) n) rows
"""
FILL_STEPS = """
insert into process_step_fact (id, tenant_id, fact_id, process_id, node_id, title, type, place, attempt, state,
    available_at, available_w, claimed_at, claimed_w, started_at, started_w, done_at, done_w, suspended_s, external_s,
    labour_s, value_class, is_faulty, user_id, mark)
select uuidv7(), $1, fact_id, $2, 'n' || s, 'Step', 'userTask', s, case when again and s = 5 then 2 else 1 end, 'done',
    at, w, at + queue * interval '1 second', w + queue, at + (queue + taken) * interval '1 second', w + queue + taken,
    at + (queue + taken + worked) * interval '1 second', w + queue + taken + worked, 0,
    case when outside then queue + taken + worked else 0 end, case when outside then null else worked end,
    case when s % 2 = 0 then 'va' else '' end, false, ($4::uuid[])[chance % cardinality($4::uuid[]) + 1], 'production'
from (
    select f.id as fact_id, s, f.is_reworked as again, f.opened_at + s * interval '9 hours' as at,
        f.opened_w + s * 7200 as w, chance, chance % 7001 as queue, chance % 3 * 60 as taken,
        60 + chance % 5003 as worked,
        s = 3 and chance % 10 = 0 as outside
    from process_case_fact f cross join generate_series(1, $3::int) s
    cross join lateral (select abs(hashint8(f.opened_w + s)::bigint) as chance) as drawn
    where f.tenant_id = $1 and f.process_id = $2
) rows order by at
"""
# No step of the platform has summed these cases.
FILL_SUMS = (
    """
update process_case_fact f set queue_s = sums.queue_s, claimed_s = sums.claimed_s, suspended_s = sums.suspended_s,
    external_s = sums.external_s, touch_s = sums.touch_s, is_classed = sums.is_classed
from process_case_fact c cross join lateral ("""
    + SUMS
    + """) sums where f.tenant_id = $1 and f.process_id = $2 and c.tenant_id = $1 and c.id = f.id
"""
)
# References hold by how these rows are made; to look each of millions up takes most of the time.
UNCHECKED = "set session_replication_role = replica"
# Frozen: what the cases alone cost, under the same policies.
_ALONE = """
select count(*), percentile_cont(array[0.5, 0.85, 0.95]) within group (order by closed_w - opened_w - paused_w)
from process_case_fact where tenant_id = $1 and process_id = $2 and mark = 'production' and closed_at >= $3
"""
SINCE, UNTIL = date(2025, 11, 24), date(2026, 11, 23)
"""A year."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / ".leancity") as platform:
        asyncio.run(_measure(platform))


async def _measure(platform: Platform) -> None:
    await open_pool(platform.app_url, size=5)
    owner = await asyncpg.connect(platform.superuser_url, database=platform.database)
    await owner.execute(UNCHECKED)
    city, process_id = await _filled(platform, owner, STEPS)
    for _ in range(CITIES - 1):
        await _filled(platform, owner, max(PER_CASE, STEPS // 1000))
    for table in ("process_case_fact", "process_step_fact"):
        await owner.execute(f"vacuum analyze {table}", timeout=600)
    postmaster = int((await owner.fetchval("select pg_read_file('postmaster.pid')")).split()[0])
    await owner.close()
    cut = Cut(process_id=process_id, since=SINCE, until=UNTIL)
    async with city.serving():

        async def alone() -> None:
            async with tenant_tx() as unit:
                begins = (await unit.connection.fetchval("select timestamptz '2025-11-24'"),)
                await unit.connection.fetchrow(_ALONE, unit.tenant_id, process_id, *begins)

        found = await process_figures(cut)
        print(f"{STEPS} steps, {found.closed} closed cases, {CITIES} cities: {json.dumps(found.lead.median)} s median")
        works: dict[str, Callable[[], Awaitable[object]]] = {
            "figures": lambda: process_figures(cut),
            "nodes": lambda: node_figures(cut),
            "series": lambda: series(cut, By.MONTH),
            "variants": lambda: variants(cut),
            "graph": lambda: graph(cut),
        }
        for name, work in works.items():
            ratio = await compare(work, alone, pairs=PAIRS, clock=lambda: _processor_of(postmaster))
            print(verdict(f"{name} over all steps / percentiles of the cases alone", ratio))
            print(f"  {ratio.seconds_a * 1000:.0f} ms / {ratio.seconds_b * 1000:.0f} ms")
    await close_pool()


async def _filled(platform: Platform, owner: asyncpg.Connection[asyncpg.Record], steps: int) -> tuple[City, uuid.UUID]:
    city = await new_city(platform, ())
    async with city.serving():
        process = await create_process(ProcessCard(key="permit", title="Permit"))
    people = [(await city.user()).id for _ in range(PEOPLE if steps == STEPS else 1)]
    await owner.execute(FILL_CASES, city.tenant.id, process.id, steps // PER_CASE, timeout=1200)
    await owner.execute(FILL_STEPS, city.tenant.id, process.id, PER_CASE, people, timeout=1200)
    await owner.execute(FILL_SUMS, city.tenant.id, process.id, timeout=1200)
    return city, process.id


def _processor_of(postmaster: int) -> float:
    """Return the seconds of processor that a server's processes have taken, those that have ended included."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile, and is in its parent's
            pid, fields = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
            if pid == postmaster:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == postmaster:
                ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
