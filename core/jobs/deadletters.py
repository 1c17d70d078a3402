"""Dead letters: jobs that are not tried again by themselves. An operator looks, then lets them run anew or drops them.

Which city has any is known from the directory; what they are is a row of the city.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx

BATCH = 500  # rows of one transaction

_CITIES = """
select t.slug, count(*) as letters from due d join tenant t on t.id = d.tenant_id
where d.kind = 'dead' group by t.slug order by t.slug
"""
_WHERE_IS = """
select d.id, t.slug from due d join tenant t on t.id = d.tenant_id where d.kind = 'dead' and d.id = any($1::uuid[])
"""
_LIST = """
select id, name, queue, attempts, finished_at, last_error, is_uncertain from job
where tenant_id = $1 and state = 'dead' and ($2::text is null or name = $2)
  and ($3::uuid[] is null or id = any($3)) and ($4::timestamptz is null or (finished_at, id) > ($4, $5::uuid))
  and ($7::timestamptz is null or finished_at <= $7)
order by finished_at, id limit $6
"""
_COUNT = """
select count(*) from job
where tenant_id = $1 and state = 'dead' and ($2::text is null or name = $2) and ($3::uuid[] is null or id = any($3))
  and ($4::timestamptz is null or finished_at <= $4)
"""
_REPLAY = """
with again as (
    update job set state = 'waiting', attempts = 0, run_at = now(), finished_at = null
    where tenant_id = $1 and id = any($2::uuid[]) and state = 'dead' returning id
)
update due d set kind = 'job', run_at = now(), lease_until = null, held_until = null, begun = 0
from again where d.tenant_id = $1 and d.id = again.id
"""
_DISCARD = """
with dropped as (
    update job set state = 'discarded', finished_at = now()
    where tenant_id = $1 and id = any($2::uuid[]) and state = 'dead' returning id
)
delete from due d using dropped where d.tenant_id = $1 and d.id = dropped.id
"""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A job that died. ``is_uncertain``: an attempt of it may have reached its receiver."""

    id: uuid.UUID
    job: str
    queue: str
    attempts: int
    died_at: datetime
    error: str
    is_uncertain: bool


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which dead letters of a city are meant: all, those of one job, these; those that were there at a moment."""

    job: str | None = None
    ids: Collection[uuid.UUID] | None = None
    died_before: datetime | None = None


async def cities_with_dead_letters() -> dict[str, int]:
    """Return how many dead letters each city has that has any, by slug."""
    return {row["slug"]: row["letters"] for row in await pool().fetch(_CITIES)}


async def cities_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return in which cities these dead letters are; what is no dead letter is left out."""
    return {row["id"]: row["slug"] for row in await pool().fetch(_WHERE_IS, [*ids])}


async def dead_letters(
    wanted: Wanted, *, limit: int = BATCH, after: tuple[datetime, uuid.UUID] | None = None
) -> list[DeadLetter]:
    """Return dead letters of the city being served, the eldest first, that follow the keyset ``after``."""
    ids = None if wanted.ids is None else [*wanted.ids]
    moment, last = after or (None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _LIST, unit.tenant_id, wanted.job, ids, moment, last, limit, wanted.died_before
        )
    return [
        DeadLetter(
            id=row["id"],
            job=row["name"],
            queue=row["queue"],
            attempts=row["attempts"],
            died_at=row["finished_at"],
            error=row["last_error"],
            is_uncertain=row["is_uncertain"],
        )
        for row in rows
    ]


async def count_dead_letters(wanted: Wanted) -> int:
    """Return how many dead letters the city being served has of those that are meant."""
    ids = None if wanted.ids is None else [*wanted.ids]
    async with tenant_tx() as unit:
        counted: int = await unit.connection.fetchval(_COUNT, unit.tenant_id, wanted.job, ids, wanted.died_before)
    return counted


async def replay(ids: Collection[uuid.UUID], *, operator: str = "") -> int:
    """Let dead letters of the city being served run anew, at once and with all their attempts; return how many.

    ``operator``: the login of whoever asks from the operator's own place, for the city's audit log.
    """
    async with tenant_tx(write=True) as unit:
        done = await unit.connection.execute(_REPLAY, unit.tenant_id, [*ids])
        return await _recorded("core.job.replayed", ids, done, operator)


async def discard(ids: Collection[uuid.UUID], *, operator: str = "") -> int:
    """Drop dead letters of the city being served: their rows stay for a month as discarded. Return how many."""
    async with tenant_tx(write=True) as unit:
        done = await unit.connection.execute(_DISCARD, unit.tenant_id, [*ids])
        return await _recorded("core.job.discarded", ids, done, operator)


async def _recorded(action: str, ids: Collection[uuid.UUID], done: str, operator: str) -> int:
    changed = int(done.rpartition(" ")[2])
    if changed:
        told = {"operator": operator} if operator else {}
        await record(action, "job", next(iter(ids)) if len(ids) == 1 else None, jobs=changed, **told)
    return changed
