"""Schedules: on the city's own clock, begun, carried on, mended, ended and made up for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leancity.core.errors import StartupError
from leancity.core.jobs.cron import check_schedules, is_slot, last_slot, slot_after
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.schedules import begin_schedules, mend_schedules, schedules, tick
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job, Schedule
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City

SAKHALIN, BERLIN = ZoneInfo("Asia/Sakhalin"), ZoneInfo("Europe/Berlin")
NAME = "city_problems.hourly"
UNKNOWN: Any = "fast"  # a queue


def moments(cron: str, zone: ZoneInfo, after: datetime, amount: int) -> list[str]:
    """Return the next moments of ``cron``, in UTC, as text."""
    found, slot = [], after
    for _ in range(amount):
        slot = slot_after(cron, zone, slot)
        assert is_slot(cron, zone, slot)
        found.append(slot.strftime("%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 3 * * *", SAKHALIN, datetime(2026, 3, 28, tzinfo=SAKHALIN), ["27 16:00", "28 16:00", "29 16:00"]),
        ("0 3 * * *", SAKHALIN, datetime(2026, 10, 24, tzinfo=SAKHALIN), ["23 16:00", "24 16:00", "25 16:00"]),
        # 02:30 is skipped on 29 March: done at 03:00 summer time, the next day at 02:30 again.
        ("30 2 * * *", BERLIN, datetime(2026, 3, 28, 12, tzinfo=BERLIN), ["29 01:00", "30 00:30", "31 00:30"]),
        # 02:30 comes twice on 25 October: done the first time only.
        ("30 2 * * *", BERLIN, datetime(2026, 10, 24, 12, tzinfo=BERLIN), ["25 00:30", "26 01:30", "27 01:30"]),
        ("0 3 * * *", BERLIN, datetime(2026, 10, 24, 12, tzinfo=BERLIN), ["25 02:00", "26 02:00", "27 02:00"]),
        # What comes every half an hour goes on through both hours.
        ("*/30 * * * *", BERLIN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ["25 01:00", "25 01:30", "25 02:00"]),
        ("0 9 * * 1", SAKHALIN, datetime(2026, 11, 23, 9, tzinfo=SAKHALIN), ["29 22:00", "06 22:00"]),
    ],
)
def test_moments_are_the_citys_own(cron: str, zone: ZoneInfo, after: datetime, expected: list[str]) -> None:
    assert moments(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize("cron", ["0 3 * * *", "*/7 * * * *", "0 9 * * 1", "15 4 1 1 *", "0 0 29 2 *"])
def test_the_last_moment_is_the_one_before_the_next(cron: str) -> None:
    moment = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
    last = last_slot(cron, BERLIN, moment)
    assert last is not None and last <= moment < slot_after(cron, BERLIN, last)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (Schedule(name="a.b", cron="0 3 * *", job="a.job"), "five fields"),
        (Schedule(name="a.b", cron="61 3 * * *", job="a.job"), "Bad minute"),
        (Schedule(name="a.b", cron="0 0 30 2 *", job="a.job"), "Bad day"),
        (Schedule(name="a.b", cron="0 3 * * *", job="a.nothing"), "no such job: 'a.nothing'"),
        (Schedule(name="a.b", cron="0 3 * * *", job="c.job"), "no such job: 'c.job'"),
        (Schedule(name="a.b", cron="0 3 * * *", job="a.job", queue=UNKNOWN), "no such queue"),
    ],
)
def test_a_wrong_schedule_stops_the_start_with_its_modules_name(schedule: Schedule, told: str) -> None:
    with pytest.raises(StartupError, match=told) as error:
        check_schedules([schedule], {"a.job", "c.job"})
    assert str(error.value).startswith("a: register_schedules: 'a.b'")
    check_schedules([Schedule(name="a.b", cron="0 3 * * *", job="a.job")], {"a.job"})


def test_the_kernels_own_schedules_are_right() -> None:
    for schedule in schedules().values():
        check_schedules([schedule], jobs())


@pytest.fixture
def hourly(monkeypatch: pytest.MonkeyPatch, platform: object) -> Schedule:
    """A schedule of city_problems whose job always fails."""

    async def fail(payload: dict[str, Any]) -> None:
        raise RuntimeError(payload["why"])

    schedule = Schedule(name=NAME, cron="0 * * * *", job="city_problems.fails", payload={"why": "x"})
    monkeypatch.setitem(jobs(), schedule.job, Job(name=schedule.job, run=fail, max_attempts=1))
    monkeypatch.setitem(installed_modules().schedules, NAME, schedule)
    return schedule


async def ticks(city: City, state: str = "waiting") -> list[datetime]:
    """Return for which moments links of the chain are there."""
    found = "select run_at from job where tenant_id = $1 and name = 'core.schedule' and key like $2 and state = $3"
    return [row["run_at"] for row in await city.rows(found + " order by 1", f"schedule:{NAME}:%", state)]


async def asked(city: City) -> list[str]:
    """Return the keys of the real jobs."""
    rows = await city.rows("select key from job where tenant_id = $1 and name = 'city_problems.fails' order by key")
    return [row["key"] for row in rows]


async def test_a_city_begins_with_a_chain_for_each_schedule(hourly: Schedule, city: City, make_city: Any) -> None:
    assert await ticks(city) == [slot_after(hourly.cron, SAKHALIN, now())]
    without = await make_city()
    assert await ticks(without) == []
    kernel = await without.rows("select key from job where tenant_id = $1 and name = 'core.schedule'")
    assert {row["key"].split(":")[1] for row in kernel} >= {"core.retention"}
    async with city.serving():
        assert await begin_schedules() == 0, "a chain is begun once"


async def test_a_chain_goes_on_whatever_its_job_does(hourly: Schedule, city: City) -> None:
    (first,) = await ticks(city)
    slot = first - timedelta(hours=1)
    async with city.serving():
        await tick({"schedule": NAME, "slot": slot.isoformat()})
        await tick({"schedule": NAME, "slot": slot.isoformat()})  # at least once
    assert await asked(city) == [f"{NAME}@{slot.isoformat()}"]
    await city.run_jobs()
    (row,) = await city.rows("select state, payload from job where tenant_id = $1 and name = 'city_problems.fails'")
    assert tuple(row) == ("dead", '{"why": "x"}')
    assert await ticks(city) == [first]


async def test_missed_moments_are_made_up_for_once_by_the_latest(hourly: Schedule, city: City) -> None:
    (first,) = await ticks(city)
    async with city.serving():
        await tick({"schedule": NAME, "slot": (first - timedelta(days=3)).isoformat()})
    assert await asked(city) == [f"{NAME}@{(first - timedelta(hours=1)).isoformat()}"]
    assert await ticks(city) == [first]


async def test_a_moment_that_is_none_any_more_asks_for_nothing(hourly: Schedule, city: City) -> None:
    (first,) = await ticks(city)
    async with city.serving():
        await tick({"schedule": NAME, "slot": (first - timedelta(minutes=90)).isoformat()})  # of another expression
        await tick({"schedule": "core.gone", "slot": (first - timedelta(hours=1)).isoformat()})
    assert await asked(city) == [] and await ticks(city) == [first]


async def test_leaving_a_module_ends_its_chains_and_coming_back_begins_them(hourly: Schedule, city: City) -> None:
    await city.leave("city_problems")
    await city.run_jobs(all_due=True, schedules=True)
    assert await ticks(city) == [] and await asked(city) == []
    async with city.serving():
        await tick({"schedule": NAME, "slot": (now() - timedelta(hours=1)).isoformat()})
    assert await ticks(city) == [] and await asked(city) == []
    await city.rows("delete from job where tenant_id = $1 and key like $2 returning 1", f"schedule:{NAME}:%")
    await city.subscribe("city_problems")
    assert await ticks(city) == [slot_after(hourly.cron, SAKHALIN, now())]


async def test_a_chain_that_broke_is_mended(hourly: Schedule, city: City) -> None:
    (first,) = await ticks(city)
    await city.rows("delete from job where tenant_id = $1 and key like $2 returning 1", f"schedule:{NAME}:%")
    assert await mend_schedules() >= 1
    assert await ticks(city) == [first]
    assert await mend_schedules() == 0


async def test_a_link_that_is_done_makes_the_next(hourly: Schedule, city: City) -> None:
    """As the worker does it, once its moment has come."""
    (first,) = await ticks(city)
    slot = (first - timedelta(hours=1)).isoformat()
    await city.rows(
        "update job set run_at = now(), payload = jsonb_build_object('schedule', $2::text, 'slot', $3::text) "
        "where tenant_id = $1 and key like $4 returning 1",
        NAME, slot, f"schedule:{NAME}:%",
    )  # fmt: skip
    await city.run_jobs(all_due=True, schedules=True)
    assert await asked(city) == [f"{NAME}@{slot}"]
