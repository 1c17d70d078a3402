"""A region gives its cities their defaults: by command, by jobs, and never by reading across the wall."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.customs.service import HAND_DOWN
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.plugins.manager import Modules
from leancity.core.settings import region
from leancity.core.settings.layers import Origin
from leancity.core.settings.service import change_settings, explained, settings_of
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import region_of
from leancity.core.tenancy.service import set_region
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from leancity.modules.city_problems.settings import CityProblemsSettings
from tests.core.settings.test_settings import apart

MODULE = "city_problems"
Work: TypeAlias = Callable[[], Awaitable[None]]
HANDED = "select data from audit_event where tenant_id = $1 and action = 'core.settings.handed_down' order by id"
JOINED = "select data from audit_event where tenant_id = $1 and action = 'core.region.changed' order by id"
JOB = "select state, last_error from job where tenant_id = $1 and name = $2"


@dataclass(frozen=True, kw_only=True)
class Land:
    """A region with two cities, and a city of another region."""

    region: City
    first: City
    second: City
    elsewhere: City
    modules: Modules

    async def change(self, city: City, **changes: Any) -> None:
        async with city.serving():
            await change_settings(self.modules, MODULE, changes)

    async def photos(self, city: City) -> tuple[int, Origin, int]:
        """Return how many photos hold, whose figure it is, and what the city would inherit."""
        async with city.serving(), tenant_tx():  # one snapshot: workers may be at it
            found = await explained(self.modules, MODULE)
            settings = await settings_of(MODULE, CityProblemsSettings)
        (photos,) = (each for each in found.fields if each.field.name == "most_photos")
        assert settings.most_photos == photos.value
        return photos.value, photos.origin, photos.inherited


@pytest_asyncio.fixture
async def land(make_city: Callable[..., Awaitable[City]], modules: Modules) -> Land:
    first, second, elsewhere = [await make_city(MODULE) for _ in range(3)]
    above, other = [await make_city(MODULE, kind="region") for _ in range(2)]
    for city in (first, second):
        await set_region(city.tenant.slug, above.tenant.slug)
    await set_region(elsewhere.tenant.slug, other.tenant.slug)
    return Land(region=above, first=first, second=second, elsewhere=elsewhere, modules=modules)


async def test_what_a_region_sets_holds_in_its_cities_until_they_set_their_own(land: Land) -> None:
    await land.change(land.first, is_list_public=False)
    await land.change(land.region, most_photos=7)
    assert await land.photos(land.first) == (5, Origin.MODULE, 5), "nothing is read across the wall"
    await land.region.run_jobs()
    for city in (land.first, land.second):
        assert await land.photos(city) == (7, Origin.REGION, 7)
    assert await land.photos(land.elsewhere) == (5, Origin.MODULE, 5)

    await land.change(land.first, most_photos=2)
    assert await land.photos(land.first) == (2, Origin.CITY, 7)
    await land.change(land.region, most_photos=8)
    await land.region.run_jobs()
    assert await land.photos(land.first) == (2, Origin.CITY, 8)
    await land.change(land.first, most_photos=None)
    assert await land.photos(land.first) == (8, Origin.REGION, 8)
    await land.change(land.region, most_photos=None)
    await land.region.run_jobs()
    assert await land.photos(land.first) == (5, Origin.MODULE, 5)
    async with land.first.serving():
        assert (await settings_of(MODULE, CityProblemsSettings)).is_list_public is False


async def test_it_is_recorded_in_each_city_once_however_often_the_job_runs(land: Land) -> None:
    await land.change(land.region, most_photos=7)
    await land.change(land.region, is_list_public=True)
    assert await land.region.run_jobs() == 2
    for city in (land.first, land.second):
        (row,) = await city.rows(HANDED)
        fields = ["is_list_public", "most_photos"]
        assert json.loads(row["data"]) == {"fields": fields, "module": MODULE, "region": land.region.tenant.slug}
    assert await land.elsewhere.rows(HANDED) == []


async def test_a_city_without_the_module_has_it_when_it_comes_back(land: Land) -> None:
    await land.first.leave(MODULE)
    await land.change(land.region, most_photos=7)
    await land.region.run_jobs()
    await land.first.subscribe(MODULE)
    assert await land.photos(land.first) == (7, Origin.REGION, 7)


async def test_a_city_that_fails_is_tried_again_and_holds_up_nobody(platform: Platform, land: Land) -> None:
    await land.change(land.region, most_photos=7)
    failing = min(land.first, land.second, key=lambda city: city.tenant.slug)  # the one that comes first
    others = land.second if failing is land.first else land.first
    connection = await asyncpg.connect(platform.superuser_url, database=platform.database)
    check = f"add constraint broken check (tenant_id <> {failing.tenant.id} or handed_down = '{{}}') not valid"
    await connection.execute(f"alter table custom_item {check}")
    try:
        await land.region.run_jobs()
        assert await land.photos(others) == (7, Origin.REGION, 7)
        assert await land.photos(failing) == (5, Origin.MODULE, 5)
        (row,) = await land.region.rows(JOB, HAND_DOWN)
        assert row["state"] == "waiting" and failing.tenant.slug in row["last_error"]
        await land.change(others, most_photos=1)
    finally:
        await connection.execute("alter table custom_item drop constraint broken")
        await connection.close()
    await land.region.run_jobs(all_due=True)
    assert await land.photos(failing) == (7, Origin.REGION, 7)
    assert await land.photos(others) == (1, Origin.CITY, 7)
    assert len(await others.rows(HANDED)) == 1


async def test_a_late_run_leaves_the_last_change_too(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run is held up with the old value in its hands until the second has been everywhere."""
    held, may_go_on = asyncio.Event(), asyncio.Event()

    async def late(city: Tenant, work: Work) -> None:
        if not held.is_set():
            held.set()
            await may_go_on.wait()
        await in_city(city, work)

    async def run() -> None:
        async with land.region.serving():
            await region.hand_down({"collection": f"{MODULE}.settings"})

    monkeypatch.setattr(region, "in_city", late)
    await land.change(land.region, most_photos=7)
    first = asyncio.create_task(run(), context=contextvars.Context())
    await held.wait()
    await land.change(land.region, most_photos=8)
    await apart(run())
    may_go_on.set()
    await first
    for city in (land.first, land.second):
        assert await land.photos(city) == (8, Origin.REGION, 8)
    written = await land.first.rows(HANDED) + await land.second.rows(HANDED)
    assert len(written) == 6, "in each city the new value, the old one that came late, and the new one again"


async def test_joining_brings_what_is_set_already_and_leaving_takes_only_that(land: Land) -> None:
    await land.change(land.region, most_photos=7)
    await land.change(land.elsewhere, is_list_public=False)
    slug = land.elsewhere.tenant.slug
    await set_region(slug, land.region.tenant.slug)
    await set_region(slug, land.region.tenant.slug)
    assert await land.region.run_jobs() == 3, "asked for again by whoever asks again"
    assert await land.photos(land.elsewhere) == (7, Origin.REGION, 7)

    await set_region(slug, None)
    assert await land.photos(land.elsewhere) == (5, Origin.MODULE, 5)
    assert await land.photos(land.first) == (7, Origin.REGION, 7), "nobody else was touched"
    await land.change(land.region, most_photos=9)
    await land.region.run_jobs()
    assert await land.photos(land.elsewhere) == (5, Origin.MODULE, 5)
    async with land.elsewhere.serving():
        assert (await settings_of(MODULE, CityProblemsSettings)).is_list_public is False
    rows = await land.elsewhere.rows(JOINED)
    assert [json.loads(row["data"])["region"] for row in rows][1:] == [land.region.tenant.slug, None]


async def test_the_command_puts_a_city_into_a_region_and_takes_it_out(
    make_city: Callable[..., Awaitable[City]], platform: Platform
) -> None:
    city, above = (await make_city()).tenant.slug, (await make_city(kind="region")).tenant.slug

    async def said(*arguments: str) -> tuple[str, str]:
        done = await asyncio.to_thread(platform.command, "city", "region", city, *arguments, check=False)
        return done.stdout.strip(), done.stderr.strip()

    answers = [await said(above), await said("nowhere"), await said("--none")]
    assert answers == [(above, ""), ("", "leancity: region: There is no city nowhere"), ("none", "")]


async def test_a_city_that_has_left_is_given_nothing_by_a_job_that_saw_it(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = sorted((land.first, land.second), key=lambda city: city.tenant.slug)

    async def leaving(city: Tenant, work: Work) -> None:
        if city.slug == first.tenant.slug:
            await apart(set_region(last.tenant.slug, None))
        await in_city(city, work)

    monkeypatch.setattr(region, "in_city", leaving)
    await land.change(land.region, most_photos=7)
    await land.region.run_jobs()
    assert await land.photos(first) == (7, Origin.REGION, 7)
    assert await land.photos(last) == (5, Origin.MODULE, 5)


async def test_a_region_that_does_not_fit_is_refused(land: Land, make_city: Callable[..., Awaitable[City]]) -> None:
    above, city = land.region.tenant.slug, land.first.tenant.slug
    alone = (await make_city()).tenant.slug
    for given, message in (
        ((alone, alone), "region: region_expected"),
        ((alone, city), "region: region_expected"),
        ((above, alone), "city: region_for_cities"),
        ((above, above), "city: region_for_cities"),
        ((alone, "nowhere"), "region: city_unknown"),
        (("nowhere", above), "city: city_unknown"),
        (("nowhere", None), "city: city_unknown"),
    ):
        with pytest.raises(Refused, match=f"^{message}$"):
            await set_region(*given)
    found = await region_of(land.first.tenant.id)
    assert found is not None and found.slug == above
    assert await region_of(land.region.tenant.id) is None


@pytest.mark.long
async def test_a_worker_hands_down_by_itself(land: Land, platform: Platform) -> None:
    await land.change(land.region, most_photos=7)
    with platform.process("worker"), platform.process("scheduler"):
        async with asyncio.timeout(300):
            while await land.photos(land.second) != (7, Origin.REGION, 7):  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.1)
    (row,) = await land.region.rows(JOB, HAND_DOWN)
    assert (row["state"], row["last_error"]) == ("done", "")
