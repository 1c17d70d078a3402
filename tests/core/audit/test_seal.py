"""The chain: sealed soon, by whoever is there, past the work; and `audit verify` sees what was done to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from leancity.core.audit import keeper
from leancity.core.audit import seal as sealer
from leancity.core.audit.chain import COLUMNS, digest_after
from leancity.core.audit.log import note_refused, record
from leancity.core.audit.seal import seal
from leancity.core.audit.tables import AuditRow
from leancity.core.audit.verify import verify
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as, system
from leancity.core.moment import now
from leancity.core.tenancy.context import enter
from leancity.core.testing.city import City
from tests.core.audit.conftest import READ, Watched, until

_UNSEALED = """
select count(*) from audit_event a
where a.tenant_id = $1 and not exists (select from audit_link l where l.tenant_id = $1 and l.audit_id = a.id)
"""
_INSERT = """
insert into audit_event (tenant_id, id, at, actor_kind, action, outcome, subject, repeats, request_id, data)
values ($1, gen_random_uuid(), $2, 'user', 'core.test.forged', 'done', '', 1, '', '{}')
"""


def verified(city: City, *, code: int = 0) -> dict[str, Any]:
    """Return what ``audit verify`` tells of a city, ending with ``code``."""
    done = city.platform.command("audit", "verify", "--city", city.tenant.slug, "--json", check=False)
    assert done.returncode == code, done.stderr + done.stdout
    (facts,) = json.loads(done.stdout)["cities"]
    found: dict[str, Any] = facts
    return found


async def unsealed(city: City) -> int:
    (row,) = await city.rows(_UNSEALED)
    return int(row["count"])


async def sealed_city(city: City, rows: int = 6) -> None:
    """Give the city some rows and seal all that it has."""
    async with city.serving():
        for number in range(rows):
            await record("core.test.done", "case", number=number, word="ё \"'\\ \u2028 €", share=1.50)
    await seal(city.tenant.id)
    assert await unsealed(city) == 0


async def test_the_web_process_seals_within_five_seconds(watched: Watched) -> None:
    assert (await watched.look()).status_code == 200
    await watched.city.graphql("{ units { key } }")
    await watched.logged("core.unit.read")
    # Of the rows that this test process itself wrote the web process learns by its own ones.
    await until(lambda: unsealed(watched.city), lambda number: number == 0, seconds=5)
    facts = verified(watched.city)
    assert facts["isSound"] and facts["unsealed"] == 0 and facts["sealed"] >= 3
    actions = await watched.city.rows(
        "select a.action from audit_link l join audit_event a on a.tenant_id = $1 and a.id = l.audit_id"
        " where l.tenant_id = $1 order by l.seq"
    )
    assert {READ, "core.unit.read"} <= {row["action"] for row in actions}


async def test_the_scheduler_seals_what_nobody_else_will(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    async with city.serving():
        await record("core.test.done", "case")
    assert await unsealed(city) > 0, "made by a command or a killed process"
    with city.platform.process("scheduler"):
        await until(lambda: unsealed(city), lambda number: number == 0, seconds=20)


async def test_a_stopping_process_writes_and_seals_what_it_has(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    assert verified(city)["broken"] is None, "a city without a chain is no broken one"
    await keeper.start()
    with enter(city.tenant), acting_as(system("en")):
        note_refused("core.test.tried")
    await keeper.stop()
    assert await unsealed(city) == 0
    rows = await city.rows("select id from audit_event where tenant_id = $1 and action = 'core.test.tried'")
    assert len(rows) == 1


async def test_two_sealers_make_one_chain_in_batches(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 7)
    async with city.serving(), tenant_tx(write=True):
        for number in range(40):
            await record("core.test.done", "case", number=number)
    while await unsealed(city):
        await asyncio.gather(*(seal(city.tenant.id) for _ in range(2)))
    facts = verified(city)
    assert facts["isSound"] and facts["sealed"] >= 40
    assert await seal(city.tenant.id) == 0


async def test_a_row_that_commits_late_is_sealed_late(city: City) -> None:
    await sealed_city(city)
    async with city.serving(), tenant_tx(write=True) as unit:
        await unit.connection.execute(_INSERT, city.tenant.id, now() - timedelta(minutes=50))
    assert await seal(city.tenant.id) >= 1
    assert await unsealed(city) == 0
    assert verified(city)["isSound"]


async def test_sealing_waits_for_nobody(city: City, superuser: asyncpg.Connection) -> None:
    await sealed_city(city)
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.fetch("select * from audit_head where tenant_id = $1 for update", city.tenant.id)
    async with city.serving():
        await asyncio.wait_for(record("core.test.done", "case"), 2)
    assert await asyncio.wait_for(seal(city.tenant.id), 2) == 0
    await transaction.rollback()
    assert await seal(city.tenant.id) == 1


def test_the_digest_is_over_every_column_but_the_citys_number() -> None:
    assert set(COLUMNS) == {column._meta.db_column_name for column in AuditRow._meta.columns} - {"tenant_id"}
    row = {**dict.fromkeys(COLUMNS, ""), "at": now(), "repeats": 1, "actor_id": None}
    digests = {digest_after("", row), digest_after("0", row)}
    for column in COLUMNS:
        other = now() + timedelta(microseconds=1) if column == "at" else 2 if column == "repeats" else "x"
        digests.add(digest_after("", {**row, column: other}))
    assert len(digests) == len(COLUMNS) + 2


TAMPERED = {
    "a row changed": ("update audit_event set action = 'x' where tenant_id = $1 and id = $2", "row changed"),
    "its moment changed": ("update audit_event set at = at + '1 s' where tenant_id = $1 and id = $2", "row changed"),
    "its data changed": ("update audit_event set data = '{}' where tenant_id = $1 and id = $2", "row changed"),
    "a row deleted": ("delete from audit_event where tenant_id = $1 and id = $2", "row missing"),
    "a link deleted": ("delete from audit_link where tenant_id = $1 and audit_id = $2", "link missing"),
    "a digest changed": ("update audit_link set digest = 'x' where tenant_id = $1 and audit_id = $2", "row changed"),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
async def test_what_was_done_to_a_link_is_found(how: str, city: City, superuser: asyncpg.Connection) -> None:
    await sealed_city(city)
    sql, reason = TAMPERED[how]
    (victim,) = await city.rows("select audit_id, seq from audit_link where tenant_id = $1 and seq = 4")
    assert await superuser.execute(sql, city.tenant.id, victim["audit_id"])
    facts = verified(city, code=1)
    assert (facts["broken"]["seq"], facts["broken"]["reason"]) == (4, reason)
    assert facts["sealed"] == 3


async def test_a_tail_that_was_cut_off_with_its_links_is_told_by_the_head(
    city: City, superuser: asyncpg.Connection
) -> None:
    await sealed_city(city)
    cut = "delete from audit_link where tenant_id = $1 and seq > 4 returning audit_id"
    gone = [row["audit_id"] for row in await superuser.fetch(cut, city.tenant.id)]
    await superuser.execute("delete from audit_event where tenant_id = $1 and id = any($2)", city.tenant.id, gone)
    facts = verified(city, code=1)
    assert facts["broken"] == {"seq": 5, "reason": "head differs", "rowId": None}
    assert facts["sealed"] == 4 and len(gone) > 1


@pytest.mark.parametrize(
    "sql",
    [
        "update audit_head set seq = seq - 1 where tenant_id = $1",
        "update audit_head set digest = 'x' where tenant_id = $1",
        "delete from audit_head where tenant_id = $1",
    ],
)
async def test_a_head_that_was_moved_is_found(sql: str, city: City, superuser: asyncpg.Connection) -> None:
    await sealed_city(city)
    await superuser.execute(sql, city.tenant.id)
    async with city.serving():
        report = await verify()
    assert not report.is_sound and report.broken is not None and report.broken.reason == "head differs"


async def test_a_row_slipped_in_with_an_old_moment_is_reported(city: City, superuser: asyncpg.Connection) -> None:
    await sealed_city(city)
    old = now() - timedelta(days=3)
    await superuser.execute(_INSERT, city.tenant.id, old)
    await seal(city.tenant.id)
    facts = verified(city, code=1)
    assert (facts["unsealed"], facts["unsealedBehindWindow"], facts["broken"]) == (1, 1, None)
    assert facts["eldestUnsealedAt"] == old.isoformat()


async def test_of_all_cities_the_broken_one_is_named(
    city: City, another_city: City, superuser: asyncpg.Connection
) -> None:
    for each in (city, another_city):
        await sealed_city(each)
    await superuser.execute("delete from audit_event where tenant_id = $1", city.tenant.id)
    told = city.platform.command("audit", "verify", "--city", city.tenant.slug, check=False)
    assert told.returncode == 1 and "BROKEN at link 1: row missing" in told.stdout
    done = city.platform.command("audit", "verify", "--all", "--json", check=False)
    found = {each["city"]: each["isSound"] for each in json.loads(done.stdout)["cities"]}
    assert done.returncode == 1
    assert (found[city.tenant.slug], found[another_city.tenant.slug]) == (False, True)
    assert city.platform.command("audit", "verify", check=False).returncode == 2
    unknown = city.platform.command("audit", "verify", "--city", "nowhere", check=False)
    assert unknown.returncode == 1 and "nowhere" in unknown.stderr
