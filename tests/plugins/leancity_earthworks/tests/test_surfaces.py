"""What a city makes its own of the module's lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from leancity.core.customs.service import change
from leancity.core.testing.city import City


async def test_a_city_has_its_own_surfaces(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city("earthworks")
    async with city.serving():
        await change("earthworks.surfaces", "asphalt", {"restore_days": 7})
        await change("earthworks.surfaces", "lawn", {"is_off": True})
        await change("earthworks.surfaces", "cobbles", {"title": "Брусчатка"})
    data = await city.data("{ earthworks { surfaces { key title restoreDays } } }")
    assert data["earthworks"]["surfaces"] == [
        {"key": "asphalt", "title": "Асфальт", "restoreDays": 7},
        {"key": "cobbles", "title": "Брусчатка", "restoreDays": 10},
    ]
