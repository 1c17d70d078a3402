"""The health of cities: looked at when somebody asks, a page of them at most in the API, all by command."""

from __future__ import annotations

from collections.abc import Sequence

from leancity.core.db.unit import put_down
from leancity.core.tenancy.allowance import Used
from leancity.core.tenancy.cards import Card
from leancity.tenants.operator.checks import Health, judge
from leancity.tenants.operator.facts import gather, gather_used


async def health_of(cards: Sequence[Card]) -> list[Health]:
    """Return the health of cities, in their order. Call it outside a unit of work."""
    async with put_down():
        return [judge(facts) for facts in await gather(cards)]


async def used_by(cards: Sequence[Card]) -> list[Used | None]:
    """Return what cities take of the installation, in their order. Call it outside a unit of work."""
    async with put_down():
        return await gather_used(cards)
