"""The route ``/metrics``, on any host: it is of the process, not of a city."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from leancity.core.config import Config
from leancity.core.telemetry.metrics import CONTENT_TYPE, exposition
from leancity.core.telemetry.serving import PATH, may_read


def metrics_route(config: Config) -> HTTPRouteHandler:
    """Return the route; to who may not read the metrics it does not exist."""

    @get(PATH)
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not may_read(config, request.headers.get("authorization", "")):
            raise NotFoundException
        return Response(exposition(), media_type=CONTENT_TYPE)

    return metrics
