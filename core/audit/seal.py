"""The sealer: lengthens a city's chain by the rows that have committed since, past all business transactions.

The chain is in the order of sealing. A row commits later than its moment, so unsealed rows are looked for some time
back: two minutes by the process that wrote them, about once a second; and *thoroughly*, an hour back from the last
thorough look on, by the scheduler once a minute. A transaction that lasts over an hour leaves a row that ``audit
verify`` reports, as it does one that was slipped in with an old moment.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, NoReturn

import asyncpg
import structlog

from leancity.core.audit.chain import digest_after
from leancity.core.audit.writing import AWAY
from leancity.core.db.aside import aside_tx
from leancity.core.db.engine import pool
from leancity.core.db.unit import Connection
from leancity.core.ids import new_id
from leancity.core.moment import now

WINDOW = timedelta(hours=1)
RECENT = timedelta(minutes=2)
BATCH = 500  # rows of one transaction: about 10 ms of this process's time
SWEEP = 60.0  # seconds between sweeps through all cities

_HEAD = """
select h.id, h.seq, h.digest, h.sealed_at from audit_head h join tenant t on t.id = h.tenant_id
where h.tenant_id = $1 and h.name = 'chain' and t.phase = ''
"""
_LOCKED_HEAD = _HEAD + "for update of h skip locked"
# Nothing is begun in a city that is being erased, is gone, or whose own chain is still arriving.
_BEGIN = """
insert into audit_head (tenant_id, id, name, seq, digest)
select t.id, $2, 'chain', 0, '' from tenant t where t.id = $1 and t.phase = ''
on conflict (tenant_id, name) do nothing
"""
_UNSEALED = """
select a.id, a.at, a.actor_kind, a.actor_id, a.action, a.outcome, a.subject, a.subject_id, a.repeats, a.request_id,
       a.data::text as data
from audit_event a
where a.tenant_id = $1 and ($2::timestamptz is null or a.at > $2)
  and ($3::timestamptz is null or (a.at, a.id) > ($3, $4::uuid))
  and not exists (select from audit_link l where l.tenant_id = $1 and l.audit_id = a.id)
order by a.at, a.id limit $5
"""
_LINK = """
insert into audit_link (tenant_id, id, at, seq, audit_id, digest)
select $1, n.id, n.at, n.seq, n.audit_id, n.digest
from unnest($2::uuid[], $3::timestamptz[], $4::bigint[], $5::uuid[], $6::text[]) as n (id, at, seq, audit_id, digest)
"""
_MOVE_HEAD = "update audit_head set seq = $3, digest = $4 where tenant_id = $1 and id = $2"
# In a city where nothing happens nothing is written.
_LOOKED = """
update audit_head h set sealed_at = $3
where h.tenant_id = $1 and h.id = $2
  and (h.sealed_at is null or exists (select from audit_event a where a.tenant_id = $1 and a.at > h.sealed_at))
"""
_CITIES = "select id from tenant where phase = '' order by id"

log = structlog.get_logger()


async def seal(tenant_id: int, *, thorough: bool = True) -> int:
    """Seal a city's rows, batch by batch; return how many. Somebody else who is at it goes on alone."""
    begun, place, sealed = now(), None, 0
    while True:
        async with aside_tx(tenant_id) as connection:
            rows = await _seal_batch(connection, tenant_id, begun, place, thorough=thorough)
        sealed += len(rows)
        if len(rows) < BATCH:
            return sealed
        # What commits behind this place meanwhile is for the next look: this one goes through its rows once.
        place = (rows[-1]["at"], rows[-1]["id"])


async def _seal_batch(
    connection: Connection, tenant_id: int, begun: datetime, place: tuple[Any, Any] | None, *, thorough: bool
) -> list[asyncpg.Record]:
    head = await _lock_head(connection, tenant_id)
    if head is None:
        return []
    looked_at = head["sealed_at"]
    thorough = thorough or looked_at is None
    since = begun - RECENT if not thorough else looked_at and looked_at - WINDOW
    rows = await connection.fetch(_UNSEALED, tenant_id, since, *(place or (None, None)), BATCH)
    if rows:
        await _lengthen(connection, tenant_id, head, rows)
    if thorough and len(rows) < BATCH:  # while there is more behind a batch, the look is not over
        await connection.execute(_LOOKED, tenant_id, head["id"], begun)
    return rows


async def _lengthen(connection: Connection, tenant_id: int, head: Any, rows: list[asyncpg.Record]) -> None:
    digests, digest = [], head["digest"]
    for row in rows:
        digest = digest_after(digest, dict(row))
        digests.append(digest)
    last = head["seq"] + len(rows)
    await connection.execute(
        _LINK,
        tenant_id,
        [new_id() for _ in rows],
        [row["at"] for row in rows],
        list(range(head["seq"] + 1, last + 1)),
        [row["id"] for row in rows],
        digests,
    )
    await connection.execute(_MOVE_HEAD, tenant_id, head["id"], last, digest)


async def _lock_head(connection: Connection, tenant_id: int) -> Any:
    """Return the head, locked; None where somebody else has it. A city's first sealing makes it."""
    head = await connection.fetchrow(_LOCKED_HEAD, tenant_id)
    if head is None and await connection.fetchrow(_HEAD, tenant_id) is None:
        await connection.execute(_BEGIN, tenant_id, new_id())
        head = await connection.fetchrow(_LOCKED_HEAD, tenant_id)
    return head


async def sweep() -> int:
    """Seal what is unsealed in any city (of killed processes, of commands); return how many rows."""
    return sum([await seal(row["id"]) for row in await pool().fetch(_CITIES)])


async def keep_sweeping() -> NoReturn:
    """Sweep once a minute, for ever; a database that is away is waited for."""
    while True:
        try:
            await sweep()
        except AWAY as error:
            log.warning("the audit log could not be sealed", error=str(error))
        await asyncio.sleep(SWEEP)
