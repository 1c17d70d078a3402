"""The operator's module: what it gives the platform, in the order of the hooks. No city may have it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from leancity.core.plugins.contributions import GraphQLTypes, Job, Manifest, Permission, Role, Texts
from leancity.core.plugins.hooks import hookimpl
from leancity.core.tenancy.limits import TenantKind
from leancity.tenants.operator import permissions
from leancity.tenants.operator.onboarding import JOB as ONBOARD
from leancity.tenants.operator.onboarding_job import onboard
from leancity.tenants.operator.plans import RENEW
from leancity.tenants.operator.renewal import renew_limits


@hookimpl
def register_module() -> Manifest:
    return Manifest(
        name="operator",
        title={"en": "Operator", "ru": "Оператор"},
        summary={
            "en": "Takes cities on, looks after them, lets them go",
            "ru": "Подключение городов, их состояние, прекращение обслуживания",
        },
        kind="module",
        version="0.1.0",
        serves=(TenantKind.OPERATOR,),
    )


@hookimpl
def register_tables() -> str:
    return "leancity.tenants.operator.piccolo_app"


@hookimpl
def register_permissions() -> Iterable[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_roles() -> Iterable[Role]:
    return permissions.ROLES


@hookimpl
def register_graphql() -> GraphQLTypes:
    from leancity.tenants.operator import schema  # for the web process only: a command starts without GraphQL

    return GraphQLTypes(query=schema.OperatorQuery, mutation=schema.OperatorMutation)


@hookimpl
def register_jobs() -> Iterable[Job]:
    return (
        Job(name=RENEW, run=renew_limits, is_outside=True),
        Job(name=ONBOARD, run=onboard, is_outside=True, is_private=True),
    )


@hookimpl
def register_texts() -> Texts:
    return Texts(folder=Path(__file__).parent / "texts")
