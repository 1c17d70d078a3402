"""One question, asked at every door: does this module exist for this city?

The core code that mounts a contribution asks it, so that no module can forget it and none can opt out.
"""

from __future__ import annotations

from typing import Any

from litestar import Router
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.context import current_modules

DOORS = (
    "schema",
    "field",
    "subscription",
    "route",
    "enqueue",
    "job",
    "schedule",
    "event",
    "import",
    "settings",
    "demo",
    "case",
    "permission",
    "texts",
    "notification",
)
"""Every door a module's contribution is reached by; a test holds one closed-and-open case for each."""


class ModuleClosed(LookupError):
    """The module does not exist for this city."""

    def __init__(self, module: str) -> None:
        super().__init__(f"the module {module!r} does not exist here")
        self.module = module


def is_open(module: str) -> bool:
    """Tell whether the city being served has the module; False outside a city."""
    return module in current_modules()


def require_open(name: str) -> None:
    """Raise ``ModuleClosed`` unless ``name``'s module (``<module>`` or ``<module>.…``) is open here; core always is."""
    module = name.partition(".")[0]
    if module != "core" and not is_open(module):
        raise ModuleClosed(module)


def route_guard(module: str) -> Guard:
    """Answer 404, not 403: whether a town has a module is its own business."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not is_open(module):
            raise NotFoundException

    return guard


def module_routers(modules: Modules) -> list[Router]:
    """Mount the modules' routes under ``/m/<module>`` behind the gate."""
    return [
        Router(path=f"/m/{name}", route_handlers=list(handlers), guards=[route_guard(name)])
        for name, handlers in modules.collect("register_routes")
    ]
