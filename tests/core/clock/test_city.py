"""The city's calendar within one unit of work: read once, and anew where the unit itself has changed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

from leancity.core.clock.city import city_calendar, clear_day, clear_hours, override_day, set_hours
from leancity.core.db.unit import tenant_tx
from leancity.core.testing.city import City


async def test_what_a_unit_changes_it_reads_anew(make_city: Callable[..., Awaitable[City]]) -> None:
    city, day = await make_city(), date(2026, 3, 2)
    async with city.serving(), tenant_tx(write=True):
        before = await city_calendar()
        assert await city_calendar() is before, "asked for once"
        await set_hours(("10:00-12:00",) * 7, "", 0)
        changed = await city_calendar()
        assert (changed.weekly != before.weekly, changed.country) == (True, None)
        await override_day(day, "holiday", "a storm")
        assert [each.day for each in (await city_calendar()).overrides] == [day]
        await clear_day(day)
        assert (await city_calendar()).overrides == ()
        await clear_hours()
        assert await city_calendar() == before
