"""What the operator does to a city: its door, its modules, its region, its hosts.

The directory is written by core's services; each act leaves a row in the audit log of the city and of this place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from leancity.core.errors import Problem, Refused, refuse
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy import service
from leancity.core.tenancy.cards import ERASING, Card, find_card
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.hosts import set_hosts
from leancity.core.tenancy.limits import TenantKind
from leancity.tenants.operator.acts import acting_operator, note, outside, tell_city

LONGEST_REASON = 500  # characters


async def changeable(slug: str) -> Card:
    """Return the card of a city that may be changed from here; refuse the operator's own place."""
    card = await outside(partial(find_card, slug))
    if card.kind is TenantKind.OPERATOR:
        raise refuse("operators_own_place", "slug", city=slug)
    if card.state == ERASING:
        raise refuse("city_erasing", "slug", city=slug)
    return card


async def suspend(slug: str, reason: str) -> Card:
    """Close a city's doors for a reason, which its own audit log tells; once more changes nothing."""
    reason = _checked_reason(reason)
    await changeable(slug)
    operator = await acting_operator()
    if await outside(partial(service.set_suspended, slug, True, reason=reason, operator=operator)):
        await note("operator.city.suspended", slug, reason=reason)
    return await outside(partial(find_card, slug))


async def resume(slug: str) -> Card:
    """Open the doors of a suspended city again; once more changes nothing."""
    await changeable(slug)
    operator = await acting_operator()
    if await outside(partial(service.set_suspended, slug, False, operator=operator)):
        await note("operator.city.resumed", slug)
    return await outside(partial(find_card, slug))


async def subscribe(modules: Modules, slug: str, names: Sequence[str]) -> Card:
    """Give a city modules, with all that they require."""
    return await _modules(slug, names, partial(service.subscribe, modules, slug, names), "subscribed")


async def leave(modules: Modules, slug: str, names: Sequence[str]) -> Card:
    """Take modules from a city, also such as are no longer installed: their doors close, their data stays."""
    has = (await changeable(slug)).modules
    strangers = [name for name in names if name not in has and name not in modules.manifests]
    if strangers:
        installed = ", ".join(sorted(modules.names))
        given = [{"module": name, "installed": installed} for name in strangers]
        raise Refused(*[Problem(code="module_unknown", field="modules", params=params) for params in given])
    return await _modules(slug, names, partial(service.leave, modules, slug, names), "left")


async def _modules(slug: str, names: Sequence[str], change: Callable[[], Awaitable[Tenant]], verb: str) -> Card:
    if not names:
        raise refuse("required", "modules")
    before = await changeable(slug)
    await outside(change)
    after = await outside(partial(find_card, slug))
    if after.modules.keys() != before.modules.keys():
        await tell_city(slug, f"core.modules.{verb}", modules=[*names], operator=await acting_operator())
        await note(f"operator.modules.{verb}", slug, modules=[*names])
    return after


async def set_region(slug: str, region: str | None) -> Card:
    """Let a city get its defaults from a region, or (None) from none."""
    before = await changeable(slug)
    if before.kind is not TenantKind.CITY:
        raise refuse("region_for_cities", "slug", city=slug)
    await outside(partial(service.set_region, slug, region))
    if before.region != region:
        await tell_city(slug, "core.region.set", region=region, operator=await acting_operator())
        await note("operator.city.region_set", slug, region=region)
    return await outside(partial(find_card, slug))


async def change_hosts(slug: str, hosts: Sequence[str]) -> Card:
    """Let a city, or this place, answer at just these hosts."""
    operator = await acting_operator()
    if await outside(partial(set_hosts, slug, hosts, operator=operator)):
        await note("operator.city.hosts_changed", slug, hosts=sorted(hosts))
    return await outside(partial(find_card, slug))


def _checked_reason(reason: str) -> str:
    reason = reason.replace("\0", "").strip()
    if not reason:
        raise refuse("required", "reason")
    if len(reason) > LONGEST_REASON:
        raise refuse("operator.reason_long", "reason", limit=LONGEST_REASON)
    return reason
