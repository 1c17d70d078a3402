"""The web process's metrics: who may read them, what they count, and what they never tell."""

from __future__ import annotations

import secrets

import httpx
import pytest

from leancity.core.config import Config
from leancity.core.telemetry.serving import may_read
from leancity.core.testing.city import City
from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.platform import METRICS_TOKEN, Platform
from tests.core.telemetry.processes import another_web
from tests.core.telemetry.scrape import scrape, wait_for

REQUESTS = "leancity_http_request_duration_seconds_count"
SOCKETS = "leancity_sockets_open"
STATEMENTS = "leancity_statement_duration_seconds_count"
OPERATIONS = "leancity_graphql_operation_duration_seconds_count"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", f"Basic {METRICS_TOKEN}", f"Bearer {METRICS_TOKEN}x"]
)
def test_without_the_token_there_are_no_metrics(platform: Platform, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = httpx.get(f"http://127.0.0.1:{platform.port}/metrics", headers=headers, verify=NO_TLS)
    assert answer.status_code == 404 and "leancity_" not in answer.text
    scrape(platform.port)


def test_where_no_token_is_set_they_are_open_in_development_only() -> None:
    assert not may_read(Config(), "") and not may_read(Config(), "Bearer ")
    assert may_read(Config(environment="development"), "")
    assert not may_read(Config(environment="development", metrics_token=METRICS_TOKEN), "")


async def test_requests_are_counted_by_route_and_status(city: City) -> None:
    before = scrape(city.platform.port)
    await city.request("GET", f"/files/{secrets.token_hex(16)}")
    await city.request("GET", "/health/live")
    await city.request("GET", "/graphql", headers={"Host": "nowhere.example"})
    after = scrape(city.platform.port)

    def grown(**labels: str) -> float:
        return after.sum(REQUESTS, **labels) - before.sum(REQUESTS, **labels)

    assert grown(method="GET", route="/health/live", status="2xx") == 1
    assert grown(method="GET", route="none", status="4xx") == 1, "the door answered for a city that is none"
    [files] = {route for route in after.values("route") if route.startswith("/files/") and grown(route=route)}
    assert "{" in files and grown(route=files, status="4xx") == 1


async def test_two_hundred_addresses_make_no_more_series_than_one(city: City) -> None:
    async def ask(path: str, method: str = "GET") -> None:
        await city.request(method, path)

    await ask("/graphql")
    await ask("/nowhere/first")
    await ask("/nowhere/first", "BREW")
    await ask(f"/files/{secrets.token_hex(16)}")
    before = scrape(city.platform.port)
    for number in range(100):
        await ask(f"/nowhere/{number}", "GET" if number else "STIR")
        await ask(f"/files/{secrets.token_hex(16)}")
    after = scrape(city.platform.port)
    assert after.sum(REQUESTS) - before.sum(REQUESTS) >= 200
    assert after.series() == before.series()


async def test_graphql_is_counted_by_kind_and_outcome(city: City) -> None:
    user = await city.user()
    before = scrape(city.platform.port)
    await city.data("query Ivanov { city { slug } }", as_=user)
    await city.graphql("{ nothing }", as_=user)
    async with city.socket(as_=user) as _:
        wait_for(
            city.platform.port,
            lambda seen: seen.sum("leancity_sockets_open") == 1 + before.sum("leancity_sockets_open"),
        )
    after = wait_for(
        city.platform.port, lambda seen: seen.sum("leancity_sockets_open") == before.sum("leancity_sockets_open")
    )
    assert after.sum(OPERATIONS, kind="query", outcome="ok") - before.sum(OPERATIONS, kind="query", outcome="ok") == 1
    assert after.sum("leancity_graphql_refused_total") - before.sum("leancity_graphql_refused_total") == 1
    assert after.sum("leancity_socket_handshakes_total", outcome="opened") > before.sum(
        "leancity_socket_handshakes_total", outcome="opened"
    )


async def test_statements_and_the_pool_are_measured(city: City) -> None:
    before = scrape(city.platform.port)
    await city.data("{ city { slug } }")
    after = scrape(city.platform.port)
    assert after.sum(STATEMENTS, kind="select") > before.sum(STATEMENTS, kind="select")
    assert after.sum("leancity_pool_wait_seconds_count") >= before.sum("leancity_pool_wait_seconds_count")
    limit = float(city.platform.environment["LEANCITY_POOL_SIZE"])
    assert after.sum("leancity_pool_limit") == limit
    assert 1 <= after.sum("leancity_pool_connections") <= limit


async def test_nothing_of_a_city_or_a_person_is_in_them(city: City) -> None:
    user = await city.user()
    mutation = "mutation($login: String!) { passwordResetRequest(loginOrEmail: $login) { __typename } }"
    await city.graphql(mutation, {"login": user.login}, as_=user)
    await city.data("query Ivanov { city { slug } }", as_=user)
    text = scrape(city.platform.port, host=city.host).text
    for word in (city.tenant.slug, user.login, str(user.id), "example.org", "Ivanov"):
        assert word not in text


@pytest.mark.long
async def test_processes_behind_one_port_count_together(city: City) -> None:
    with another_web(city.platform, LEANCITY_WEB_PROCESSES="2") as web:
        here = City(web, city.tenant)
        before = scrape(web.port)
        for _ in range(40):
            assert (await here.request("GET", "/health/live")).status_code == 200
        seen = {scrape(web.port).sum(REQUESTS, route="/health/live") for _ in range(10)}
        assert seen == {before.sum(REQUESTS, route="/health/live") + 40}, "whoever answers tells of both"
        both = wait_for(web.port, lambda metrics: metrics.sum("leancity_pool_limit") == 10)
        assert not both.values("pid"), "a series for each process would be one more at every restart"
