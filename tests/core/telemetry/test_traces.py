"""Traces: one id from a request through its statements to the job it asked for; nothing personal; never in the way."""

from __future__ import annotations

import socket
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from leancity.core.mail.post import JOB
from leancity.core.telemetry import tracing
from leancity.core.testing.city import City
from leancity.core.testing.mailbox import Mailbox
from tests.core.telemetry.collector import Collector, collecting
from tests.core.telemetry.processes import another_web, free_port, logged, wait_until, wait_until_ready

FORGOTTEN = "mutation Ivanov($login: String!) { passwordResetRequest(loginOrEmail: $login) { __typename } }"
CALLERS = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{CALLERS}-00f067aa0ba902b7-01"


pytestmark = pytest.mark.usefixtures("nothing_due")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.mark.long
async def test_a_request_and_its_job_are_one_trace_across_processes(
    city: City, mailbox: Mailbox, collector: Collector
) -> None:
    told = collector.environment()
    user = await city.user()
    with (
        another_web(city.platform, **told) as web,
        city.platform.process("worker", **told),
        city.platform.process("scheduler"),
    ):
        answer = await City(web, city.tenant).request(
            "POST",
            "/graphql",
            as_=user,
            json={"query": FORGOTTEN, "variables": {"login": user.login}},
            headers={"traceparent": TRACEPARENT, "tracestate": f"who={user.login}", "User-Agent": "Ivan's browser"},
        )
        assert "errors" not in answer.json(), answer.json()
        wait_until(lambda: collector.named("smtp send") and collector.named("job core.send_mail"))
    letter = mailbox.to(f"{user.login}@example.org")[0]

    [request] = [each for each in collector.named("POST /graphql") if each.trace_id == CALLERS]
    [operation] = [each for each in collector.named("graphql mutation") if each.trace_id == CALLERS]
    [job] = [each for each in collector.named("job core.send_mail") if each.trace_id == CALLERS]
    [sending] = [each for each in collector.named("smtp send") if each.trace_id == CALLERS]
    statements = [each for each in collector.spans if each.name.startswith("sql ") and each.trace_id == CALLERS]
    assert (request.service, request.parent_id) == ("leancity-web", "00f067aa0ba902b7")
    assert (operation.parent_id, job.parent_id, sending.parent_id) == (request.span_id, operation.span_id, job.span_id)
    assert (job.service, sending.service) == ("leancity-worker", "leancity-worker")
    assert request.attributes["http.route"] == "/graphql" and request.attributes["http.response.status_code"] == "200"
    assert request.attributes["leancity.city"] == job.attributes["leancity.city"] == city.tenant.slug
    assert job.attributes["leancity.outcome"] == "done"
    assert {each.service for each in statements} == {"leancity-web", "leancity-worker"}
    assert {each.parent_id for each in statements} >= {request.span_id, operation.span_id, job.span_id}
    written = [each.attributes["db.query.text"] for each in statements if each.name == "sql insert"]
    assert any("job" in text and "$1" in text for text in written)

    private = (user.login, user.token, str(user.id), "example.org", "Ivan", mailbox.key(f"{user.login}@example.org"))
    assert letter and collector.raw
    for word in private:
        assert word.encode() not in collector.raw, word


@pytest.mark.long
async def test_addresses_are_told_by_their_template(city: City, collector: Collector) -> None:
    file_id = uuid.uuid4()
    with another_web(city.platform, **collector.environment()) as web:
        here = City(web, city.tenant)
        await here.request("GET", f"/files/{file_id}?secret=Ivanov")
        await here.graphql("{ city { slug } }")
        wait_until(lambda: collector.named("graphql query"))
        wait_until(lambda: [each for each in collector.spans if each.name.startswith("GET /files/{")])
    assert b"Ivanov" not in collector.raw and str(file_id).encode() not in collector.raw


@pytest.mark.long
async def test_log_lines_carry_the_traces_id_from_the_request_to_the_job(city: City, tmp_path: Path) -> None:
    """Also where no traces are kept."""
    user = await city.user()
    headers = {"traceparent": TRACEPARENT}
    body = {"query": FORGOTTEN, "variables": {"login": user.login}}
    await city.request("POST", "/graphql", json=body, headers=headers)
    [row] = await city.rows("select trace from job where tenant_id = $1 and name = $2", JOB)
    assert row["trace"].startswith(f"00-{CALLERS}-")
    with logged(city.platform, "worker", tmp_path) as lines, city.platform.process("scheduler"):
        failed = {"event": "job failed", "city": city.tenant.slug, "job": JOB}
        mine = wait_until(lambda: [line for line in lines() if failed.items() <= line.items()])
    assert {line["trace_id"] for line in mine} == {CALLERS}, "it failed: nobody takes mail here"


@pytest.mark.long
async def test_a_collector_that_is_away_costs_nothing_and_is_told_of_once(city: City, tmp_path: Path) -> None:
    with socket.socket() as deaf:  # takes connections, never answers
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(100)
        deafly = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_BSP_MAX_QUEUE_SIZE": "64",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16",
        }
        port = free_port()
        with logged(city.platform, "web", tmp_path, LEANCITY_PORT=str(port), **deafly) as lines:
            wait_until_ready(port)
            here = City(replace(city.platform, port=port), city.tenant)
            times = []
            for _ in range(60):
                begun = time.perf_counter()
                await here.data("{ city { slug } }")
                times.append(time.perf_counter() - begun)
            assert statistics.median(times) < 0.5, "one that waits for the collector takes a second"
            wait_until(lambda: [line for line in lines() if line["event"] == "traces are lost"])
            stopping = time.monotonic()
        assert time.monotonic() - stopping < tracing.PATIENCE + 4
        told = [line["event"] for line in lines()]
        assert told.count("traces are lost") == 1
        assert set(told) <= {"request", "web ready", "traces are lost"}, "the library says nothing by itself"
