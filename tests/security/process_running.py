"""Deeds on running processes."""

from __future__ import annotations

from tests.security.actors import Actor
from tests.security.making import Arguments, Deed
from tests.security.process_instances import (
    KEY,
    MESSAGE,
    another_version,
    failed_instance,
    movable_instance,
    move_run,
    new_instance,
)
from tests.security.world import World


async def _at_work(world: World, _: Actor) -> Arguments:
    return {"id": str(await new_instance(world.city)), "reason": "x"}


async def _standing(world: World, _: Actor) -> Arguments:
    return {"id": str(await failed_instance(world.city))}


async def _heard(world: World, _: Actor) -> Arguments:
    return {"name": MESSAGE, "instanceId": str(await new_instance(world.city))}


async def _begun(_: World, __: Actor) -> Arguments:
    return {"process": KEY, "title": "Look"}


async def _tried(world: World, _: Actor) -> Arguments:
    return {"versionId": world.ids["process_version"], "title": "Look"}


async def _to_move(world: World, _: Actor) -> Arguments:
    return {"versionId": world.ids["older_version"], "ids": [str(await movable_instance(world.city))]}


async def _to_move_all(world: World, _: Actor) -> Arguments:
    return {"versionId": world.ids["newer_version"], "fromVersionId": str(await another_version(world.city))}


async def _moving(world: World, _: Actor) -> Arguments:
    return {"id": str(await move_run(world.city, world.ids))}


RUNNING: dict[str, Deed] = {
    "processBegin": Deed(make=_begun),
    "processInstancesMove": Deed(make=_to_move),
    "processMoveRunBegin": Deed(make=_to_move_all),
    "processMoveRunCancel": Deed(make=_moving),
    "processMoveRunResume": Deed(make=_moving),
    "processMessage": Deed(make=_heard),
    "processRetry": Deed(make=_standing),
    "processStop": Deed(make=_at_work),
    "processTry": Deed(make=_tried),
}
