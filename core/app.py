"""Composition of the web application: plug-ins, doors and the servers behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from types import ModuleType

import redis.asyncio as redis
from litestar import Litestar
from litestar.types import ASGIApp, ControllerRouterHandler

from leancity.core.audit import keeper
from leancity.core.config import Config, load, require
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.files.routes import download, upload
from leancity.core.http.door import Door
from leancity.core.http.health import live, ready
from leancity.core.http.problems import on_error
from leancity.core.identity.oidc.routes import HANDLERS as SIGN_IN
from leancity.core.log import configure
from leancity.core.plugins.gate import module_routers
from leancity.core.plugins.manager import Modules, installed_modules

PLATFORM = "leancity.platform"
LARGEST_BODY = 16 * 1024 * 1024  # bytes


def platform_parts() -> dict[str, ModuleType]:
    """Return the platform's own rooms above the kernel (``graphql``, ``tenants``) by name."""
    return {point.name: point.load() for point in sorted(entry_points(group=PLATFORM), key=lambda p: p.name)}


def create_app(config: Config, modules: Modules) -> Litestar:
    """Return the application of ``modules``; its database and Redis open when it starts."""
    platform: list[ControllerRouterHandler] = []
    for part in platform_parts().values():
        handlers = getattr(part, "route_handlers", None)
        if handlers is not None:
            platform += handlers(modules, config)

    @asynccontextmanager
    async def servers(app: Litestar) -> AsyncIterator[None]:
        await open_pool(config.database_url, size=config.pool_size)
        await keeper.start()
        app.state.redis = redis.from_url(config.redis_url)
        try:
            yield
        finally:
            await app.state.redis.aclose()
            await keeper.stop()
            await close_pool()

    return Litestar(
        route_handlers=[live, ready, upload, download, *SIGN_IN, *platform, *module_routers(modules)],
        exception_handlers={Exception: on_error},
        lifespan=[servers],
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        debug=False,
    )


def create() -> ASGIApp:
    """Return the application of this process's environment, behind its door (what the web server calls)."""
    config = load()
    configure(config.log_format)
    require(config, "database_url", "redis_url", "secret_key")
    return Door(create_app(config, installed_modules()), config)
