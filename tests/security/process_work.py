"""Deeds on people's work: on new tasks of the roads unit, and on absences of its clerk."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from leancity.core.processes.running import items
from tests.security.actors import Actor, within_city
from tests.security.making import Arguments, Deed, filled
from tests.security.process_tasks import away, new_task, week
from tests.security.world import World


def on_task(*steps: Callable[[uuid.UUID], Awaitable[object]], **more: Any) -> Deed:
    """Return a deed on a new task of the roads unit, after ``steps`` of the clerk's."""

    async def make(world: World, _: Actor) -> Arguments:
        item = await new_task(world.city, world.units["roads"])
        async with within_city(world.city, world.actors["clerk"].principal):
            for step in steps:
                await step(item)
        return {"itemId": str(item), **filled(world, more)}

    return Deed(make=make)


async def _suspend(item: uuid.UUID) -> None:
    await items.suspend(item, "x")


def _input() -> Arguments:
    new = week()
    return {"fromOn": str(new.from_on), "untilOn": str(new.until_on)}


async def _absent(world: World, _: Actor) -> Arguments:
    return {"absenceId": str((await away(world.city, world.actors["clerk"])).id)}


async def _absent_anew(world: World, actor: Actor) -> Arguments:
    return {**await _absent(world, actor), "input": _input()}


async def _to_be_absent(world: World, _: Actor) -> Arguments:
    return {"userId": world.ids["clerk"], "input": _input()}


WORK: dict[str, Deed] = {
    "absenceAdd": Deed(make=_to_be_absent),
    "absenceChange": Deed(make=_absent_anew),
    "absenceRemove": Deed(make=_absent),
    "workItemAssign": on_task(userId=lambda world: world.ids["clerk"]),
    "workItemClaim": on_task(),
    "workItemComplete": on_task(facts={"depth": 1}),
    "workItemComplete (the clerk's)": on_task(items.claim, facts={"depth": 1}),
    "workItemDelegate": on_task(items.claim, userId=lambda world: world.ids["chief"]),
    "workItemRelease": on_task(items.claim),
    "workItemResume": on_task(items.start, _suspend),
    "workItemSaveDraft": on_task(items.claim, facts={"depth": "x"}),
    "workItemSendBack": on_task(reason="x"),
    "workItemStart": on_task(),
    "workItemSuspend": on_task(items.start, reason="x"),
}
