"""Hook specifications: the contract between the platform and a plug-in.

``register_*`` hooks are called once at start-up, do no I/O and return frozen data; a mistake in it stops the start with
the plug-in's name. Past-tense hooks are events of one city and reach only the modules it subscribes to. An event is
either a *rule*, called in sequence in the publisher's transaction, whose error aborts it, or a *listener*, which gets
one job per subscribed module with its own retries. An *obligation* reaches every installed module, subscribed or left,
by a job each, and its result is kept. The spec says which.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from leancity.core.cases.kinds import CaseKind
from leancity.core.plugins.contributions import (
    Demo,
    Erased,
    ErasedPerson,
    GraphQLTypes,
    Job,
    Manifest,
    ModuleProcess,
    NotificationDefault,
    Permission,
    Role,
    Schedule,
    ServiceTask,
    Texts,
)

if TYPE_CHECKING:  # these parts of the kernel import the plug-in manager; the web framework is for the web process only
    from litestar.types import ControllerRouterHandler

    from leancity.core.cases.tables import CaseRecord
    from leancity.core.customs.collection import Collection
    from leancity.core.imports.target import ImportTarget
    from leancity.core.settings.declaration import ModuleSettings

PROJECT = "leancity"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

RULES = frozenset({"case_closing", "case_moved"})
LISTENERS = frozenset({"case_submitted"})
OBLIGATIONS = frozenset({"person_erased"})


@hookspec
def register_module() -> Manifest | None:
    """Return the manifest. The one hook that every module must have."""


@hookspec
def register_tables() -> str | None:
    """Return the dotted path of the module's ``piccolo_app``. Tables carry its prefix and outlive a subscription."""


@hookspec
def register_permissions() -> Iterable[Permission] | None:
    """Return the permissions the module checks. An unknown name raises wherever it is used."""


@hookspec
def register_roles() -> Iterable[Role] | None:
    """Return the roles a city gets when it subscribes."""


@hookspec
def register_case_kinds() -> Iterable[CaseKind] | None:
    """Return the kinds of case the module files: states, transitions, outcomes and terms as data."""


@hookspec
def register_graphql() -> GraphQLTypes | None:
    """Return the module's part of the schema. Gated twice: by the schema's shape and at every root field."""


@hookspec
def register_routes() -> Iterable[ControllerRouterHandler] | None:
    """Return Litestar handlers; core mounts them under ``/m/<module>``. Without a subscription they answer 404."""


@hookspec
def register_jobs() -> Iterable[Job] | None:
    """Return the module's jobs. Gated when enqueued and again when run; a closed module's jobs wait."""


@hookspec
def register_schedules() -> Iterable[Schedule] | None:
    """Return which of the module's jobs come by a city's wall clock. Leaving ends them, coming back begins them."""


@hookspec
def register_service_tasks() -> Iterable[ServiceTask] | None:
    """Return what service tasks of processes may ask the module to do. A closed module's tasks wait."""


@hookspec
def register_processes() -> Iterable[ModuleProcess] | None:
    """Return the processes a city gets when it subscribes: drawings, forms, tables, and who works in their lanes."""


@hookspec
def register_notifications() -> Iterable[NotificationDefault] | None:
    """Return whom the module tells of what happens to cases. A city overrides each; without the module none counts."""


@hookspec
def register_settings() -> type[ModuleSettings] | None:
    """Return the frozen structure of the module's per-city settings, defaults included."""


@hookspec
def register_customs() -> Iterable[Collection] | None:
    """Return what a city may make its own beside the settings: lists of items, with defaults."""


@hookspec
def register_imports() -> Iterable[ImportTarget] | None:
    """Return what ``leancity import`` can fill. Gated when the import begins."""


@hookspec
def register_texts() -> Texts | None:
    """Return the message catalogues of the module."""


@hookspec
def register_demo() -> Demo | None:
    """Return the demo data a city may be given."""


@hookspec
async def case_closing(case_id: uuid.UUID, kind: str, outcome: str) -> None:
    """Rule: a case is about to be closed with ``outcome``; raise ``Refused`` to keep it open."""


@hookspec
async def case_moved(
    case: CaseRecord, kind: str, transition: str, note: str, given: Mapping[str, Any], is_later: bool
) -> None:
    """Rule: a case, which is locked, has just moved; ``given`` is what was handed to ``move`` for whoever listens,
    ``is_later`` tells that it moved in a later step than the one it was asked for in, or that nobody asked. Whoever
    changes the case changes this very ``case``: the step goes on with it."""


@hookspec
async def case_submitted(case_id: uuid.UUID, kind: str) -> None:
    """Listener: a case has been filed."""


@hookspec
async def person_erased(person: ErasedPerson) -> Erased:
    """Obligation: a person asked to be forgotten; remove what the module stores about them and say how much it was."""
    raise NotImplementedError
