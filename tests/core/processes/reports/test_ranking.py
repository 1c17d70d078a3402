"""What should become an improvement project: measured where it can be, entered otherwise, the dearest waiting first."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.moment import now
from leancity.core.processes.registry.functions import FunctionCard, create_function
from leancity.core.processes.registry.operations import OperationCard, replace_operations
from leancity.core.processes.reports.ranking import improvement_candidates
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City, TestUser
from tests.core.processes.reports.analytics import make_cases

NODE = """key source cases labourHours rate rateSource launchesAYear launchesSource waitingShare waitingSource costAYear
  score missing function { key } steps { nodeId waitingShare ofAllWaiting score } reasons { why value nodeId text }"""
MANY = """
insert into city_function (id, tenant_id, key, title, lead_days, launches, hourly_rate, created_at, changed_at)
select gen_random_uuid(), $1, 'f-' || n, 'Function ' || n, 10, n, 30000, now(), now() from generate_series(1, 1249) n
"""
THEIR_OPERATIONS = """
insert into function_operation (id, tenant_id, function_id, place, title, minutes)
select gen_random_uuid(), $1, f.id, place, 'Operation', 30 from city_function f, generate_series(1, 5) place
where f.tenant_id = $1
"""


async def asked(city: City, as_: TestUser, more: str = "") -> Any:
    query = f"{{ processImprovements{more} {{ totalCount pageInfo {{ endCursor }} edges {{ node {{ {NODE} }} }} }} }}"
    return (await city.data(query, as_=as_))["processImprovements"]


def nodes(answer: Any) -> list[Any]:
    return [edge["node"] for edge in answer["edges"]]


async def entered(key: str, *, hours: float, lead_days: float, launches: float, rate: int | None = 100_00) -> uuid.UUID:
    """Enter a function whose one operation takes ``hours``; ``launches`` a month."""
    card = FunctionCard(key=key, title=key, lead_days=lead_days, launches=launches, hourly_rate=rate)
    row = await create_function(card)
    await replace_operations(row.id, [OperationCard(title="Do it", minutes=hours * 60, waiting_minutes=60)])
    return row.id


async def test_what_nobody_measured_is_ranked_by_its_passport(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    analyst = await city.user("core.process.read")
    async with city.serving():
        await entered("quick", hours=8, lead_days=1, launches=10)  # nobody waits in it
        await entered("slow", hours=4, lead_days=10, launches=10)
        await entered("rare", hours=4, lead_days=10, launches=1)
        await create_function(FunctionCard(key="unknown", title="Unknown"))
    found = nodes(await asked(city, analyst))
    assert [each["key"] for each in found] == ["slow", "rare", "quick", "unknown"]
    slow = found[0]
    assert slow["waitingShare"] == pytest.approx(1 - 4 / 80)
    assert slow["costAYear"] == pytest.approx(4 * 100_00 * 120)
    assert slow["score"] == pytest.approx(4 * 100_00 * 120 * (1 - 4 / 80))
    assert (slow["source"], slow["rateSource"], slow["function"]) == ("ENTERED", "FUNCTION", {"key": "slow"})
    assert slow["steps"][0]["waitingShare"] == pytest.approx(1 / 5)
    assert found[2]["score"] == 0
    assert found[3]["missing"] == ["labour_hours", "rate", "launches_a_year", "waiting_share"]
    assert (found[3]["score"], found[3]["source"]) == (None, "NONE")


async def test_enough_cases_speak_instead_of_the_passport(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    analyst = await city.user("core.process.read")
    last = now() - timedelta(days=1)
    async with city.serving():
        function = await entered("permit", hours=1, lead_days=100, launches=1)
        permit = await create_process(ProcessCard(key="permit", title="Permit", function_id=function))
        alone = await create_process(ProcessCard(key="alone", title="Alone"))
    await make_cases(city, permit.id, 9, last=last, hours=(10, 4), is_reworked=True, every=timedelta(days=5))
    (function_only, _) = nodes(await asked(city, analyst))
    assert (function_only["source"], function_only["labourHours"]) == ("ENTERED", 1), "nine cases are too few"
    await make_cases(city, permit.id, 1, last=last - timedelta(days=50), hours=(10, 4))
    await make_cases(city, alone.id, 12, last=last, hours=(8, 8), mark="import", every=timedelta(days=5))
    first, second = nodes(await asked(city, analyst))
    assert (first["key"], first["source"], first["cases"]) == ("permit", "PRODUCTION", 10)
    assert (first["labourHours"], first["waitingShare"]) == (4, pytest.approx(0.6))
    assert first["launchesAYear"] == pytest.approx(10 * 365 / 52, rel=0.01), "52 days were measured, a year has 365"
    assert {each["why"]: each["value"] for each in first["reasons"]} == {"WAITS": 1, "REWORK": pytest.approx(0.9)}
    assert first["reasons"][0]["text"] == "“Check” has 100% of all waiting"
    assert first["steps"][0]["score"] == pytest.approx(first["score"]), "its only step is all of it"
    assert (second["key"], second["source"], second["function"]) == ("alone", "IMPORT", None)
    assert second["missing"] == ["rate"], "no function tells what an hour of it costs, and the city has no positions"


async def test_the_list_is_paged_and_only_for_who_reads_processes(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    analyst, outsider = await city.user("core.process.read"), await city.user("core.unit.read")
    async with city.serving():
        for place in range(3):
            await entered(f"f-{place}", hours=1, lead_days=5, launches=1 + place)
        await create_function(FunctionCard(key="last", title="Last"))
    page = await asked(city, analyst, "(first: 2)")
    assert ([each["key"] for each in nodes(page)], page["totalCount"]) == (["f-2", "f-1"], 4)
    rest = await asked(city, analyst, f'(first: 2, after: "{page["pageInfo"]["endCursor"]}")')
    assert [each["key"] for each in nodes(rest)] == ["f-0", "last"]
    answer = await city.graphql("{ processImprovements { totalCount } }", as_=outsider)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_city_s_whole_registry_is_ranked_at_once(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    await city.rows(MANY)
    await city.rows(THEIR_OPERATIONS)
    async with city.serving():
        begun = time.monotonic()
        found = await improvement_candidates()
        took = time.monotonic() - begun
    assert [each.key for each in found[:2]] == ["f-1249", "f-1248"]
    assert len(found) == 1249
    assert took < 10, "a guard against hanging; what it takes stands in decision 041"
