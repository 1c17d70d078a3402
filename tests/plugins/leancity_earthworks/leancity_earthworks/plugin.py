"""The module's table of contents: what it gives the platform, in the order of the hooks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path

from litestar.types import ControllerRouterHandler

from leancity.core.cases.kinds import CaseKind
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
    ServiceTask,
    Texts,
)
from leancity.core.plugins.hooks import hookimpl
from leancity.core.settings.declaration import ModuleSettings
from leancity_earthworks import (
    approvals,
    demo,
    drawn,
    erasure,
    imports,
    jobs,
    kinds,
    notifications,
    permissions,
    routes,
    schema,
    service_tasks,
    surfaces,
)
from leancity_earthworks.settings import EarthworksSettings


@hookimpl
def register_module() -> Manifest:
    return Manifest(
        name="earthworks",
        title={"en": "Earthworks permits", "ru": "Разрешения на земляные работы"},
        summary={
            "en": "The applicant files once, the administration collects the approvals of all bodies itself",
            "ru": "Одно заявление: согласования всех организаций администрация собирает сама",
        },
        kind="service",
        version="1.0.0",
        personal_data=True,
    )


@hookimpl
def register_tables() -> str:
    return "leancity_earthworks.piccolo_app"


@hookimpl
def register_permissions() -> Iterable[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_roles() -> Iterable[Role]:
    return permissions.ROLES


@hookimpl
def register_case_kinds() -> Iterable[CaseKind]:
    return (kinds.PERMIT,)


@hookimpl
def register_graphql() -> GraphQLTypes:
    return GraphQLTypes(
        query=schema.EarthworksQuery, mutation=schema.EarthworksMutation, subscription=schema.EarthworksSubscription
    )


@hookimpl
def register_routes() -> Iterable[ControllerRouterHandler]:
    return (routes.permits_geojson,)


@hookimpl
def register_jobs() -> Iterable[Job]:
    return jobs.JOBS


@hookimpl
def register_schedules() -> Iterable[Schedule]:
    return jobs.SCHEDULES


@hookimpl
def register_service_tasks() -> Iterable[ServiceTask]:
    return service_tasks.TASKS


@hookimpl
def register_processes() -> Iterable[ModuleProcess]:
    return drawn.PROCESSES


@hookimpl
def register_notifications() -> Iterable[NotificationDefault]:
    return notifications.DEFAULTS


@hookimpl
def register_settings() -> type[ModuleSettings]:
    return EarthworksSettings


@hookimpl
def register_customs() -> Iterable[Collection]:
    return (surfaces.COLLECTION,)


@hookimpl
def register_imports() -> Iterable[ImportTarget]:
    return (imports.BODIES,)


@hookimpl
def register_texts() -> Texts:
    return Texts(folder=Path(__file__).parent / "texts")


@hookimpl
def register_demo() -> Demo:
    return Demo(load=demo.load)


@hookimpl
async def case_closing(case_id: uuid.UUID, kind: str, outcome: str) -> None:
    await approvals.require_all_approvals(case_id, kind, outcome)


@hookimpl
async def case_submitted(case_id: uuid.UUID, kind: str) -> None:
    await approvals.request(case_id, kind)


@hookimpl
async def person_erased(person: ErasedPerson) -> Erased:
    return await erasure.forget_applicant(person)
