"""Deeds on the indicators that the city watches."""

from __future__ import annotations

import uuid

from leancity.core.processes.reports.indicators import IndicatorCard, create_indicator
from tests.security.actors import Actor, within_city
from tests.security.making import Arguments, Deed, always, fresh
from tests.security.world import World

_CARD = {"measure": "wip", "days": 30}


async def _new(world: World) -> uuid.UUID:
    async with within_city(world.city):
        return (await create_indicator(IndicatorCard(title=fresh("i"), measure="overdue"))).id


async def _changed(world: World, _: Actor) -> Arguments:
    return {"id": str(await _new(world)), "input": _CARD}


async def _moved(world: World, _: Actor) -> Arguments:
    return {"id": str(await _new(world)), "place": 1}


async def _removed(world: World, _: Actor) -> Arguments:
    return {"id": str(await _new(world))}


ANALYTICS: dict[str, Deed] = {
    "processIndicatorChange": Deed(make=_changed),
    "processIndicatorCreate": always(lambda world: {"input": _CARD}),
    "processIndicatorMove": Deed(make=_moved),
    "processIndicatorRemove": Deed(make=_removed),
}
