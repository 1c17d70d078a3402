"""How much somebody may upload within a time: counted in the database, as Redis may be emptied at any moment.

What a file may take is set aside before its first byte is read, so that no number of uploads at once takes more.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused
from leancity.core.files.kinds import Allowance
from leancity.core.identity.vault import fingerprint
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

_SET_ASIDE = """
insert into upload_quota as q (id, tenant_id, key, hour, uploads, day, size)
values ($1, $2, $3, $4::timestamptz, 1, $4::timestamptz, $5::bigint)
on conflict (tenant_id, key) do update set
    uploads = case when q.hour > $4 - $6::interval then q.uploads + 1 else 1 end,
    hour = case when q.hour > $4 - $6 then q.hour else $4 end,
    size = case when q.day > $4 - $7::interval then q.size + $5 else $5 end,
    day = case when q.day > $4 - $7 then q.day else $4 end
where (q.hour <= $4 - $6 or q.uploads < $8) and (q.day <= $4 - $7 or q.size + $5 <= $9)
returning uploads
"""
_SETTLE = "update upload_quota set size = greatest(size + $3::bigint, 0) where tenant_id = $1 and key = $2"
_SEEN = "select hour, uploads, day from upload_quota where tenant_id = $1 and key = $2"
_FORGET = "delete from upload_quota where tenant_id = $1 and hour < $2 and day < $2"


class TooOften(Refused):
    """The quota is used up: over HTTP the status 429."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = max(wait, timedelta(seconds=1))
        minutes = math.ceil(self.wait / timedelta(minutes=1))
        super().__init__(Problem(code="upload_quota", field="file", params={"minutes": minutes}))


@dataclass(kw_only=True)
class Taken:
    """``size``: the bytes that were really received."""

    size: int = 0


@asynccontextmanager
async def within_quota(of: str, allowance: Allowance, expected: int) -> AsyncIterator[Taken]:
    """Count an upload ``of`` somebody for which ``expected`` bytes are set aside; what it did not take is given back.

    Raises ``TooOften`` where the number or the bytes would be too many. Nobody (``of`` is "") has no quota.
    """
    taken = Taken()
    if not of:
        yield taken
        return
    key = fingerprint(f"upload:{of}")
    await _set_aside(key, allowance, expected)
    try:
        yield taken
    finally:
        async with tenant_tx(write=True) as unit:
            await unit.connection.execute(_SETTLE, current_tenant().id, key, taken.size - expected)


async def _set_aside(key: str, allowance: Allowance, expected: int) -> None:
    tenant_id, moment = current_tenant().id, now()
    async with tenant_tx(write=True) as unit:
        counted = await unit.connection.fetchval(
            _SET_ASIDE,
            new_id(),
            tenant_id,
            key,
            moment,
            expected,
            allowance.per,
            allowance.size_per,
            allowance.uploads,
            allowance.size,
        )
        if counted is None:
            seen = await unit.connection.fetchrow(_SEEN, tenant_id, key)
            if seen is None:
                raise TooOften(timedelta())
            is_number = seen["uploads"] >= allowance.uploads and seen["hour"] > moment - allowance.per
            ends = seen["hour"] + allowance.per if is_number else seen["day"] + allowance.size_per
            raise TooOften(ends - moment)


async def forget_quotas(before: datetime) -> None:
    """Forget who uploaded before a moment."""
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_FORGET, current_tenant().id, before)
