"""The doors beside GraphQL: every route of the application, asked by the same people."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from litestar.exceptions import LitestarDeprecationWarning
from litestar.routes import HTTPRoute

from leancity.core.app import create_app
from leancity.core.config import Config
from leancity.core.plugins.manager import installed_modules
from tests.modules.city_problems.conftest import jpeg
from tests.security.actors import Actor
from tests.security.asking import Http
from tests.security.world import World

REFUSED = frozenset({401, 403, 404})
ELSEWHERE = frozenset({"/graphql"})
"""Served by the rest of the matrix."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """``path`` with the world's ids for ``{words}``; ``more`` is what httpx takes."""

    path: str
    more: Callable[[], dict[str, Any]] = field(default=dict)


Requests: TypeAlias = dict[str, Request]

ROUTES: Requests = {
    "HTTP GET /auth/{key:str}/callback": Request(path="/auth/elsewhere/callback"),
    "HTTP GET /auth/{key:str}/logout": Request(path="/auth/elsewhere/logout"),
    "HTTP GET /auth/{key:str}/start": Request(path="/auth/elsewhere/start?link=1"),
    "HTTP GET /files/{file_id:uuid}": Request(path="/files/{file}"),
    "HTTP GET /files/{file_id:uuid} (public)": Request(path="/files/{public_file}"),
    "HTTP GET /health/live": Request(path="/health/live"),
    "HTTP GET /health/ready": Request(path="/health/ready"),
    "HTTP GET /m/city_problems/open311/{rest:path}": Request(path="/m/city_problems/open311/v2/services.json"),
    "HTTP GET /m/city_problems/open311/{rest:path} (reports)": Request(
        path="/m/city_problems/open311/v2/requests.json"
    ),
    "HTTP GET /m/city_problems/open311/{rest:path} (updates)": Request(
        path="/m/city_problems/open311/v2/servicerequestupdates.json"
    ),
    "HTTP GET /m/city_problems/reports.csv": Request(path="/m/city_problems/reports.csv"),
    "HTTP GET /metrics": Request(path="/metrics"),
    "HTTP GET /processes/{process_id:uuid}/cases.csv": Request(path="/processes/{measured}/cases.csv?mark=import"),
    "HTTP GET /processes/{process_id:uuid}/log.xes": Request(path="/processes/{measured}/log.xes?mark=import"),
    "HTTP GET /processes/{process_id:uuid}/steps.csv": Request(path="/processes/{measured}/steps.csv?mark=import"),
    "HTTP GET /processes/reports/{report_id:uuid}/report.pdf": Request(
        path="/processes/reports/{owner_report}/report.pdf"
    ),
    "HTTP GET /processes/reports/{report_id:uuid}/report.xlsx": Request(
        path="/processes/reports/{owner_report}/report.xlsx"
    ),
    "HTTP GET /processes/registry/template.xlsx": Request(path="/processes/registry/template.xlsx"),
    "HTTP GET /unsubscribe/{token:str}": Request(path="/unsubscribe/{unsubscribe}"),
    "HTTP POST /auth/{key:str}/backchannel-logout": Request(path="/auth/elsewhere/backchannel-logout"),
    "HTTP PUT /files/upload": Request(path="{upload}", more=lambda: {"content": jpeg()}),
    "HTTP POST /files": Request(path="/files", more=lambda: {"files": {"file": ("hole.jpg", jpeg(), "image/jpeg")}}),
    "HTTP POST /m/city_problems/open311/{rest:path}": Request(
        path="/m/city_problems/open311/v2/requests.json", more=lambda: {"data": {"description": "without a place"}}
    ),
    "HTTP POST /unsubscribe/{token:str}": Request(path="/unsubscribe/{unsubscribe}"),
}


@dataclass(frozen=True, kw_only=True)
class Knock:
    """A row of the file that is a route; the cell is ``-`` for the statuses 401, 403 and 404."""

    key: str
    method: str
    request: Request

    async def cell(self, http: Http, world: World, actor: Actor) -> str:
        answer = await http.request(actor, self.method, self.request.path.format_map(world.ids), **self.request.more())
        if answer.status_code >= 500:
            raise AssertionError(f"{self.key}: {answer.text}")
        return "-" if answer.status_code in REFUSED else "+"


def knocks() -> list[Knock]:
    """Return the rows of the application's routes; raise naming each that stands in ``ROUTES`` or there only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)  # of how a handler spells its parameters
        app = create_app(Config(), installed_modules())
    keys = {
        f"HTTP {method} {route.path}"
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path not in ELSEWHERE
        for method in sorted(route.methods - {"OPTIONS", "HEAD"})
    }
    known = {key.partition(" (")[0] for key in ROUTES}
    if keys != known:
        raise AssertionError(f"tests/security/doors.py: add {sorted(keys - known)}, remove {sorted(known - keys)}")
    return [Knock(key=key, method=key.split()[1], request=request) for key, request in sorted(ROUTES.items())]
