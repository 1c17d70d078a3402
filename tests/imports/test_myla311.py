"""The whole of a real file: 10 000 requests of Los Angeles in a city of Sakhalin's zone."""

from __future__ import annotations

import asyncio
import csv
import gzip
import signal
import statistics
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leancity.core.cases.lead_time import case_times
from leancity.core.testing.city import City
from tests.data import MYLA311
from tests.imports.conftest import MAPPING, Town

pytestmark = pytest.mark.skipif(not MYLA311.exists(), reason=f"the real data is not here: {MYLA311}")

PATIENCE = 300
"""Seconds after which the import is taken to hang: a guard, on a machine that does a dozen other things."""
# From the events alone, as an owner of the data without our code would ask.
BY_TYPE = """
select g.title->>'en' as type, count(*) as requests,
       percentile_cont(0.5) within group (order by extract(epoch from closing.at - opening.at) / 3600) as hours
from city_problems_report r
join city_problems_category g on g.id = r.category_id
join case_event opening on opening.case_id = r.case_id and opening.status = 'reported'
left join case_event closing on closing.case_id = r.case_id and closing.status = 'closed'
where r.tenant_id = $1 group by 1
"""
WHOLE = """
select count(*) as rows, count(*) filter (where r.lat is null and r.lon is null and r.cell is null) as without_point,
       count(*) filter (where c.closed_at is null and c.status = 'reported' and c.outcome is null) as open,
       count(distinct c.number) as numbers, count(distinct c.external_id) as ids,
       count(*) filter (where c.closed_at is null and c.due_at is null) as open_without_term
from case_record c join city_problems_report r on r.tenant_id = c.tenant_id and r.case_id = c.id where c.tenant_id = $1
"""
HANGING = """
select (select count(*) from case_event where tenant_id = $1) as events,
       (select count(*) from case_term where tenant_id = $1) as terms,
       (select count(*) from case_term where tenant_id = $1 and ended_at is null) as running,
       (select count(*) from job where tenant_id = $1 and name <> 'core.schedule') as jobs,
       (select count(*) from case_escalation where tenant_id = $1) as escalations,
       (select count(*) from audit_event where tenant_id = $1 and action = 'core.case.imported') as audited
"""


@cache
def straight() -> dict[str, tuple[int, float | None]]:
    """Type to the requests of it and their median lead time in hours, computed from the file and nothing else."""
    zone, amounts, hours = ZoneInfo("America/Los_Angeles"), Counter[str](), defaultdict[str, list[float]](list)
    for line in lines():
        amounts[line["requesttype"]] += 1
        if line["closeddate"]:
            begun, ended = (
                datetime.strptime(line[name], "%m/%d/%y %H:%M").replace(tzinfo=zone).timestamp()
                for name in ("createddate", "closeddate")
            )
            hours[line["requesttype"]].append((ended - begun) / 3600)
    return {kind: (amount, statistics.median(hours[kind])) for kind, amount in amounts.items()}


def lines() -> list[dict[str, str]]:
    with gzip.open(MYLA311, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def assert_whole(town: Town) -> None:
    """Compare what is in the city with the file."""
    (whole,) = await town.rows(WHOLE)
    assert dict(whole) == {
        "rows": 10_000, "without_point": 11, "open": 49, "numbers": 10_000, "ids": 10_000, "open_without_term": 0,
    }  # fmt: skip
    found = {row["type"]: (row["requests"], row["hours"]) for row in await town.rows(BY_TYPE)}
    assert found.keys() == straight().keys()
    for kind, (amount, hours) in straight().items():
        assert found[kind] == (amount, pytest.approx(hours)), kind
    (hanging,) = await town.rows(HANGING)
    assert (hanging["events"], hanging["terms"], hanging["running"]) == (19_951, 20_000, 98)
    assert (hanging["jobs"], hanging["escalations"]) == (0, 0)
    assert hanging["audited"] == 20


@pytest.mark.long
async def test_the_whole_file(town: Town, another_city: City) -> None:
    mapping = town.mapping(MAPPING, "myla311.json")
    done = town.done(MYLA311, "--map", mapping)
    assert (done["rows"], done["written"], done["known"], done["bad"]) == (10_000, 10_000, 0, 0)
    assert done["source"] == "myla311"
    await assert_whole(town)
    await assert_clock(town)

    again = town.run(MYLA311, "--map", mapping)
    assert again.returncode == 0
    assert "nothing was changed" in again.stdout
    there = Town(city=another_city, platform=town.platform, folder=town.folder)
    (empty,) = await there.rows(WHOLE)
    assert empty["rows"] == 0


async def assert_clock(town: Town) -> None:
    """Compare the platform's own lead times of some requests with the file's."""
    zone = ZoneInfo("America/Los_Angeles")
    sample = {line["srnumber"]: line for line in lines()[::200] if line["closeddate"]}
    records = await town.rows("select id, external_id, opened_at from case_record where tenant_id = $1")
    ids = {row["id"]: sample[row["external_id"]] for row in records if row["external_id"] in sample}
    async with town.city.serving():
        times = await case_times(ids)
    assert len(times) == len(sample) > 40
    for case_id, line in ids.items():
        begun, ended = (
            datetime.strptime(line[name], "%m/%d/%y %H:%M").replace(tzinfo=zone).timestamp()
            for name in ("createddate", "closeddate")
        )
        assert times[case_id].is_closed
        assert times[case_id].lead_time.clock_seconds == ended - begun


@pytest.mark.long
async def test_a_killed_run_goes_on_where_it_stood(town: Town) -> None:
    mapping = town.mapping(MAPPING, "myla311.json")
    command = ["import", "requests", str(MYLA311), "--city", town.city.tenant.slug, "--map", mapping]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leancity.core.cli", *command),
        env=town.platform.environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await _until_line(town, 3000)
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    (stopped,) = await town.rows("select line_done, state from import_run where tenant_id = $1")
    (cases,) = await town.rows("select count(*) as rows from case_record where tenant_id = $1")
    assert stopped["state"] == "started"
    assert 3000 <= stopped["line_done"] < 10_001
    assert cases["rows"] == stopped["line_done"] - 1  # the first line is the header

    done = town.done(MYLA311, "--map", mapping)
    assert done["resumedAfterLine"] == stopped["line_done"]
    assert done["written"] == 10_000 - cases["rows"]
    await assert_whole(town)
    (run,) = await town.rows("select state, written, bad, total, line_done from import_run where tenant_id = $1")
    assert dict(run) == {"state": "finished", "written": 10_000, "bad": 0, "total": 10_000, "line_done": 10_001}


async def _until_line(town: Town, line: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found: list[Any] = await town.rows("select line_done from import_run where tenant_id = $1")
        if found and found[0]["line_done"] >= line:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError("the import did not come so far")
