"""The operator's module: what it gives the platform, in the order of the hooks. No city may have it."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.plugins.contributions import Manifest, Permission, Role
from leancity.core.plugins.hooks import hookimpl
from leancity.core.tenancy.limits import TenantKind
from leancity.tenants.operator import permissions


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
