"""A city with units, people and categories."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest_asyncio
from PIL import Image

from leancity.core.identity.units import create_unit
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems.demo import load_categories

if TYPE_CHECKING:
    from tests.modules.city_problems.drawing_board import Service

REPORT = """
mutation ($input: CityProblemsReportInput!) { cityProblemsReport(input: $input) {
  errors { field code message } report { id number status statusTitle title point { lat lon } } } }
"""
POINT = {"lat": 46.9591, "lon": 142.738}


@dataclass(frozen=True, kw_only=True)
class Town:
    """The city, its people and the unit of the executor."""

    city: City
    clerk: TestUser
    executor: TestUser
    unit_id: str

    async def report(self, *, locale: str = "en", **fields: Any) -> dict[str, Any]:
        """Report as a stranger and return the payload."""
        filled = {"point": POINT, "category": "pothole", "text": "A deep hole", **fields}
        data = await self.city.data(REPORT, {"input": filled}, locale=locale)
        payload: dict[str, Any] = data["cityProblemsReport"]
        return payload

    async def do(self, as_: TestUser | None, mutation: str, *, locale: str = "en") -> dict[str, Any]:
        """Run one mutation on a report and return its payload."""
        asked = "errors { field code message } report { id status outcome closedAt }"
        query = f"mutation {{ done: {mutation} {{ {asked} }} }}"
        data = await self.city.data(query, as_=as_, locale=locale)
        payload: dict[str, Any] = data["done"]
        return payload

    async def photo(self) -> dict[str, str]:
        """Upload a photo as a stranger and return what a mutation takes."""
        answer = await self.city.request("POST", "/files", files={"file": ("hole.jpg", jpeg(), "image/jpeg")})
        assert answer.status_code == 201, answer.text
        return {"id": answer.json()["id"], "claim": answer.json()["claim"]}


async def let_anybody_report() -> None:
    """Let strangers report in the city being served, which is not the default."""
    await change_settings(installed_modules(), "city_problems", {"who_may_report": "anybody"})


def jpeg() -> bytes:
    """A small photo with a geotag and a maker's note."""
    image = Image.new("RGB", (64, 48), "grey")
    exif = image.getexif()
    exif[0x010F] = "Secret maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (46.0, 57.0, 32.76), 3: "E", 4: (142.0, 44.0, 16.8)})
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest_asyncio.fixture
async def make_town(make_city: Callable[..., Awaitable[City]]) -> Callable[..., Awaitable[Town]]:
    async def make(zone: str = "Asia/Sakhalin") -> Town:
        city = await make_city("city_problems", zone=zone)
        async with city.serving():
            await let_anybody_report()
            unit_id = await create_unit("roads", "Roads")
            await load_categories()
        clerk = await city.user(roles=["city_problems.clerk"])
        executor = await city.user(roles=["city_problems.executor"], unit_id=unit_id)
        return Town(city=city, clerk=clerk, executor=executor, unit_id=str(unit_id))

    return make


@pytest_asyncio.fixture
async def service(town: Town) -> Service:
    from tests.modules.city_problems.drawing_board import service_of  # it needs the town of this file

    return await service_of(town)


@pytest_asyncio.fixture
async def town(make_town: Callable[..., Awaitable[Town]]) -> Town:
    return await make_town()
