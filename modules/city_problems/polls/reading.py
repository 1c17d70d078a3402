"""Reading polls: what residents may see of them, and what the choices add up to once that may be known."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.modules.city_problems.permissions import POLLS
from leancity.modules.city_problems.polls.tables import CityProblemsPoll, CityProblemsPollVote

MOST_DRAFTS = 100

_PAGE = """
select id from city_problems_poll where tenant_id = $1 and is_published
  and ($2::timestamptz is null or (closes_at, id) < ($2, $3::uuid)) order by closes_at desc, id desc limit $4
"""
# Only of polls whose count may be known: closed ones, and those that count in the open.
_COUNTS = """
select v.poll_id, v.option, count(*) as votes
from city_problems_poll p join city_problems_poll_vote v on v.tenant_id = p.tenant_id and v.poll_id = p.id
where p.tenant_id = $1 and v.tenant_id = $1 and p.id = any($2::uuid[]) and p.is_published
  and (p.is_open_count or p.closes_at <= $3)
group by v.poll_id, v.option
"""
_VOTERS = """
select p.id, (select count(distinct v.user_id) from city_problems_poll_vote v
              where v.tenant_id = $1 and v.poll_id = p.id) as voters
from city_problems_poll p
where p.tenant_id = $1 and p.id = any($2::uuid[]) and p.is_published and (p.is_open_count or p.closes_at <= $3)
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How many people chose, and how often each option was chosen, by its key."""

    voters: int
    votes: dict[str, int] = field(default_factory=dict)


async def list_polls(*, after: tuple[datetime, uuid.UUID] | None, limit: int) -> list[CityProblemsPoll]:
    """Return published polls behind the keyset ``after``, those that close last first."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *(after or (None, None)), limit)
        ids = [row["id"] for row in rows]
        found = await CityProblemsPoll.objects().where(CityProblemsPoll.id.is_in(ids)) if ids else []
    return sorted(found, key=lambda row: (row.closes_at, row.id), reverse=True)


async def count_polls() -> int:
    """Return how many polls are published."""
    async with tenant_tx():
        return int(await CityProblemsPoll.count().where(CityProblemsPoll.is_published.eq(True)))


async def poll_of(poll_id: uuid.UUID) -> CityProblemsPoll | None:
    """Return a poll: a draft to who may change it only."""
    async with tenant_tx():
        row = await CityProblemsPoll.objects().where(CityProblemsPoll.id == poll_id).first()
    return row if row is not None and (row.is_published or current_principal().can(POLLS)) else None


async def drafts() -> list[CityProblemsPoll]:
    """Return the drafts, the newest first, 100 at most."""
    current_principal().require(POLLS)
    async with tenant_tx():
        query = CityProblemsPoll.objects().where(CityProblemsPoll.is_published.eq(False))
        return await query.order_by(CityProblemsPoll.made_at, CityProblemsPoll.id, ascending=False).limit(MOST_DRAFTS)


async def results_of(poll_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Result]:
    """Return what the choices add up to, of those polls whose count may be known now."""
    ids, at = [*poll_ids], now()
    async with tenant_tx() as unit:
        voters = await unit.connection.fetch(_VOTERS, unit.tenant_id, ids, at)
        counts = await unit.connection.fetch(_COUNTS, unit.tenant_id, ids, at)
    found = {row["id"]: Result(voters=row["voters"]) for row in voters}
    for row in counts:
        if row["poll_id"] in found:
            found[row["poll_id"]].votes[row["option"]] = row["votes"]
    return found


async def my_votes(poll_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Return which options whoever asks has chosen, by poll."""
    user_id = current_principal().user_id
    found: dict[uuid.UUID, list[str]] = {}
    if user_id is None or not poll_ids:
        return found
    mine = (CityProblemsPollVote.user_id == user_id) & CityProblemsPollVote.poll_id.is_in([*poll_ids])
    async with tenant_tx():
        for row in await CityProblemsPollVote.objects().where(mine).order_by(CityProblemsPollVote.option):
            found.setdefault(row.poll_id, []).append(row.option)
    return found
