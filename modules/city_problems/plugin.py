"""The module's table of contents: what it gives the platform, in the order of the hooks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.tables import CaseRecord
from leancity.core.customs.collection import Collection
from leancity.core.imports.target import ImportTarget
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
    Texts,
)
from leancity.core.plugins.hooks import hookimpl
from leancity.core.settings.declaration import ModuleSettings
from leancity.modules.city_problems import categories, demo, drawn, erasure, imports, kinds, moved, permissions, service
from leancity.modules.city_problems.following import telling
from leancity.modules.city_problems.forwarding import jobs as forwarding
from leancity.modules.city_problems.open311 import media
from leancity.modules.city_problems.questions import collection as questions
from leancity.modules.city_problems.routing import checking as routing_rules
from leancity.modules.city_problems.routing import sending as routing
from leancity.modules.city_problems.settings import CityProblemsSettings

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler


@hookimpl
def register_module() -> Manifest:
    return Manifest(
        name="city_problems",
        title={"en": "City problems", "ru": "Городские проблемы"},
        summary={
            "en": "Residents report what is broken, the city mends it and shows the proof",
            "ru": "Жители сообщают о проблемах, город устраняет их и показывает результат",
        },
        kind="module",
        version="0.1.0",
        personal_data=True,
    )


@hookimpl
def register_tables() -> str:
    return "leancity.modules.city_problems.piccolo_app"


@hookimpl
def register_permissions() -> Iterable[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_roles() -> Iterable[Role]:
    return permissions.ROLES


@hookimpl
def register_case_kinds() -> Iterable[CaseKind]:
    return (kinds.REPORT,)


@hookimpl
def register_graphql() -> GraphQLTypes:
    from leancity.modules.city_problems import schema  # for the web process only: a command starts without GraphQL

    return GraphQLTypes(query=schema.CityProblemsQuery, mutation=schema.CityProblemsMutation)


@hookimpl
def register_routes() -> Iterable[ControllerRouterHandler]:
    from leancity.modules.city_problems import routes
    from leancity.modules.city_problems.open311.routes import open311

    return (routes.reports_csv, open311)


@hookimpl
def register_jobs() -> Iterable[Job]:
    return (*routing.JOBS, *media.JOBS, *forwarding.JOBS)


@hookimpl
def register_schedules() -> Iterable[Schedule]:
    return forwarding.SCHEDULES


@hookimpl
def register_processes() -> Iterable[ModuleProcess]:
    return drawn.PROCESSES


@hookimpl
def register_notifications() -> Iterable[NotificationDefault]:
    return (*telling.NOTIFICATIONS, *forwarding.NOTIFICATIONS)


@hookimpl
def register_settings() -> type[ModuleSettings]:
    return CityProblemsSettings


@hookimpl
def register_customs() -> Iterable[Collection]:
    return (categories.COLLECTION, questions.COLLECTION, routing_rules.COLLECTION)


@hookimpl
def register_imports() -> Iterable[ImportTarget]:
    return (imports.REQUESTS,)


@hookimpl
def register_texts() -> Texts:
    return Texts(folder=Path(__file__).parent / "texts")


@hookimpl
def register_demo() -> Demo:
    return Demo(load=demo.load)


@hookimpl
async def case_closing(case_id: uuid.UUID, kind: str, outcome: str) -> None:
    await service.require_proof(case_id, kind, outcome)


@hookimpl
async def case_moved(
    case: CaseRecord, kind: str, transition: str, note: str, given: Mapping[str, Any], is_later: bool
) -> None:
    await moved.follow_up(case, kind, transition, note, given, is_later=is_later)


@hookimpl
async def person_erased(person: ErasedPerson) -> Erased:
    return await erasure.forget_reporter(person)
