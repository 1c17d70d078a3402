"""Deeds on practices: on fresh processes of ours, and on fresh packages of another city's."""

from __future__ import annotations

import uuid

from leancity.core.processes.packages import adopting, publishing
from leancity.core.processes.packages.packing import PackCard
from leancity.core.processes.packages.practices import practice_file
from tests.security.actors import Actor
from tests.security.making import Arguments, Deed, fresh
from tests.security.process_adopted import bound, landed, package
from tests.security.process_drawn import drawn, fresh_key, is_published
from tests.security.process_measured import kept
from tests.security.process_versions import office
from tests.security.world import World

_UNMEASURED = PackCard(is_unmeasured=True)


async def _published(world: World) -> uuid.UUID:
    version = await drawn()
    await is_published(office(world), version)
    return uuid.UUID(str(version.process_id))


async def to_publish(world: World, _: Actor) -> Arguments:
    return {"processId": str(await _published(world)), "input": {"isUnmeasured": True}}


async def to_withdraw(world: World, _: Actor) -> Arguments:
    return {"id": str(await publishing.publish_package(await _published(world), _UNMEASURED))}


async def to_begin(world: World, _: Actor) -> Arguments:
    return {"practiceId": world.ids["practice"]}


async def to_begin_from_a_file(world: World, _: Actor) -> Arguments:
    practice = await practice_file(world.id("practice"))
    file = await kept(practice.text, "practice.json")
    return {"fileId": str(file.id), "claim": file.claim, "isUntrustedTaken": True}


async def to_bind(_: World, __: Actor) -> Arguments:
    row = await adopting.adopt(package(fresh_key()))
    return {"id": str(row.id), "bindings": [{"kind": "role", "key": "core.executor", "target": "core.executor"}]}


async def to_land(_: World, __: Actor) -> Arguments:
    row = await bound(package(fresh_key()))
    return {"id": str(row.id), "input": {"baseline": {"source": "NONE"}, "title": fresh("Permit")}}


async def to_give_up(_: World, __: Actor) -> Arguments:
    return {"id": str((await bound(package(fresh_key()))).id)}


async def to_tell(_: World, __: Actor) -> Arguments:
    return {"id": str((await landed(package(fresh_key()))).id), "isTold": False}


PRACTICE_DEEDS: dict[str, Deed] = {
    "practicePublish": Deed(make=to_publish),
    "practiceWithdraw": Deed(make=to_withdraw),
    "processAdoptionBegin": Deed(make=to_begin),
    "processAdoptionBegin (a file)": Deed(make=to_begin_from_a_file),
    "processAdoptionBind": Deed(make=to_bind),
    "processAdoptionEffectTell": Deed(make=to_tell),
    "processAdoptionLand": Deed(make=to_land),
    "processAdoptionWithdraw": Deed(make=to_give_up),
}
