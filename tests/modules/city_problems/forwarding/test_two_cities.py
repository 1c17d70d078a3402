"""Two of our cities speak to one another over HTTP, as strangers: one forwards, the other takes, mends and closes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.tenancy.hosts import set_hosts
from leancity.core.tenancy.tables import Due
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.forwarding.bridge import bridge_to
from tests.modules.city_problems.forwarding.desk import Desk
from tests.modules.city_problems.forwarding.other_body import OtherBody

REPORTS = """{ cityProblems { reports(first: 10) { totalCount edges { node {
  id number status text address point { lat lon } category { key } } } } } }"""
JOB = "select state, is_uncertain from job where tenant_id = $1 and name = 'city_problems.forward'"
SERVICES = [{"category": "pothole", "serviceCode": "pothole"}]
FILED = "select count(*) from city_problems_report where tenant_id = $1"


@dataclass(frozen=True, kw_only=True)
class Two:
    """``here`` forwards to ``there``, whose key it was given."""

    here: Desk
    there: Town
    url: str
    key: str

    def url_by(self, port: int) -> str:
        """Return the other city's address by another port."""
        return self.url.replace(f":{self.there.city.platform.port}/", f":{port}/")

    async def reports(self) -> list[dict[str, Any]]:
        """Return what the other city has got, as its clerk sees it."""
        found = await self.there.city.data(REPORTS, as_=self.there.clerk)
        return [edge["node"] for edge in found["cityProblems"]["reports"]["edges"]]


@pytest_asyncio.fixture
async def two(make_town: Callable[..., Awaitable[Town]]) -> Two:
    here, there = await make_town(), await make_town()
    host = f"{there.city.tenant.slug}.localhost"
    await set_hosts(there.city.tenant.slug, [there.city.host, host])
    partner = await there.city.user(roles=["city_problems.partner"])
    url = f"http://{host}:{there.city.platform.port}/m/city_problems/open311/v2"
    desk = Desk(town=here, body=OtherBody())
    saved = await desk.save(url=url, apiKey=partner.token, services=SERVICES)
    assert saved["errors"] == []
    return Two(here=desk, there=there, url=url, key=partner.token)


@pytest.fixture(params=["json", "xml"])
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """In which format the two speak: XML is what a client of ours asks a server for that has no JSON."""
    monkeypatch.setattr("leancity.modules.city_problems.forwarding.client.FORMATS", (request.param,))
    return str(request.param)


async def test_a_report_is_forwarded_mended_there_and_seen_to_be_mended_here(two: Two, spoken: str) -> None:
    here, there = two.here, two.there
    found = await here.city.data('{ cityProblems { endpointServices(key: "region") { code name } } }', as_=here.clerk)
    assert "pothole" in {each["code"] for each in found["cityProblems"]["endpointServices"]}
    case = await here.forwarded(text="Яма & <лужа>, звоните 8 914 123-45-67", address="Мира, 1")
    [got] = await two.reports()
    assert (got["status"], got["category"]["key"], got["address"]) == ("reported", "pothole", "Мира, 1")
    assert got["point"] == {"lat": 46.9591, "lon": 142.738}
    assert got["text"].startswith("Яма & <лужа>, звоните ") and "914" not in got["text"]
    told = await here.public(case)
    assert (told["status"], told["forwarded"]["number"], told["forwarded"]["status"]) == (
        "closed",
        got["number"],
        "open",
    )

    for clerks in ("cityProblemsSort", f'cityProblemsSend(id: "%s", unitId: "{there.unit_id}")'):
        asked = clerks if "(" in clerks else f'{clerks}(id: "%s")'
        assert (await there.do(there.clerk, asked % got["id"]))["errors"] == []
    await here.follow()
    assert (await here.public(case))["forwarded"]["status"] == "open"
    assert (await there.do(there.executor, f'cityProblemsTake(id: "{got["id"]}")'))["errors"] == []
    proof = await there.photo()
    named = f'{{id: "{proof["id"]}", claim: "{proof["claim"]}"}}'
    closing = f'cityProblemsClose(id: "{got["id"]}", outcome: "fixed", note: "Заделали", proofs: [{named}])'
    closed = await there.do(there.executor, closing)
    assert (closed["errors"], closed["report"]["status"]) == ([], "closed")
    await here.follow()
    told = (await here.public(case))["forwarded"]
    assert told["status"] == "closed"
    assert await here.city.rows("select 1 from case_event where tenant_id = $1 and kind = 'forwarded_status'"), (
        "who reported is told"
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"apiKey": "not a key of theirs"}, "api_key"),
        ({"services": [{"category": "pothole", "serviceCode": "submarine"}]}, "service_code"),
    ],
)
async def test_what_the_other_city_refuses_is_back_here_with_its_reason(
    two: Two, spoken: str, fields: dict[str, Any], field: str
) -> None:
    await two.here.save(**{"url": two.url, "apiKey": two.key, **fields})
    case = await two.here.forwarded()
    seen = await two.here.seen(case)
    assert (seen["status"], seen["forwarded"]) == ("sorted", None)
    [row] = seen["forwardings"]
    assert row["state"] == "refused" and row["failure"], field
    assert not row["failure"].startswith("HTTP"), "it is their words"
    assert await two.reports() == []


async def test_an_answer_that_is_lost_on_the_way_files_nothing_twice(two: Two) -> None:
    case = await two.here.reported()
    with bridge_to(two.there.city.platform.port) as bridge:
        await two.here.save(url=two.url_by(bridge.port), apiKey=two.key, services=SERVICES)
        await two.here.forward(case)
        bridge.losing = 1
        await two.here.city.run_jobs()
        [first] = await two.reports()
        assert ((await two.here.seen(case))["status"], len(bridge.lost)) == ("forwarding", 1)
        await two.here.city.run_jobs(all_due=True)
    await is_there_once(two, case, first["number"])


@pytest.mark.long
async def test_a_worker_that_is_killed_with_the_answer_in_its_hand_files_nothing_twice(two: Two) -> None:
    await Due.delete(force=True)  # what earlier tests left waiting would take turns with ours
    platform = two.there.city.platform
    case = await two.here.reported()
    with bridge_to(platform.port) as bridge:
        await two.here.save(url=two.url_by(bridge.port), apiKey=two.key, services=SERVICES)
        with platform.process("scheduler"), platform.process("worker") as worker:
            bridge.at_loss, bridge.losing = worker.kill, 1

            async def was_killed() -> bool:
                return len(bridge.lost) == 1 and worker.poll() is not None

            await two.here.forward(case)
            await eventually(was_killed)
        [first] = await two.reports()
        assert (await two.here.seen(case))["status"] == "forwarding"

        async def has_ended() -> bool:
            return bool((await two.here.seen(case))["status"] != "forwarding")

        with platform.process("scheduler"), platform.process("worker"):
            await eventually(has_ended)
    await is_there_once(two, case, first["number"])
    [job] = await two.here.city.rows(JOB)
    assert (job["state"], job["is_uncertain"]) == ("done", True)


async def is_there_once(two: Two, case: str, number: str) -> None:
    seen = await two.here.seen(case)
    assert (seen["status"], seen["forwarded"]["number"]) == ("closed", number)
    assert (await two.there.city.rows(FILED))[0][0] == 1
    assert seen["forwardings"][0]["failure"] == "", "they said that they knew the key: nothing is in doubt"


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await is_so():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.1)
