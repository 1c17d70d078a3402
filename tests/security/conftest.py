"""The world, made once for each test that asks about it."""

from __future__ import annotations

import pytest_asyncio

from leancity.core.testing.city import City
from tests.security.world import World, make_world


@pytest_asyncio.fixture
async def world(city: City, another_city: City) -> World:
    """One of everything, and everybody who might ask for it."""
    return await make_world(city, another_city)
