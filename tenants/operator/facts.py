"""What a city's health is judged by: counts and moments, of the directory and of the city, nothing of a person.

Of the directory it takes one statement for all cities; in each city one unit of work with about ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.audit.verify import eldest_unsealed
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.permissions import KERNEL_ROLES
from leancity.core.identity.tables import RoleRow
from leancity.core.jobs.schedules import Chain, chains
from leancity.core.jobs.view import lags_of
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.allowance import Used, used
from leancity.core.tenancy.cards import ERASING, Card
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.tenants.operator.thresholds import MAIL_LOOKED_BACK, UNCERTAIN_LOOKED_BACK

AT_ONCE = 2  # cities that are looked into at once: connections that a look takes from the pool

_COUNTS = """
select
    (select count(*) from job where tenant_id = $1 and state = 'dead') as dead,
    (select min(finished_at) from job where tenant_id = $1 and state = 'dead') as eldest_dead,
    (select count(*) from job where tenant_id = $1 and state in ('done', 'dead', 'discarded') and finished_at > $2
        and is_uncertain) as uncertain,
    (select count(*) from notification_delivery where tenant_id = $1 and at > $3 and channel = 'email'
        and state = 'failed') as failed_mails,
    (select max(at) from audit_event where tenant_id = $1) as last_event,
    (select count(*) from unnest($4::text[], $5::text[]) as s (kind, status)
        join case_record c on c.tenant_id = $1 and c.kind = s.kind and c.status = s.status) as open_cases,
    (select count(*) from case_record where tenant_id = $1 and due_at < $6) as overdue_cases
"""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What was found in a city. ``roles_behind`` are those that lack what this version of the platform brings."""

    dead: int
    eldest_dead: datetime | None
    uncertain: int
    failed_mails: int
    last_event: datetime | None
    open_cases: int
    overdue_cases: int
    chains: tuple[Chain, ...]
    eldest_unsealed: datetime | None
    used: Used
    roles_behind: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All of a city at ``at``. ``lags`` is by queue, in seconds; ``inside`` is None for one that nobody enters."""

    card: Card
    at: datetime
    lags: dict[str, float]
    inside: Inside | None


async def gather(cards: Sequence[Card]) -> list[Facts]:
    """Return the facts of cities, in their order. Call it outside a unit of work."""
    lags = await lags_of([card.id for card in cards])
    places = asyncio.Semaphore(AT_ONCE)

    async def one(card: Card) -> Facts:
        async with places:
            return Facts(card=card, at=now(), lags=lags[card.id], inside=await _inside(card))

    return list(await asyncio.gather(*map(one, cards)))


async def gather_used(cards: Sequence[Card]) -> list[Used | None]:
    """Return what cities take of the installation, in their order; None for one that nobody enters."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(card: Card) -> Used | None:
        async with places:
            tenant = None if card.state == ERASING else await tenant_by_id(card.id)
            return None if tenant is None or tenant.is_erasing else await in_city(tenant, used)

    return list(await asyncio.gather(*map(one, cards)))


async def _inside(card: Card) -> Inside | None:
    tenant = None if card.state == ERASING else await tenant_by_id(card.id)
    return None if tenant is None or tenant.is_erasing else await in_city(tenant, _look)


async def _look() -> Inside:
    """Look at the city being served, in one snapshot."""
    moment = now()
    kinds = installed_modules().case_kinds.values()
    open_states = [(kind.key, state.key) for kind in kinds for state in kind.states if not state.is_final]
    async with tenant_tx() as unit:
        counts = await unit.connection.fetchrow(
            _COUNTS,
            unit.tenant_id,
            moment - UNCERTAIN_LOOKED_BACK,
            moment - MAIL_LOOKED_BACK,
            [kind for kind, _ in open_states],
            [state for _, state in open_states],
            moment,
        )
        return Inside(
            **dict(counts or {}),
            chains=tuple(await chains()),
            eldest_unsealed=await eldest_unsealed(),
            used=await used(),
            roles_behind=await _roles_behind(),
        )


async def _roles_behind() -> int:
    """Count the roles of the city that lack a permission which the platform or its module offers by now."""
    tenant = current_tenant()
    offered = {row["key"]: row["offered"] for row in await RoleRow.select(RoleRow.key, RoleRow.offered)}
    wanted = [
        role
        for role in (*KERNEL_ROLES, *installed_modules().roles.values())
        if role.key.partition(".")[0] in {"core", *tenant.modules}
    ]
    return sum(not {*role.permissions} <= {*offered.get(role.key, ())} for role in wanted)
