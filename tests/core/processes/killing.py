"""Cutting the connection of a process off in the middle of its work, as a kill does."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg
import pytest

from leancity.core.db.engine import pool
from leancity.core.jobs.run import run_job
from leancity.core.testing.city import City

CUT_OFF = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What whoever was cut off sees."""


class Killer:
    """A death: from some statement on nothing of this process reaches the database, by whatever connection.

    ``sent`` is how many statements were tried since then.
    """

    def __init__(self) -> None:
        self.sent = 0
        self._at = 0

    @contextmanager
    def at(self, statement: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Die before statement number ``statement`` (from 1; BEGIN and COMMIT are statements too)."""
        execute, query = asyncpg.Connection._execute, asyncpg.Connection.execute  # type: ignore[attr-defined]
        self.sent, self._at = 0, statement

        async def executed(connection: Any, *args: Any, **more: Any) -> Any:
            self._count(connection)
            return await execute(connection, *args, **more)

        async def commanded(connection: Any, text: str, *args: Any, **more: Any) -> Any:
            if not args:  # BEGIN, COMMIT and the like; the others come by ``_execute``
                self._count(connection)
            return await query(connection, text, *args, **more)

        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "_execute", executed)
            patched.setattr(asyncpg.Connection, "execute", commanded)
            yield

    def _count(self, connection: Any) -> None:
        self.sent += 1
        if self.sent >= self._at and connection._transport is not None:
            connection._transport.abort()


_FREE = """
update due set held_until = null, lease_until = null, begun = 1 where tenant_id = $1 and held_until is not null
"""


async def killed_on_the_way(
    city: City, job: uuid.UUID, monkeypatch: pytest.MonkeyPatch, look: Callable[[], Awaitable[Any]], *, stride: int
) -> tuple[int, list[Any]]:
    """Run a job with a worker that dies before its first statement, then one that dies ``stride`` later, and so on.

    Until one lives to its end. Return how many died, and what ``look`` found after each.
    """
    deaths, found = 0, []
    while True:
        killer, at = Killer(), 1 + deaths * stride
        with killer.at(at, monkeypatch), suppress(*CUT_OFF):
            await run_job(city.tenant.id, job, early=True)
        found.append(await look())
        if killer.sent < at:
            return deaths, found
        deaths += 1
        # The hold of a dead worker runs out by itself; here nobody waits for it.
        async with city.serving():
            await pool().execute(_FREE, city.tenant.id)
