"""A town with a partner: an account of another system, and the key it was given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest_asyncio

from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.open311.endpoint import Endpoint


@pytest_asyncio.fixture
async def make_endpoint(make_town: Callable[..., Awaitable[Town]]) -> Callable[..., Awaitable[Endpoint]]:
    async def make() -> Endpoint:
        town = await make_town()
        return Endpoint(town=town, partner=await town.city.user(roles=["city_problems.partner"]))

    return make


@pytest_asyncio.fixture
async def endpoint(make_endpoint: Callable[..., Awaitable[Endpoint]]) -> Endpoint:
    return await make_endpoint()
