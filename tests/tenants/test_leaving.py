"""A city leaves a module and comes back, as it lives through it: open sockets, waiting jobs, a schedule, its data.

The module is a third party's, with something behind every door, in an installation that has it: a database, a web
process, a worker and a scheduler of their own. What each door does by itself is the contract's (``core.testing``).
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.db.bootstrap import bootstrap, drop_database
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.moment import now
from leancity.core.testing.city import City, TestUser, new_city
from leancity.core.testing.platform import PASSWORD, Platform, _free_port, _wait
from tests.core.jobs.yard import until

MODULE = "earthworks"
SOURCE = Path(__file__).parents[1] / "plugins" / "leancity_earthworks"
PROMISED = 2.0  # seconds; two busy cores are given twice that
BODIES = "{ earthworks { bodies { key } } }"
APPLY = "mutation ($input: EarthworksApplyInput!) { earthworksApply(input: $input) { errors { code } } }"
SET_BODY = """mutation { earthworksSetBody(input: {key: "roads", titleRu: "Дороги", titleEn: "Roads"}) {
  errors { code } } }"""
SET = "mutation { settingsChange(changes: {earthworks: {answerDays: 7}}) { errors { code } } }"
ISSUED = "subscription { earthworksPermitsIssued { isResync } }"
SETTINGS = '{ moduleSettings(module: "earthworks") { fields { name value } } }'
RULES = "{ notificationRules { key } }"
FILE = "/m/earthworks/permits.geojson"
_KEPT = """
select (select count(*) from earthworks_body where tenant_id = $1) as bodies,
       (select count(*) from earthworks_permit where tenant_id = $1) as permits,
       (select count(*) from earthworks_approval where tenant_id = $1) as approvals,
       (select count(*) from case_record where tenant_id = $1) as cases,
       (select count(*) from case_event where tenant_id = $1) as events
"""
_JOB = "select state, attempts, run_at from job where tenant_id = $1 and name = $2 order by created_at desc limit 1"
_COMES_NOW = """
with moved as (update job set run_at = now() where tenant_id = $1 and name = $2 and state = 'waiting' returning id)
update due d set run_at = now(), lease_until = null from moved where d.tenant_id = $1 and d.id = moved.id returning d.id
"""
# As if the moment that the schedule waits for had come.
_SLOT_COMES = """
update job set key = replace(key, payload ->> 'slot', $3), payload = jsonb_set(payload, '{slot}', to_jsonb($3::text))
where tenant_id = $1 and id = $2 returning id
"""
_TICKS = (
    "select id, payload, key from job where tenant_id = $1 and key like 'schedule:earthworks.%' and state = 'waiting'"
)


@dataclass(frozen=True, kw_only=True)
class Town:
    """A city that has the module, and somebody who may do everything in it."""

    city: City
    chief: TestUser


def install(site: Path) -> None:
    """Lay the plug-in down as an installer does: a package beside its metadata."""
    shutil.copytree(SOURCE / "leancity_earthworks", site / "leancity_earthworks")
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = site / "leancity_earthworks-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    points = project["entry-points"]["leancity.modules"].items()
    lines = [f"{name} = {module}" for name, module in points]
    (metadata / "entry_points.txt").write_text("\n".join(["[leancity.modules]", *lines]) + "\n")


def commanded(platform: Platform, *arguments: str) -> None:
    """Run ``leancity …`` in a process that finds the plug-in installed, as the test platform's own do not."""
    command = [sys.executable, "-m", "leancity.core.cli", *arguments]
    subprocess.run(command, env=platform.environment, capture_output=True, check=True, timeout=300)


def elsewhere(url: str, before: str, after: str) -> str:
    return url.replace(f"/{before}", f"/{after}")


@pytest_asyncio.fixture
async def town(platform: Platform, tmp_path: Path) -> AsyncIterator[Town]:
    """An installation of its own on the servers of the test platform."""
    install(tmp_path)
    name, port = f"{platform.database}_leaving", _free_port()
    app, migrate = (elsewhere(url, platform.database, name) for url in (platform.app_url, platform.migrate_url))
    more = {
        "PYTHONPATH": ":".join([str(tmp_path), *filter(None, [platform.environment.get("PYTHONPATH")])]),
        "DATABASE_URL": app,
        "DATABASE_MIGRATE_URL": migrate,
        "REDIS_PREFIX": "leaving",
        "LEANCITY_PORT": str(port),
    }
    there = replace(
        platform,
        database=name,
        app_url=app,
        migrate_url=migrate,
        port=port,
        environment={**platform.environment, **more},
    )
    await drop_database(platform.superuser_url, name)
    await bootstrap(platform.superuser_url, name, PASSWORD, PASSWORD)
    await asyncio.to_thread(commanded, there, "db", "migrate")
    with ExitStack() as stack:
        for process in ("web", "worker", "scheduler"):
            stack.enter_context(there.process(process))
        await open_pool(app, size=5)
        try:
            city = await new_city(there, ["city_problems"])
            await asyncio.to_thread(_wait, port)
            await subscribed(city)
            rights = ("application.read", "approval.give", "body.change", "settings.change")
            chief = await city.user(*(f"{MODULE}.{right}" for right in rights), "core.notification.manage")
            yield Town(city=city, chief=chief)
        finally:
            await close_pool()
    await drop_database(platform.superuser_url, name)


async def subscribed(city: City) -> None:
    await asyncio.to_thread(commanded, city.platform, "module", "subscribe", city.tenant.slug, MODULE)


@pytest.mark.long
async def test_a_city_leaves_a_module_and_comes_back_to_its_data(town: Town) -> None:
    city, chief = town.city, town.chief
    for query in (SET_BODY, SET):
        [payload] = (await city.data(query, as_=chief)).values()
        assert payload["errors"] == []
    assert (await city.data(APPLY, {"input": application()}))["earthworksApply"]["errors"] == []
    await until(lambda: has_job(city, "earthworks.chase"))  # its listener ran, and asked to come back in some days
    assert await is_open(town) == {True}
    [tick] = await city.rows(_TICKS)
    [before] = await city.rows(_KEPT)
    assert before["approvals"] == before["cases"] == 1
    settings = await city.data(SETTINGS, as_=chief)
    assert {"name": "answerDays", "value": 7} in settings["moduleSettings"]["fields"]

    async with city.socket(chief) as socket:
        await socket.begin(ISSUED)
        assert (await socket.receive())["payload"]["data"]["earthworksPermitsIssued"] == {"isResync": True}
        leaving = asyncio.create_task(
            asyncio.to_thread(commanded, city.platform, "module", "leave", city.tenant.slug, MODULE)
        )
        left_at, (code, closed_at) = await asyncio.gather(row_gone(city), closing(socket))
        await leaving
    took = closed_at - left_at
    sys.stdout.write(f"\nthe socket closed {took:.2f} s after the city had left (promised: {PROMISED} s)\n")
    assert code == 4403
    assert took < 2 * PROMISED

    assert await is_open(town) == {False}
    slot = datetime.fromisoformat(json.loads(tick["payload"])["slot"]) - timedelta(days=1)
    await city.rows(_SLOT_COMES, tick["id"], slot.isoformat())
    for name in ("earthworks.chase", "core.schedule"):
        await city.rows(_COMES_NOW, name)
    await until(lambda: came_and_was_put_off(city))
    assert await city.rows(_TICKS) == [], "its schedule comes no more"
    assert not await has_job(city, "earthworks.forget_phones")
    assert await city.rows(_KEPT) == [before]

    await subscribed(city)
    assert await is_open(town) == {True}
    assert await city.rows(_KEPT) == [before]
    assert await city.data(SETTINGS, as_=chief) == settings
    assert len(await city.rows(_TICKS)) == 1
    await city.rows(_COMES_NOW, "earthworks.chase")  # else in five minutes
    await until(lambda: is_done(city, "earthworks.chase"))
    async with city.socket(chief) as socket:
        await socket.begin(ISSUED)
        assert (await socket.receive())["payload"]["data"]["earthworksPermitsIssued"] == {"isResync": True}


async def is_open(town: Town) -> set[bool]:
    """Return what the doors say, asked from outside: all of them the same."""
    city, chief = town.city, town.chief
    asked = {
        "field": "errors" not in await city.graphql(BODIES),
        "mutation": "errors" not in await city.graphql(APPLY, {"input": {**application(), "address": ""}}),
        "route": (await city.request("GET", FILE)).status_code == 200,
        "settings": bool((await city.graphql(SETTINGS, as_=chief)).get("data", {}).get("moduleSettings")),
        "notifications": "earthworks.decided" in str(await city.graphql(RULES, as_=chief)),
        "subscription": await subscribes(city, chief),
        "types": "EarthworksPermit" in str(await city.graphql("{ __schema { types { name } } }", as_=chief)),
    }
    assert len({*asked.values()}) == 1, asked
    return {*asked.values()}


async def subscribes(city: City, chief: TestUser) -> bool:
    async with city.socket(chief) as socket:
        await socket.begin(ISSUED)
        return bool((await socket.receive())["type"] == "next")


async def row_gone(city: City) -> float:
    """Wait until the subscription's row is gone; return the moment of the monotonic clock."""
    connection = await asyncpg.connect(city.platform.app_url)
    query = "select true from subscription where tenant_id = $1 and module = $2"
    try:

        async def is_gone() -> bool:
            return not await connection.fetchval(query, city.tenant.id, MODULE)

        await until(is_gone, every=0.01)
        return time.monotonic()
    finally:
        await connection.close()


async def closing(socket: Any) -> tuple[int, float]:
    """Wait until the server closes the socket; return the code, and the moment of the monotonic clock."""
    code, _, _ = await socket.closed(patience=60)
    return code, time.monotonic()


async def has_job(city: City, name: str) -> bool:
    return bool(await city.rows(_JOB, name))


async def is_done(city: City, name: str) -> bool:
    return bool(await city.rows("select 1 from job where tenant_id = $1 and name = $2 and state = 'done'", name))


async def came_and_was_put_off(city: City) -> bool:
    """Tell whether a worker has met the module's job and put it off, uncounted, and the schedule's chain has ended."""
    [job] = await city.rows(_JOB, "earthworks.chase")
    assert (job["state"], job["attempts"]) == ("waiting", 0)
    return job["run_at"] > now() and not await city.rows(_TICKS)


def application() -> dict[str, Any]:
    begins = now() + timedelta(days=2)
    days = {"digsFrom": begins, "digsUntil": begins + timedelta(days=5), "restoredBy": begins + timedelta(days=30)}
    return {
        "point": {"lat": 46.9591, "lon": 142.738},
        "address": "12 Garden Street",
        "purpose": "A new water pipe",
        "applicantName": "Ivan Petrov",
        "applicantPhone": "+7 000 111-22-33",
        **{name: day.date().isoformat() for name, day in days.items()},
    }
