"""An invented plug-in with something behind every door that needs no web process."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import strawberry

from leancity.core.cases.kinds import CaseKind, CaseState, Outcome, Transition
from leancity.core.customs.collection import Collection
from leancity.core.imports.target import BatchResult, ImportField, ImportTarget
from leancity.core.plugins.contributions import (
    Demo,
    GraphQLTypes,
    Job,
    LaneWorkers,
    Manifest,
    ModuleProcess,
    NotificationDefault,
    Permission,
    Schedule,
    ServiceTask,
    Texts,
)
from leancity.core.plugins.hooks import hookimpl
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.graphql.api import subscription

BOTH = {"ru": "Гость", "en": "Guest"}
HOST = "guest.room.host"


class GuestSettings(ModuleSettings, frozen=True, kw_only=True):
    """What a city may set of it."""

    beds: Annotated[int, Setting(title=BOTH, help=BOTH, ge=1)] = 2


@strawberry.type
class GuestSubscription:
    """Who rings."""

    @subscription(public="test")
    async def guest_rings(self) -> AsyncGenerator[int, None]:
        yield 1


STAY = CaseKind(
    key="guest.stay",
    title=BOTH,
    prefix="GS",
    states=(CaseState(key="new", title=BOTH), CaseState(key="left", title=BOTH, is_final=True)),
    initial="new",
    outcomes=(Outcome(key="left", title=BOTH),),
    transitions=(
        Transition(name="leave", title=BOTH, from_states=("new",), to="left", permission=HOST, outcomes=("left",)),
    ),
)


STAYING = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://guest.example/">
<process id="staying" isExecutable="true">
<laneSet id="lanes"><lane id="room" name="Room"><flowNodeRef>stay</flowNodeRef></lane></laneSet>
<startEvent id="come"/><userTask id="stay"/><endEvent id="go"/>
<sequenceFlow id="in" sourceRef="come" targetRef="stay"/><sequenceFlow id="out" sourceRef="stay" targetRef="go"/>
</process></definitions>"""


def guest(texts: Path, loaded: list[str]) -> ModuleType:
    """Return the plug-in; loading its demo data adds to ``loaded``."""
    for locale in ("ru", "en"):
        (texts / f"{locale}.json").write_text('{"guest.full": "{beds}"}', "utf-8")

    drawn = texts / "staying.bpmn"
    drawn.write_bytes(STAYING)
    drawn.with_suffix(".en.json").write_text('{"room": "Room"}', "utf-8")

    async def nothing(payload: dict[str, Any]) -> None:
        """A job."""

    async def answered(facts: dict[str, Any], key: str) -> dict[str, Any]:
        return {"slept": True}

    async def write(rows: Any, source: str) -> BatchResult:
        return BatchResult(written=0, known=0)

    async def load() -> None:
        loaded.append("demo")

    async def case_submitted(case_id: uuid.UUID, kind: str) -> None:
        """A listener."""

    fields = (ImportField(name="name", title=BOTH),)
    given: dict[str, Any] = {
        "register_module": Manifest(name="guest", title=BOTH, summary=BOTH, kind="module", version="1.0"),
        "register_permissions": [Permission(name=HOST, title=BOTH, by_row=True)],
        "register_case_kinds": [STAY],
        "register_jobs": [Job(name="guest.wake", run=nothing)],
        "register_schedules": [Schedule(name="guest.morning", cron="0 7 * * *", job="guest.wake")],
        "register_service_tasks": [ServiceTask(topic="guest.bed", title=BOTH, run=answered)],
        "register_processes": [
            ModuleProcess(
                key="guest.staying",
                title=BOTH,
                path=drawn,
                case_kind=STAY.key,
                lanes={"room": LaneWorkers(is_author=True)},
            )
        ],
        "register_imports": [ImportTarget(name="guest.people", title=BOTH, fields=fields, write=write)],
        "register_graphql": GraphQLTypes(subscription=GuestSubscription),
        "register_notifications": [
            NotificationDefault(key="guest.left", title=BOTH, event="closed", audience="author", case_kind=STAY.key)
        ],
        "register_settings": GuestSettings,
        "register_customs": [
            Collection(name="guest.rooms", title=BOTH, item=GuestSettings, defaults={"one": GuestSettings(beds=1)})
        ],
        "register_texts": Texts(folder=texts),
        "register_demo": Demo(load=load),
    }
    plugin = ModuleType("guest_plugin")
    hooks = {name: _returning(name, value) for name, value in given.items()} | {"case_submitted": case_submitted}
    for name, hook in hooks.items():
        setattr(plugin, name, hookimpl(hook))
    return plugin


def _returning(name: str, value: Any) -> Any:
    def hook() -> Any:
        return value

    hook.__name__ = name
    return hook
