"""How often somebody may try: counted before what they bring is looked at, so that no number of tries at once is more.

A count is a row of the city, found by a fingerprint: of what was typed, whether or not it is somebody's login, and of
the address it came from. It commits by itself, whatever becomes of the work; Redis may be emptied without helping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.http.client import current_client, network_of
from leancity.core.identity.vault import fingerprint
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many tries ``within`` a time, then none for as long."""

    tries: int
    within: timedelta


ACCOUNT = Limit(tries=10, within=timedelta(minutes=15))
ADDRESS = Limit(tries=50, within=timedelta(minutes=15))  # a whole office or a provider's customers may share one
FORGOTTEN = timedelta(days=1)

# One statement, so that tries at the same moment wait for each other. A row that is locked is left as it is, and then
# nothing is returned. The last try that is allowed locks, and a success takes that back.
_COUNT = """
insert into sign_in_attempts as a (id, tenant_id, key, failures, since, locked_until)
values ($1, $2, $3, 1, $4::timestamptz, case when $5::int <= 1 then $4::timestamptz + $6::interval end)
on conflict (tenant_id, key) do update set
    failures = case when a.since > $4 - $6 then a.failures + 1 else 1 end,
    since = case when a.since > $4 - $6 then a.since else $4 end,
    locked_until = case when (case when a.since > $4 - $6 then a.failures + 1 else 1 end) >= $5 then $4 + $6 end
where a.locked_until is null or a.locked_until <= $4
returning failures
"""
_LOCKED = "select locked_until from sign_in_attempts where tenant_id = $1 and key = $2"
_TAKE_BACK = """
update sign_in_attempts
set failures = failures - 1, locked_until = case when failures - 1 >= $3 then locked_until end
where tenant_id = $1 and key = $2 and failures > 0
"""
_CLEAR = "delete from sign_in_attempts where tenant_id = $1 and key = $2"
_FORGET = """
delete from sign_in_attempts where tenant_id = $1 and id in (
    select id from sign_in_attempts where tenant_id = $1 and since < $2 limit 1000 for update skip locked
)
"""


class Locked(Exception):
    """The limit is reached; ``until`` is when it ends."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until

    @property
    def minutes(self) -> int:
        """How long it still takes, for a person."""
        return max(1, math.ceil((self.until - now()) / timedelta(minutes=1)))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A try at an account that has been counted. ``address`` is None where none is known: in a command."""

    account: str
    address: str | None

    async def clear(self) -> None:
        """Forget the account's failures: its owner is in. Of the address's count only this try is taken back."""
        async with tenant_tx(write=True, aside=True) as unit:
            await unit.connection.execute(_CLEAR, current_tenant().id, self.account)
            await self._take_back_address(unit)
            await unit.connection.execute(_FORGET, current_tenant().id, now() - FORGOTTEN)

    async def take_back(self) -> None:
        """Forget this try, which was right as far as it went, and leave the failures before it."""
        async with tenant_tx(write=True, aside=True) as unit:
            await unit.connection.execute(_TAKE_BACK, current_tenant().id, self.account, ACCOUNT.tries)
            await self._take_back_address(unit)

    async def _take_back_address(self, unit: Unit) -> None:
        if self.address is not None:
            await unit.connection.execute(_TAKE_BACK, current_tenant().id, self.address, ADDRESS.tries)


async def count_attempt(login: str) -> Attempt:
    """Count a try at the account that ``login`` would be; refuse with ``sign_in_locked`` when there were too many.

    The answer is the same whether there is such an account and whether what is brought would be right. An address that
    is locked locks no accounts.
    """
    address = current_client().address
    attempt = Attempt(
        account=fingerprint(f"login:{login}"),
        address=fingerprint(f"address:{network_of(address)}") if address else None,
    )
    try:
        async with tenant_tx(write=True, aside=True) as unit:
            await _count(unit, attempt.account, ACCOUNT)
            if attempt.address is not None:
                await _count(unit, attempt.address, ADDRESS)
    except Locked as locked:
        raise locked_out(locked) from None
    return attempt


async def count_request(what: str, of: str, limit: Limit) -> None:
    """Count a request ``of`` somebody (what they typed, their address) for ``what``; raise ``Locked`` beyond it."""
    async with tenant_tx(write=True, aside=True) as unit:
        await _count(unit, fingerprint(f"{what}:{of}"), limit)


def locked_out(locked: Locked) -> Refused:
    """Return the refusal of somebody who has tried too often."""
    return refuse("sign_in_locked", minutes=locked.minutes)


async def _count(unit: Unit, key: str, limit: Limit) -> None:
    tenant_id, moment = current_tenant().id, now()
    counted = await unit.connection.fetchval(_COUNT, new_id(), tenant_id, key, moment, limit.tries, limit.within)
    if counted is None:
        raise Locked(await unit.connection.fetchval(_LOCKED, tenant_id, key) or moment)
