"""A connection whose statements are counted and traced.

Not asyncpg's own ``add_query_logger``: it calls back in another turn of the loop, perhaps after the spans around the
statement have ended, which cost the smallest unit of work 30 % of its processor time against 10 % here.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from leancity.core.telemetry.statements import counted


class Counted(asyncpg.Connection):
    """What the pools are made of. Prepared statements and cursors, of which we use none, would pass uncounted."""

    __slots__ = ()

    async def execute(self, query: str, *args: Any, **more: Any) -> str:
        return await counted(query, super().execute(query, *args, **more))

    async def executemany(self, command: str, args: Any, **more: Any) -> None:
        await counted(command, super().executemany(command, args, **more))

    async def fetch(self, query: str, *args: Any, **more: Any) -> Any:
        return await counted(query, super().fetch(query, *args, **more))

    async def fetchrow(self, query: str, *args: Any, **more: Any) -> Any:
        return await counted(query, super().fetchrow(query, *args, **more))

    async def fetchval(self, query: str, *args: Any, **more: Any) -> Any:
        return await counted(query, super().fetchval(query, *args, **more))

    async def fetchmany(self, query: str, args: Any, **more: Any) -> Any:
        return await counted(query, super().fetchmany(query, args, **more))
