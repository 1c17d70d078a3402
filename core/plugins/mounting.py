"""Mounting the modules' HTTP routes behind the gate. Apart from it: a command has no use for the web framework."""

from __future__ import annotations

from typing import Any

from litestar import Router
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import Modules


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
