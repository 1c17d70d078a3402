"""Refusals outlast what they were refused in; personal data leaves after the record of its reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from leancity.core.audit import desk
from leancity.core.audit.log import note_read, note_refused, record
from leancity.core.audit.writing import AuditUnavailable
from leancity.core.db.aside import aside_tx
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden
from leancity.core.identity.principal import acting_as, current_principal, system
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.registry import jobs
from leancity.core.plugins.contributions import Job
from leancity.core.tenancy.context import enter
from leancity.core.testing.city import City
from leancity.modules.city_problems.reading import reporter_of
from tests.core.audit.conftest import READ, Watched, until


async def test_what_a_guard_refuses_stands_in_the_log(watched: Watched) -> None:
    nobody = await watched.city.user()
    answer = await watched.city.request(
        "POST",
        "/graphql",
        as_=nobody,
        json={"query": "{ a: units { key } b: units { key } }"},
        headers={"X-Request-Id": "refused-here"},
    )
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["FORBIDDEN", "FORBIDDEN"]
    (row,) = await watched.logged("core.unit.read")
    assert (row["outcome"], row["actor_kind"], row["actor_id"]) == ("refused", "token", nobody.id)
    assert (row["repeats"], row["request_id"]) == (2, "refused-here")


async def test_a_strangers_refusal_stands_in_the_log_without_a_name(watched: Watched) -> None:
    await watched.city.graphql("{ units { key } }")
    (row,) = await watched.logged("core.unit.read")
    assert (row["outcome"], row["actor_kind"], row["actor_id"]) == ("refused", "stranger", None)


async def test_work_that_is_rolled_back_leaves_its_refusal(watched: Watched) -> None:
    async with watched.city.serving(as_=watched.clerk):
        with pytest.raises(Forbidden):
            async with tenant_tx(write=True):
                await record("core.test.done", "case")
                note_refused("core.test.tried", "case", attempts=3)
                current_principal().require("core.role.change")
    assert await watched.log("core.test.done") == []
    (tried,) = await watched.log("core.test.tried")
    assert (tried["outcome"], tried["subject"], tried["data"]) == ("refused", "case", '{"attempts": 3}')
    (refused,) = await watched.log("core.role.change")
    assert refused["actor_id"] == watched.clerk.id


async def test_notes_keep_their_city(watched: Watched, another_city: City) -> None:
    for city in (watched.city, another_city):
        with enter(city.tenant), acting_as(system("en")):
            note_refused("core.test.tried", city.tenant.slug)
    await desk.flush()
    for city in (watched.city, another_city):
        rows = await city.rows("select subject from audit_event where tenant_id = $1 and action = 'core.test.tried'")
        assert [row["subject"] for row in rows] == [city.tenant.slug]


async def test_a_read_stands_in_the_log_when_its_answer_arrives(watched: Watched) -> None:
    answer = await watched.city.request(
        "POST", "/graphql", as_=watched.clerk, json={"query": watched.query}, headers={"X-Request-Id": "looked-here"}
    )
    assert answer.json()["data"]["cityProblems"]["report"]["reporter"]["name"] == "Ирина Петрова"
    (row,) = await watched.log(READ)
    assert (row["outcome"], row["actor_id"], row["subject_id"]) == ("read", watched.clerk.id, watched.case)
    assert row["request_id"] == "looked-here"


async def test_what_cannot_be_recorded_is_not_shown(watched: Watched, superuser: asyncpg.Connection) -> None:
    nobody = await watched.city.user()
    await superuser.execute("revoke insert on audit_event from leancity_app")
    try:
        answer = await watched.look()
        units = await watched.city.graphql("{ units { key } }", as_=nobody)
    finally:
        await superuser.execute("grant insert on audit_event to leancity_app")
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert "Ирина" not in answer.text and "number" not in answer.text
    assert units["errors"][0]["extensions"]["code"] == "FORBIDDEN", "what is not personal is answered"
    assert len(await watched.logged("core.unit.read")) == 1, "the refusal waited"
    assert await watched.log(READ) == [], "nothing was shown"
    assert (await watched.look()).status_code == 200
    assert len(await watched.log(READ)) == 1


async def test_nobody_reads_unrecorded(watched: Watched) -> None:
    city = watched.city
    with enter(city.tenant), acting_as(watched.clerk.principal), pytest.raises(desk.NoPassageError):
        await reporter_of(watched.case)
    with pytest.raises(desk.NoPassageError):
        note_read("core.test.read", "case")


async def test_a_job_is_a_passage(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(payload: dict[str, str]) -> None:
        await reporter_of(watched.case)

    monkeypatch.setitem(jobs(), "core.look", Job(name="core.look", run=look))
    async with watched.city.serving():
        await enqueue("core.look", {})
    await watched.city.run_jobs()
    (row,) = await watched.log(READ)
    assert (row["actor_kind"], row["outcome"]) == ("system", "read")
    (job,) = await watched.city.rows("select id, state from job where tenant_id = $1 and name = 'core.look'")
    assert (row["request_id"], job["state"]) == (str(job["id"]), "done")


async def test_reads_of_a_passage_that_cannot_be_written_at_its_end_wait(
    watched: Watched, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("revoke insert on audit_event from leancity_app")
    try:
        with enter(watched.city.tenant), acting_as(system("en")), pytest.raises(AuditUnavailable):
            async with desk.passage():
                note_read("core.test.read", "case")
    finally:
        await superuser.execute("grant insert on audit_event to leancity_app")
    assert await watched.log("core.test.read") == []
    await desk.flush()
    assert [row["outcome"] for row in await watched.log("core.test.read")] == ["read"]


async def test_the_connections_aside_are_never_waited_for_inside_a_unit_of_work(watched: Watched) -> None:
    async with watched.city.serving(), tenant_tx():
        with pytest.raises(RuntimeError, match="unit of work"):
            async with aside_tx(watched.city.tenant.id):
                pass


async def test_what_the_database_never_takes_does_not_hold_up_the_rest(watched: Watched) -> None:
    with enter(watched.city.tenant), acting_as(system("en")):
        note_refused("core.test.nul", "\0")
    await desk.flush()
    with enter(watched.city.tenant), acting_as(system("en")):
        note_refused("core.test.tried")
    await desk.flush()
    assert len(await watched.log("core.test.tried")) == 1


async def test_the_log_is_kept_while_every_connection_of_the_web_process_is_busy(
    watched: Watched, superuser: asyncpg.Connection, make_city: Callable[..., object]
) -> None:
    """The web process has 5 connections; a lock makes all of them wait, and more requests behind them."""
    transaction = superuser.transaction()
    await transaction.start()
    waiting: list[asyncio.Task[httpx.Response]] = []
    try:
        await superuser.execute("lock table city_problems_report in access exclusive mode")
        await watched.city.graphql("{ units { key } }")
        waiting = [asyncio.create_task(watched.look()) for _ in range(20)]
        blocked = "select count(*) from pg_locks where not granted"
        await until(lambda: superuser.fetchval(blocked), lambda number: number == 5)
        await watched.logged("core.unit.read")
    finally:
        await transaction.rollback()
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 20)
    assert {answer.status_code for answer in answers} == {200}
    assert len(await watched.log(READ)) == 20
