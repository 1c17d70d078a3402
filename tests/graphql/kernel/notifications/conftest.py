"""Fixtures: an office whose people are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest_asyncio

from leancity.core.identity.units import create_unit
from leancity.core.testing.city import City
from leancity.core.testing.mailbox import Mailbox
from tests.graphql.kernel.conftest import DISPATCHER, Office
from tests.graphql.kernel.notifications.desk import Desk, account


@pytest_asyncio.fixture
async def desk(make_city: Callable[..., Awaitable[City]], mailbox: Mailbox) -> Desk:
    city = await make_city("city_problems")
    async with city.serving():
        roads, parks = [str(await create_unit(key, key)) for key in ("roads", "parks")]
    office = Office(
        city=city,
        roads=roads,
        parks=parks,
        dispatcher=await account(city, *DISPATCHER, unit_id=roads),
        gardener=await account(city, "core.case.read", "core.case.accept", "core.case.comment", unit_id=parks),
    )
    clerk = await account(city, *DISPATCHER, unit_id=roads)
    return Desk(office=office, clerk=clerk, resident=await account(city, kind="resident"), mailbox=mailbox)
