"""What a region gives its cities. It is copied: a region never reads a city's rows, a city never a region's."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import structlog

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.outbox import enqueue
from leancity.core.settings.store import locked, stored
from leancity.core.settings.tables import SettingRow
from leancity.core.tenancy.context import Tenant, current_tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import tenants_of_region

HAND_DOWN = "core.hand_down"

# Held until the unit ends, so that a city does not leave while it is given something.
_BELONGS = "select true from tenant where id = $1 and region_id = $2 for share"

log = structlog.get_logger()


class NotHandedDown(Exception):
    """Some cities could not be given their region's settings; the job tries again."""


async def hand_down(payload: dict[str, Any]) -> None:
    """Give the region's cities what the region has set of one module. Run in the region; once more changes nothing.

    It ends when the region's settings are still what was given: two runs at once leave the last change in every city,
    whichever of them writes last. A city that fails does not hold up the others.
    """
    region, module = current_tenant(), str(payload["module"])
    given, _ = await stored(module)
    while True:
        failed = []
        for city in await tenants_of_region(region.id):
            try:
                await in_city(city, partial(_receive, region, module, given))
            except Exception as error:  # whatever befalls one city, the others get theirs
                log.warning("settings were not handed down", receiver=city.slug, module=module, exc_info=error)
                failed.append(city.slug)
        if failed:
            raise NotHandedDown(f"{module}: {', '.join(failed)}")
        now_set, _ = await stored(module)
        if now_set == given:
            return
        given = now_set


async def hand_down_all() -> None:
    """Ask, in a region, for the handing down of all that it has set."""
    async with tenant_tx(write=True):
        for row in await SettingRow.select(SettingRow.module).order_by(SettingRow.module):
            await enqueue(HAND_DOWN, {"module": row["module"]}, order_key=f"{HAND_DOWN} {row['module']}")


async def forget_handed_down() -> None:
    """Take from the city what a region gave it; what the city has set itself stays."""
    async with tenant_tx(write=True):
        await SettingRow.update({SettingRow.handed_down: "{}"}, force=True)


async def _receive(region: Tenant, module: str, given: dict[str, Any]) -> None:
    """Take over, in a city, what its region has set."""
    async with tenant_tx(write=True) as unit:
        if not await unit.connection.fetchval(_BELONGS, current_tenant().id, region.id):
            return
        row = await locked(module)
        before = json.loads(row.handed_down)
        if before == given:
            return
        fields = sorted(name for name in {*before, *given} if before.get(name) != given.get(name))
        await SettingRow.update({SettingRow.handed_down: json.dumps(given)}).where(SettingRow.id == row.id)
        await record("core.settings.handed_down", "module", fields=fields, module=module, region=region.slug)
