"""How many statements a report costs that runs on its process: filed, and taken in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from leancity.modules.city_problems import service
from tests.modules.city_problems.conftest import Town

NEW = service.NewReport(category="pothole", text="A deep hole", lat=46.9591, lon=142.738)
FILED, SORTED = 65, 55
"""The most that they may cost, with those that enter the city."""


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the statements of the block, but for those that open and close transactions."""
    statements: list[str] = []
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]

    async def executed(connection: Any, query: str, *args: Any, **more: Any) -> Any:
        statements.append(query)
        return await execute(connection, query, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "_execute", executed)
        yield statements


async def test_what_filing_and_sorting_cost(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town.city.serving():
        await service.report(NEW)  # the program is compiled, the clock is built
        with counted(monkeypatch) as filing:
            case = await service.report(NEW)
    async with town.city.serving(as_=town.clerk):
        with counted(monkeypatch) as sorting:
            await service.sort(case.id)
    assert len(filing) <= FILED and len(sorting) <= SORTED, "\n".join([*filing, "", *sorting])
    for statements in (filing, sorting):
        calendars = [each for each in statements if 'FROM "work_hours"' in each or 'FROM "calendar_day"' in each]
        assert len(calendars) == 2, "read once in a unit of work"
