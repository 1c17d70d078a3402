"""What the tests of the operator's place share: a place of their own, who works there, a city to look after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.jobs.outcomes import Rejected
from leancity.core.jobs.registry import jobs
from leancity.core.plugins.contributions import Job
from leancity.core.testing.city import City, TestUser

MakeCity = Callable[..., Awaitable[City]]


@pytest_asyncio.fixture
async def place(make_city: MakeCity) -> City:
    """An operator's place; in production there is one of an installation."""
    return await make_city("operator", kind="operator")


@pytest_asyncio.fixture
async def boss(place: City) -> TestUser:
    """Who may do everything at the place."""
    return await place.user(roles=["operator.administrator"])


@pytest_asyncio.fixture
async def town(make_city: MakeCity) -> City:
    """A city that knows nothing of the place."""
    return await make_city("city_problems")


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let ``core.poison`` be rejected, until what is returned is called."""

    async def reject(payload: dict[str, Any]) -> None:
        raise Rejected("refused for good")

    async def accept(payload: dict[str, Any]) -> None:
        """Mended."""

    monkeypatch.setitem(jobs(), "core.poison", Job(name="core.poison", run=reject))
    return lambda: monkeypatch.setitem(jobs(), "core.poison", Job(name="core.poison", run=accept))
