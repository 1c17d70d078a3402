"""Jobs: asked for in a transaction, done at least once, gated, held, retried in columns."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs import hold as holding
from leancity.core.jobs.current import effect_key, is_repeat
from leancity.core.jobs.hold import renewed, take
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.outcomes import Later, Rejected
from leancity.core.jobs.record import LONGEST_DELAY, delay_after
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.run import STARTS
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City
from tests.core.jobs.yard import end_holds

NOTHING = {
    "event": "case_submitted",
    "module": "city_problems",
    "payload": {"case_id": "0" * 32, "kind": "core.nothing"},
}


async def states(city: City) -> list[tuple[str, str, int]]:
    rows = await city.rows(
        "select name, state, attempts from job where tenant_id = $1 and name <> 'core.schedule' order by created_at"
    )
    return [tuple(row) for row in rows]


async def job(city: City) -> Any:
    """Return the row of the city's one job."""
    (row,) = await city.rows("select * from job where tenant_id = $1 and name <> 'core.schedule'")
    return row


async def due(city: City, id_: uuid.UUID) -> Any:
    """Return a job's line in the directory, None where it has none."""
    return await Due.objects().where((Due.tenant_id == city.tenant.id) & (Due.id == id_)).first()


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``known("core.x", run, **more)``: let this process know a job."""

    def know(name: str, run: Any, **more: Any) -> None:
        monkeypatch.setitem(jobs(), name, Job(name=name, run=run, **more))

    return know


async def test_a_job_of_a_failed_transaction_never_was(city: City) -> None:
    async with city.serving():
        with pytest.raises(RuntimeError, match="on purpose"):
            async with tenant_tx(write=True):
                await enqueue("core.deliver", NOTHING)
                raise RuntimeError("on purpose")
    assert await states(city) == []
    assert await city.run_jobs() == 0


async def test_a_job_is_done_once_and_leaves_the_directory(city: City) -> None:
    async with city.serving():
        await enqueue("core.deliver", NOTHING)
    assert await city.run_jobs() == 1
    assert await states(city) == [("core.deliver", "done", 0)]
    assert await city.run_jobs() == 0


async def test_a_failing_job_waits_longer_each_time_and_dies_visibly(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(payload: dict[str, object]) -> None:
        await JobRow.update({JobRow.last_error: "rolled back"}, force=True)
        raise RuntimeError("the other side is down")

    monkeypatch.setitem(jobs(), "core.fail", Job(name="core.fail", run=fail, max_attempts=3))
    async with city.serving():
        await enqueue("core.fail", {})
    delays = []
    for attempt in (1, 2):
        begun = now()
        await city.run_jobs(all_due=True)
        assert await states(city) == [("core.fail", "waiting", attempt)]
        async with city.serving(), tenant_tx():
            row = await JobRow.objects().where(JobRow.name == "core.fail").first()
            assert row is not None and row.last_error == "RuntimeError: the other side is down"
            delays.append(row.run_at - begun)
    assert timedelta(seconds=1) < delays[0] < delays[1]
    await city.run_jobs(all_due=True)
    assert await states(city) == [("core.fail", "dead", 3)]
    assert await city.run_jobs(all_due=True) == 0


async def test_a_job_of_a_module_that_was_left_waits_and_goes_on_when_it_is_back(city: City) -> None:
    async with city.serving():
        await enqueue("core.deliver", NOTHING)
    await city.leave("city_problems", *(city.tenant.modules - {"city_problems"}))
    await city.run_jobs()
    assert await states(city) == [("core.deliver", "waiting", 0)]
    async with city.serving():
        with pytest.raises(ModuleClosed):
            await enqueue("city_problems.anything", {})
    await city.subscribe("city_problems")
    await city.run_jobs(all_due=True)
    assert await states(city) == [("core.deliver", "done", 0)]


def test_delays_grow_to_a_bound_and_differ() -> None:
    assert all(delay_after(2) < delay_after(4) < delay_after(6) for _ in range(50))
    assert len({delay_after(5) for _ in range(20)}) > 10
    assert delay_after(200) <= LONGEST_DELAY * 1.25


async def test_of_two_who_ask_with_one_key_at_once_one_asks(city: City) -> None:
    async def ask() -> uuid.UUID:
        async with tenant_tx(write=True):
            id_ = await enqueue("core.deliver", NOTHING, key="once")
            await asyncio.sleep(0.1)  # the other one is in its transaction too
            return id_

    async with city.serving():
        first, second = await asyncio.gather(ask(), ask())
        assert first == second
    await city.run_jobs()
    async with city.serving():
        assert await enqueue("core.deliver", NOTHING, key="once") == first
    assert await states(city) == [("core.deliver", "done", 0)]
    assert await city.run_jobs() == 0


async def test_an_asking_that_is_rolled_back_leaves_its_key_to_the_next(city: City) -> None:
    async with city.serving():
        with pytest.raises(RuntimeError, match="on purpose"):
            async with tenant_tx(write=True):
                await enqueue("core.deliver", NOTHING, key="once")
                raise RuntimeError("on purpose")
        await enqueue("core.deliver", NOTHING, key="once")
    assert await city.run_jobs() == 1


async def test_one_that_asks_to_wait_waits_without_an_attempt(city: City, known: Callable[..., None]) -> None:
    async def wait(payload: dict[str, Any]) -> None:
        raise Later(timedelta(minutes=7), "429, Retry-After: 420")

    known("core.wait", wait, max_attempts=1)
    async with city.serving():
        id_ = await enqueue("core.wait", {})
    begun = now()
    await city.run_jobs()
    row, line = await job(city), await due(city, id_)
    assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", 0, "429, Retry-After: 420")
    assert timedelta(minutes=6) < line.run_at - begun < timedelta(minutes=8)
    assert (line.lease_until, line.held_until, line.begun) == (None, None, 0)


async def test_one_that_is_rejected_dies_at_once(city: City, known: Callable[..., None]) -> None:
    async def refuse(payload: dict[str, Any]) -> None:
        raise Rejected("550, no such mailbox")

    known("core.refused", refuse, is_outside=True)
    async with city.serving():
        id_ = await enqueue("core.refused", {})
    await city.run_jobs()
    row = await job(city)
    assert (row["state"], row["attempts"], row["last_error"]) == ("dead", 1, "550, no such mailbox")
    line = await due(city, id_)
    assert (line.kind, line.lease_until, line.held_until) == ("dead", None, None)
    assert await city.run_jobs(all_due=True) == 0


async def test_kept_errors_name_nobody(
    city: City, known: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    async def stumble(payload: dict[str, Any]) -> None:
        raise RuntimeError("ivan@example.org is full")

    async def collide(payload: dict[str, Any]) -> None:
        async with tenant_tx(write=True):
            for _ in range(2):
                await enqueue("core.stumble", {})
                await JobRow(name="x", payload="{}", run_at=now(), created_at=now(), key="ivan@example.org").save()

    known("core.stumble", stumble, is_private=True)
    known("core.collide", collide)
    async with city.serving():
        await enqueue("core.stumble", {})
        await enqueue("core.collide", {})
    await city.run_jobs()
    rows = await city.rows("select name, last_error from job where tenant_id = $1 and last_error <> '' order by name")
    assert [row["name"] for row in rows] == ["core.collide", "core.stumble"]
    assert rows[0]["last_error"].startswith("UniqueViolationError: duplicate key")
    assert rows[1]["last_error"] == "RuntimeError"
    assert "ivan" not in str(rows)
    told = "".join(capfd.readouterr())
    assert "core.stumble" in told and "ivan" not in told


async def test_a_job_is_taken_once_until_the_hold_runs_out(city: City) -> None:
    async with city.serving():
        id_ = await enqueue("core.deliver", NOTHING)
    tenant = city.tenant.id
    first, second = await asyncio.gather(take(tenant, id_), take(tenant, id_))
    assert [hold.begun for hold in (first, second) if hold] == [1]
    await city.run_jobs()  # a hint that comes late finds it held
    assert await states(city) == [("core.deliver", "waiting", 0)]
    await end_holds(city)
    again = await take(tenant, id_)
    assert again is not None and again.begun == 2


async def test_a_late_hint_starts_nothing_before_its_time(city: City) -> None:
    async with city.serving():
        id_ = await enqueue("core.deliver", NOTHING, now() + timedelta(minutes=1))
    assert await take(city.tenant.id, id_) is None
    assert await take(city.tenant.id, id_, early=True) is not None


async def test_a_hold_is_renewed_while_the_job_runs(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "BEAT", 0.05)
    async with city.serving():
        id_ = await enqueue("core.deliver", NOTHING)
    hold = await take(city.tenant.id, id_)
    assert hold is not None
    first = (await due(city, id_)).held_until
    async with renewed(hold):
        for _ in range(100):
            await asyncio.sleep(0.05)
            if (await due(city, id_)).held_until > first:
                break
        else:
            raise AssertionError("the hold was not renewed")
    line = await due(city, id_)
    assert line.lease_until == line.held_until > now() + timedelta(seconds=25)


async def test_an_outside_job_that_was_cut_off_is_done_again_with_its_key_and_flagged(
    city: City, known: Callable[..., None]
) -> None:
    told: list[tuple[str, bool]] = []

    async def deliver(payload: dict[str, Any]) -> None:
        told.append((effect_key(), is_repeat()))
        if len(told) == 1:
            raise asyncio.CancelledError  # as a worker that is killed: no outcome is recorded

    known("core.outside", deliver, is_outside=True)
    async with city.serving():
        id_ = await enqueue("core.outside", {"who": "Ivan"})
    with pytest.raises(asyncio.CancelledError):
        await city.run_jobs()
    assert (await job(city))["is_uncertain"] is False
    await end_holds(city)
    await city.run_jobs()
    assert told == [(str(id_), False), (str(id_), True)]
    row = await job(city)
    assert (row["state"], row["is_uncertain"], row["attempts"], row["payload"]) == ("done", True, 0, "{}")
    with pytest.raises(LookupError):
        effect_key()


async def test_an_inside_job_that_was_cut_off_has_done_nothing(city: City, known: Callable[..., None]) -> None:
    starts: list[bool] = []

    async def inside(payload: dict[str, Any]) -> None:
        await enqueue("core.deliver", NOTHING)
        starts.append(is_repeat())
        if len(starts) == 1:
            raise asyncio.CancelledError

    known("core.inside", inside)
    async with city.serving():
        await enqueue("core.inside", {})
    with pytest.raises(asyncio.CancelledError):
        await city.run_jobs()
    assert await states(city) == [("core.inside", "waiting", 0)]
    await end_holds(city)
    await city.run_jobs()
    assert await states(city) == [("core.inside", "done", 0), ("core.deliver", "waiting", 0)]
    (flag,) = await city.rows("select bool_or(is_uncertain) from job where tenant_id = $1")
    assert flag[0] is False, "what was rolled back leaves no doubt"


async def test_who_lost_the_hold_but_is_at_work_is_not_overtaken(city: City, known: Callable[..., None]) -> None:
    """A worker whose event loop stood still: its transaction holds the row, a second one leaves it alone."""
    runs: list[int] = []
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(payload: dict[str, Any]) -> None:
        runs.append(1)
        begun.set()
        await goes_on.wait()

    known("core.slow", slow)
    async with city.serving():
        id_ = await enqueue("core.slow", {})
    working = asyncio.create_task(city.run_jobs())
    await begun.wait()
    await end_holds(city)
    await city.run_jobs()
    assert (len(runs), (await due(city, id_)).begun) == (1, 1)
    goes_on.set()
    await working
    assert await states(city) == [("core.slow", "done", 0)]


async def test_a_job_that_ends_its_worker_each_time_is_not_started_for_ever(
    city: City, known: Callable[..., None]
) -> None:
    async def die(payload: dict[str, Any]) -> None:
        raise asyncio.CancelledError

    known("core.deadly", die)
    async with city.serving():
        await enqueue("core.deadly", {})
    for _ in range(STARTS):
        with pytest.raises(asyncio.CancelledError):
            await city.run_jobs()
        await end_holds(city)
    await city.run_jobs()
    row = await job(city)
    assert (row["state"], row["last_error"].partition(":")[0]) == ("dead", f"cut off {STARTS} times")


async def test_a_job_of_another_version_is_tried_again(city: City) -> None:
    async with city.serving():
        await enqueue("core.of_tomorrow", {})
    await city.run_jobs()
    row = await job(city)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert "no such job" in row["last_error"]


async def test_a_database_that_refuses_the_record_leaves_the_job_to_be_done_again(
    city: City, known: Callable[..., None]
) -> None:
    async def nothing(payload: dict[str, Any]) -> None:
        """Everything is well until the commit."""

    known("core.nothing", nothing)
    superuser = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    async with city.serving():
        id_ = await enqueue("core.nothing", {})
    try:
        await superuser.execute("revoke delete on due from leancity_app")
        await city.run_jobs()
    finally:
        await superuser.execute("grant delete on due to leancity_app")
        await superuser.close()
    assert (await job(city))["state"] == "waiting" and await due(city, id_) is not None
    await city.run_jobs(all_due=True)
    assert await states(city) == [("core.nothing", "done", 1)]
