"""Composition of the web application: plug-ins, doors and the servers behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio as redis
import structlog
from litestar import Litestar
from litestar.types import ASGIApp, ControllerRouterHandler

from leancity.core.audit import keeper
from leancity.core.config import Config, load, require
from leancity.core.db.engine import close_pool
from leancity.core.db.waiting import open_pool_patiently
from leancity.core.files.routes import HANDLERS as FILES
from leancity.core.http.door import Door
from leancity.core.http.health import live, ready
from leancity.core.http.metrics import metrics_route
from leancity.core.http.problems import on_error
from leancity.core.identity.oidc.routes import HANDLERS as SIGN_IN
from leancity.core.live import hub
from leancity.core.log import configure
from leancity.core.notifications.routes import HANDLERS as UNSUBSCRIBE
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.plugins.mounting import module_routers
from leancity.core.processes.figures.sending.routes import HANDLERS as PROCESS_LOGS
from leancity.core.processes.registry.routes import HANDLERS as REGISTRY
from leancity.core.processes.reports.routes import HANDLERS as OWNER_REPORTS
from leancity.core.rooms import platform_parts
from leancity.core.telemetry import tracing
from leancity.core.telemetry.requests import Observed

LARGEST_BODY = 16 * 1024 * 1024  # bytes
log = structlog.get_logger()


def create_app(config: Config, modules: Modules) -> Litestar:
    """Return the application of ``modules``; its database and Redis open when it starts."""
    platform: list[ControllerRouterHandler] = []
    for part in platform_parts().values():
        handlers = getattr(part, "route_handlers", None)
        if handlers is not None:
            platform += handlers(modules, config)

    @asynccontextmanager
    async def servers(app: Litestar) -> AsyncIterator[None]:
        await open_pool_patiently(config.database_url, size=config.pool_size)
        await keeper.start()
        await hub.start(config.redis_url, config.redis_prefix)
        app.state.redis = redis.from_url(config.redis_url)
        log.info("web ready")  # once more for each process that is started anew
        try:
            yield
        finally:
            await app.state.redis.aclose()
            await hub.stop()
            await keeper.stop()
            await close_pool()
            await asyncio.to_thread(tracing.stop)

    return Litestar(
        route_handlers=[
            live,
            ready,
            metrics_route(config),
            *FILES,
            *SIGN_IN,
            *UNSUBSCRIBE,
            *REGISTRY,
            *PROCESS_LOGS,
            *OWNER_REPORTS,
            *platform,
            *module_routers(modules),
        ],
        exception_handlers={Exception: on_error},
        lifespan=[servers],
        openapi_config=None,
        logging_config=None,  # its own would take the standard library's loggers from ours
        request_max_body_size=LARGEST_BODY,
        debug=False,
    )


def create() -> ASGIApp:
    """Return the application of this process's environment, behind its door (what the web server calls)."""
    config = load()
    configure(config.log_format)
    require(config, "database_url", "redis_url", "secret_key")
    tracing.start("web")
    return Observed(Door(create_app(config, installed_modules()), config))
