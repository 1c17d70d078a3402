"""Deeds on processes: on new drawings that have come as far as is wanted."""

from __future__ import annotations

from datetime import date
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.versions.drafts import assumptions_of
from leancity.core.processes.versions.measures import MeasureCard, save_measure
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.stages import Subject
from tests.core.processes.versions.models import DMN, LOOKS, SCHEMA, sketch
from tests.security.actors import Actor
from tests.security.making import Arguments, Deed, always, filled
from tests.security.process_drawn import (
    Office,
    Step,
    a_file,
    asked,
    drawn,
    fresh_key,
    is_agreed,
    is_confirmed,
    is_on_trial,
    is_published,
    is_published_twice,
    is_tested,
)
from tests.security.world import World


def office(world: World) -> Office:
    """Return who agrees in a world, and the unit of its trials."""
    return Office(chief=world.id("chief"), roads=world.units["roads"])


def on_version(*steps: Step, named: str = "versionId", **more: Any) -> Deed:
    """Return a deed on a new drawing after ``steps``; ``named``: what its id is called."""

    async def make(world: World, _: Actor) -> Arguments:
        version = await drawn()
        for step in steps:
            await step(office(world), version)
        return {named: str(version.id), **filled(world, more)}

    return Deed(make=make)


def on_process(*steps: Step) -> Deed:
    """Return a deed on the process of a new drawing after ``steps``."""

    async def make(world: World, _: Actor) -> Arguments:
        version = await drawn()
        for step in steps:
            await step(office(world), version)
        return {"processId": str(version.process_id)}

    return Deed(make=make)


async def entered(_: World, __: Actor) -> Arguments:
    process = await create_process(ProcessCard(key=fresh_key(), title="Permit"))
    return {"id": str(process.id), "input": {"key": process.key, "title": "Another"}}


async def to_upload(_: World, __: Actor) -> Arguments:
    process = await create_process(ProcessCard(key=fresh_key(), title="Permit"))
    return {"processId": str(process.id), "xml": sketch()}


async def to_bind(_: World, __: Actor) -> Arguments:
    version = await drawn()
    return {"processId": str(version.process_id), "input": {"lane": "Clerk", "isAuthor": True}}


async def files(_: World, __: Actor) -> Arguments:
    file = await a_file()
    return {"files": [{"fileId": str(file.id), "claim": file.claim}]}


async def seen(_: World, __: Actor) -> Arguments:
    version = await drawn()
    return {"id": str(version.id), "amount": len(await assumptions_of(version.id))}


async def confirmed(world: World, __: Actor) -> Arguments:
    version = await drawn()
    await is_confirmed(office(world), version)
    return {"id": str(version.id)}


async def my_word(world: World, actor: Actor) -> Arguments:
    """Ask an actor, past the service, which asks only who can see processes."""
    version = await drawn()
    await is_tested(office(world), version)
    if actor.has_account and actor.name != "foreign_admin":
        async with tenant_tx(write=True):
            await asked(version.id, Subject.ROLES, actor.user_id, "asked").save()
    return {"versionId": str(version.id), "subject": "ROLES", "isAgreed": True}


async def a_measure(_: World, __: Actor) -> Arguments:
    version = await drawn()
    return {"measureId": str((await save_measure(version.id, MeasureCard(title="An order"))).id)}


async def to_be_done(world: World, actor: Actor) -> Arguments:
    return {**await a_measure(world, actor), "act": {"number": "1", "day": date(2026, 1, 12).isoformat()}}


PROCESS_DEEDS: dict[str, Deed] = {
    "processAgreementAnswer": Deed(make=my_word, is_own=True),
    "processAgreementAsk": on_version(is_tested, subject="ROLES", userIds=lambda world: [world.ids["chief"]]),
    "processChange": Deed(make=entered),
    "processContentRemove": on_version(key="form"),
    "processCreate": always(lambda _: {"input": {"key": fresh_key(), "title": "Permit"}}),
    "processDecisionSave": on_version(key="other", xml=DMN),
    "processFormSave": on_version(key="other", dataSchema=SCHEMA, uiSchema=LOOKS),
    "processLaneBind": Deed(make=to_bind),
    "processMeasureDone": Deed(make=to_be_done),
    "processMeasureRemove": Deed(make=a_measure),
    "processMeasureSave": on_version(input={"title": "An order"}),
    "processMeasuresWaive": on_version(reason="Nothing changes"),
    "processMetricsSave": on_version(nodes=[{"nodeId": "t0", "processingS": 60}]),
    "processPublish": on_version(is_on_trial),
    "processRetire": on_process(is_published),
    "processRollBack": on_process(is_published_twice),
    "processTrialBegin": on_version(is_agreed, unitIds=lambda world: [world.ids["roads"]]),
    "processTrialEnd": on_version(is_on_trial),
    "processVersionBound": on_version(named="id", startsAt=["start"], endsAt=["end"]),
    "processVersionConfirm": Deed(make=seen),
    "processVersionRemove": on_version(named="id"),
    "processVersionTest": Deed(make=confirmed),
    "processVersionUpload": Deed(make=to_upload),
    "processVersionsUpload": Deed(make=files),
}
