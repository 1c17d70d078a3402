"""Fixtures: a city with the invented modules of ``town.py``, served for one of its clerks."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime

import pytest
import pytest_asyncio

from leancity.core.cases.kinds import CaseKind
from leancity.core.i18n import catalogue
from leancity.core.identity.units import create_unit
from leancity.core.jobs import registry
from leancity.core.plugins import manager
from leancity.core.testing.city import City
from tests.core.cases.town import EVERYTHING, REQUEST, Desk, NewTown, Park, Town, person


@pytest.fixture
def install(platform: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[CaseKind], None]]:
    """Install both modules, as their entry points would; called with another kind, the desk has that one."""

    def installed(kind: CaseKind = REQUEST) -> None:
        desk = Desk()
        desk.kind = kind
        monkeypatch.setattr(manager, "discover", lambda allowed: {"desk": desk, "park": Park()})
        manager.installed_modules.cache_clear()

    installed()
    yield installed
    monkeypatch.undo()
    for remembers_modules in (manager.installed_modules, registry.jobs, catalogue._installed):
        remembers_modules.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``clock("2026-03-02 10:00+11:00")``: that is the present for the cases, until called again."""

    def stands_at(text: str) -> None:
        moment = datetime.fromisoformat(text)
        for name, module in [*sys.modules.items()]:
            if name.startswith("leancity.core.cases.") and hasattr(module, "now"):
                monkeypatch.setattr(module, "now", lambda: moment)

    return stands_at


@pytest_asyncio.fixture
async def new_town(install: object, make_city: Callable[..., Awaitable[City]]) -> NewTown:
    async def make(*modules: str) -> Town:
        city = await make_city(*(modules or ("desk", "park")))
        async with city.serving():
            road, park = await create_unit("roads", "Roads"), await create_unit("parks", "Parks")
            clerk, gardener = [await person(*EVERYTHING, unit_id=unit) for unit in (road, park)]
        return Town(city, road, park, clerk, gardener)

    return make


@pytest_asyncio.fixture
async def town(new_town: NewTown) -> Town:
    return await new_town()


@pytest_asyncio.fixture
async def desk(town: Town) -> AsyncIterator[Town]:
    """The town being served for its clerk."""
    async with town.city.serving(as_=town.clerk):
        yield town
