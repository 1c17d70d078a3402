"""The metrics of the processes that serve no web: a worker's jobs, a scheduler's queues."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from leancity.core.identity.recovery import request_password_reset
from leancity.core.ids import new_id
from leancity.core.jobs.queues import QUEUES
from leancity.core.moment import now
from leancity.core.telemetry.metrics import exposition
from leancity.core.telemetry.queues import measure
from leancity.core.tenancy.tables import Announcement, Due
from leancity.core.testing.city import City
from leancity.core.testing.mailbox import Mailbox
from leancity.core.testing.plain import NO_TLS
from tests.core.telemetry.processes import free_port
from tests.core.telemetry.scrape import Metrics, wait_for

pytestmark = pytest.mark.usefixtures("nothing_due")

JOBS = "leancity_job_duration_seconds_count"
DELAY = "leancity_job_start_delay_seconds_count"


@pytest.mark.long
async def test_a_worker_tells_of_its_jobs_and_a_scheduler_of_its_queues(city: City, mailbox: Mailbox) -> None:
    user = await city.user()
    async with city.serving(as_stranger=True):
        await request_password_reset(user.login)
    await waits(city, kind="dead", queue="bulk")
    at_work, leading = free_port(), free_port()
    with (
        city.platform.process("worker", LEANCITY_METRICS_PORT=str(at_work)),
        city.platform.process("scheduler", LEANCITY_METRICS_PORT=str(leading)),
    ):
        worker = wait_for(at_work, lambda seen: seen.sum(JOBS, job="core.send_mail", outcome="done") >= 1)
        scheduler = wait_for(leading, lambda seen: seen.sum("leancity_scheduler_leader") == 1)
        scheduler = wait_for(leading, lambda seen: seen.sum("leancity_queue_dead", queue="bulk") >= 1)
        for path, authorization in (("/metrics", "Bearer wrong"), ("/metrics", ""), ("/", "")):
            assert asked(at_work, path, authorization) == (404, b"")
    assert mailbox.to(f"{user.login}@example.org")
    assert worker.sum(DELAY) >= 1 and worker.sum("leancity_statement_duration_seconds_count", kind="update") >= 1
    assert scheduler.values("queue") == set(QUEUES)
    for word in (city.tenant.slug, user.login, str(user.id), "example.org"):
        assert word not in worker.text + scheduler.text
    assert "leancity_scheduler_leader" not in worker.text, "a zero of one that schedules nothing would be a lie"


async def test_queues_are_measured_by_what_becomes_of_their_jobs(city: City) -> None:
    async def seen() -> Metrics:
        await measure()
        return Metrics(exposition().decode())

    def grown(name: str) -> float:
        return after.sum(name, queue="bulk") - before.sum(name, queue="bulk")

    before = await seen()
    soon, ago = now() + timedelta(minutes=1), now() - timedelta(days=9)
    await waits(city, run_at=ago)
    await waits(city)
    await waits(city, lease_until=soon)
    await waits(city, lease_until=soon, held_until=soon)
    await waits(city, run_at=soon)
    await waits(city, kind="dead")
    await Announcement.insert(Announcement(tenant_id=city.tenant.id, topic="t", subject_id=new_id()))
    after = await seen()
    names = ("waiting", "leased", "held", "dead")
    assert [grown(f"leancity_queue_{name}") for name in names] == [2, 1, 1, 1]
    assert abs(after.sum("leancity_queue_lag_seconds", queue="bulk") - timedelta(days=9).total_seconds()) < 60
    announced = "leancity_announcements_waiting"
    assert after.sum(announced) - before.sum(announced) == 1
    await Due.delete().where(Due.tenant_id == city.tenant.id)
    await Announcement.delete().where(Announcement.tenant_id == city.tenant.id)


def asked(port: int, path: str, authorization: str) -> tuple[int, bytes]:
    """Return what a listener answers."""
    answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Authorization": authorization}, verify=NO_TLS)
    return answer.status_code, answer.content


async def waits(city: City, **columns: Any) -> None:
    """Put a line into the directory: no job of the city is behind it, which nothing here looks at."""
    usual: dict[str, Any] = {"kind": "job", "queue": "bulk", "run_at": now()}
    await Due.insert(Due(tenant_id=city.tenant.id, **{**usual, **columns}))
