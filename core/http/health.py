"""Health: alive is the process, ready is the process with its servers."""

from __future__ import annotations

import asyncio

import redis.asyncio as redis
from litestar import Response, get
from litestar.datastructures import State

from leancity.core.db.engine import pool


@get("/health/live", sync_to_thread=False)
def live() -> dict[str, str]:
    """Answer while the process turns its loop."""
    return {"status": "alive"}


@get("/health/ready")
async def ready(state: State) -> Response[dict[str, str]]:
    """Answer 200 when PostgreSQL and Redis do, 503 with the part that does not."""
    parts = {"postgresql": _postgresql(), "redis": _redis(state.redis)}
    results = await asyncio.gather(*parts.values(), return_exceptions=True)
    answer = {
        name: "ready" if not isinstance(result, BaseException) else type(result).__name__
        for name, result in zip(parts, results, strict=True)
    }
    is_ready = set(answer.values()) == {"ready"}
    return Response({"status": "ready" if is_ready else "not ready", **answer}, status_code=200 if is_ready else 503)


async def _postgresql() -> None:
    async with asyncio.timeout(2):
        await pool().fetchval("select 1")


async def _redis(client: redis.Redis) -> None:
    async with asyncio.timeout(2):
        await client.ping()
