"""Deeds on the registry: functions and their operations, powers, positions, duties, systems, files of them."""

from __future__ import annotations

from leancity.core.files.senders import current_sender
from leancity.core.files.service import Upload, incoming, keep
from leancity.core.processes.registry.powers import DutyCard, save_duty
from leancity.core.processes.registry.tables import FunctionOperation
from tests.security.actors import Actor, one
from tests.security.making import Arguments, Deed, always, fresh
from tests.security.process_registered import new_function
from tests.security.world import World

CSV = "key;title\nmatrix;Power\n"


async def table_kept() -> Upload:
    """Keep a table of powers as who is asking; who sends none has no file."""
    sender = current_sender()
    async with incoming(sender, limit=10_000) as file:
        await file.write(CSV.encode())
        return await keep(file, "powers.csv", sender)


def on_function(**more: object) -> Deed:
    """Return a deed on a new function."""

    async def make(world: World, _: Actor) -> Arguments:
        return {"id": str(await new_function(fresh("f"), world.units["roads"])), **more}

    return Deed(make=make)


def on_operation(**more: object) -> Deed:
    """Return a deed on the operation of a new function."""

    async def make(world: World, _: Actor) -> Arguments:
        function = await new_function(fresh("f"), world.units["roads"])
        operation = await one(FunctionOperation, FunctionOperation.function_id == function)
        return {"operationId": str(operation.id), **more}

    return Deed(make=make)


async def renamed(world: World, _: Actor) -> Arguments:
    function = await new_function(fresh("f"), world.units["roads"])
    return {"id": str(function), "input": {"key": fresh("f"), "title": "Another"}}


async def new_duty(world: World, _: Actor) -> Arguments:
    card = DutyCard(key=fresh("d"), title="Duty", position_id=world.id("position"))
    return {"id": str((await save_duty(card)).id)}


async def uses_system(world: World, _: Actor) -> Arguments:
    return {"id": str(await new_function(fresh("f"), world.units["roads"])), "systemId": world.ids["system"]}


async def uploaded(_: World, __: Actor) -> Arguments:
    kept = await table_kept()
    return {"fileId": str(kept.id), "claim": kept.claim, "kind": "powers"}


REGISTRY: dict[str, Deed] = {
    "dutyRemove": Deed(make=new_duty),
    "dutySave": always(
        lambda world: {"input": {"key": fresh("d"), "title": "Duty", "positionId": world.ids["position"]}}
    ),
    "functionChange": Deed(make=renamed),
    "functionCreate": always(lambda _: {"input": {"key": fresh("f"), "title": "Function"}}),
    "functionOperationAdd": on_function(operation={"title": "Step"}),
    "functionOperationChange": on_operation(operation={"title": "Step"}),
    "functionOperationRemove": on_operation(),
    "functionOperationsSet": on_function(operations=[{"title": "Step"}]),
    "functionStageMove": on_function(stage="DESCRIBED"),
    "functionSystemSet": Deed(make=uses_system),
    "itSystemSave": always(lambda _: {"input": {"key": fresh("s"), "title": "System"}}),
    "positionSave": always(
        lambda world: {"input": {"key": fresh("p"), "title": "Position", "unitId": world.ids["roads"]}}
    ),
    "powerSave": always(lambda _: {"input": {"key": fresh("p"), "title": "Power"}}),
    "registryImport": Deed(make=uploaded),
}
