"""What piccolo asks for by name: the engine of this process and the apps whose tables it migrates."""

from __future__ import annotations

from typing import Any

from piccolo.conf.apps import AppRegistry

from leancity.core.db import engine
from leancity.core.plugins.manager import installed_modules

CORE_APPS = (
    "leancity.core.tenancy.piccolo_app",
    "leancity.core.geo.piccolo_app",
    "leancity.core.identity.piccolo_app",
    "leancity.core.audit.piccolo_app",
    "leancity.core.idempotency.piccolo_app",
    "leancity.core.customs.piccolo_app",
    "leancity.core.settings.piccolo_app",  # its rows have moved to those of customs
    "leancity.core.jobs.piccolo_app",
    "leancity.core.clock.piccolo_app",
    "leancity.core.files.piccolo_app",
    "leancity.core.cases.piccolo_app",
    "leancity.core.processes.piccolo_app",
    "leancity.core.notifications.piccolo_app",
    "leancity.core.imports.piccolo_app",
    "leancity.core.figures.piccolo_app",
)


def app_registry() -> AppRegistry:
    """Return the kernel's apps and those of every installed plug-in."""
    return AppRegistry(apps=[*CORE_APPS, *installed_modules().piccolo_apps()])


def __getattr__(name: str) -> Any:
    """Make both on demand: the engine exists only after the server does, plug-ins only after the kernel."""
    if name == "DB":
        return engine.get_engine()
    if name == "APP_REGISTRY":
        return app_registry()
    raise AttributeError(name)
