"""What a region gives its cities, settings and all else that is customised.

It is copied: a region never reads a city's rows, a city never a region's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog

from leancity.core.audit.log import record
from leancity.core.customs.journal import REGION, Cause, lock_city, note_all
from leancity.core.customs.known import SETTINGS, collections
from leancity.core.customs.service import HAND_DOWN
from leancity.core.customs.store import layers_of
from leancity.core.customs.tables import CustomItem
from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.outbox import enqueue
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import Tenant, current_tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import tenants_of_region

Given = Mapping[str, Mapping[str, Any]]
"""Of a collection's items what the region has set, by key."""

# Held until the unit ends, so that a city does not leave while it is given something. The strength of the lock is that
# of ``lock_city``, of which it is the first half: two givers at once would wait for one another otherwise.
_BELONGS = "select true from tenant where id = $1 and region_id = $2 for no key update"
_CUSTOMISED = "select distinct collection from custom_item where tenant_id = $1 and changed <> '{}' order by 1"
_FORGET = "update custom_item set handed_down = '{}' where tenant_id = $1 and handed_down <> '{}'"
_REVISE = "update tenant set revision = revision + 1 where id = $1"

log = structlog.get_logger()


class NotHandedDown(Exception):
    """Some cities could not be given what their region has set; the job tries again."""


async def hand_down(payload: dict[str, Any]) -> None:
    """Give the region's cities what the region has set of one collection. Run in the region; twice changes nothing.

    It ends when what the region has set is still what was given: two runs at once leave the last change in every city,
    whichever of them writes last. A city that fails does not hold up the others.
    """
    region, collection = current_tenant(), str(payload["collection"])
    given = await _set_by_region(collection)
    while True:
        failed = []
        for city in await tenants_of_region(region.id):
            try:
                await in_city(city, partial(_receive, region, collection, given))
            except Exception as error:  # whatever befalls one city, the others get theirs
                log.warning("customs were not handed down", receiver=city.slug, collection=collection, exc_info=error)
                failed.append(city.slug)
        if failed:
            raise NotHandedDown(f"{collection}: {', '.join(failed)}")
        now_set = await _set_by_region(collection)
        if now_set == given:
            return
        given = now_set


async def hand_down_all() -> None:
    """Ask, in a region, for the handing down of all that it has set."""
    async with tenant_tx(write=True) as unit:
        for row in await unit.connection.fetch(_CUSTOMISED, unit.tenant_id):
            name = row["collection"]
            await enqueue(HAND_DOWN, {"collection": name}, order_key=f"{HAND_DOWN} {name}")


async def forget_handed_down() -> None:
    """Take from the city what a region gave it; what the city has set itself stays."""
    async with tenant_tx(write=True) as unit:
        await lock_city()
        await unit.connection.execute(_FORGET, unit.tenant_id)
        await unit.connection.execute(_REVISE, unit.tenant_id)


async def _set_by_region(collection: str) -> Given:
    """Return what the region has set, without the fields that are each city's own."""
    known = collections().get(collection) or installed_modules().customs.get(collection)
    kept = known.own_only if known is not None else frozenset()
    own = {key: layers.own for key, layers in (await layers_of(collection)).items()}
    given = {key: {name: each for name, each in values.items() if name not in kept} for key, values in own.items()}
    return {key: values for key, values in given.items() if values}


async def _receive(region: Tenant, collection: str, given: Given) -> None:
    """Take over, in a city, what its region has set."""
    async with tenant_tx(write=True) as unit:
        if not await unit.connection.fetchval(_BELONGS, current_tenant().id, region.id):
            return
        before = {key: layers.handed_down for key, layers in (await layers_of(collection)).items()}
        after = {key: given.get(key, {}) for key in {*before, *given}}
        changed = {key: (before.get(key, {}), after[key]) for key in sorted(after) if before.get(key, {}) != after[key]}
        if not changed:
            return
        rows = [
            CustomItem(collection=collection, key=key, handed_down=json.dumps(values, ensure_ascii=False))
            for key, (_, values) in changed.items()
        ]
        await CustomItem.insert(*rows).on_conflict(
            (CustomItem.tenant_id, CustomItem.collection, CustomItem.key), "DO UPDATE", (CustomItem.handed_down,)
        )
        history = {key: (was or None, now_ or None) for key, (was, now_) in changed.items()}
        await note_all(collection, history, Cause(source=REGION))
        await _record(region, collection, changed)


async def _record(
    region: Tenant, collection: str, changed: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    if not collection.endswith(f".{SETTINGS}"):
        await record(
            "core.custom.handed_down", "custom_item", collection=collection, keys=[*changed], region=region.slug
        )
        return
    ((was, values),) = changed.values()
    fields = sorted(name for name in {*was, *values} if was.get(name) != values.get(name))
    module = collection.partition(".")[0]
    await record("core.settings.handed_down", "module", fields=fields, module=module, region=region.slug)
