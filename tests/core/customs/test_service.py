"""What a city customises, by the functions that profiles and regions use: layered, handed down, never lost."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.cases.registry import open_kinds
from leancity.core.customs.branding import current_branding
from leancity.core.customs.history import history, undo
from leancity.core.customs.service import Item, change, collections, explained, last_source, own
from leancity.core.errors import Forbidden, NotSignedIn, Refused
from leancity.core.files.pruning import prune
from leancity.core.files.service import keep_photo
from leancity.core.i18n.catalogue import text
from leancity.core.moment import now
from leancity.core.settings.layers import Origin
from leancity.core.settings.region import hand_down
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import set_region
from leancity.core.testing.city import City
from tests.core.settings.test_settings import apart
from tests.modules.city_problems.conftest import jpeg

REPORT = "city_problems.report"
REPORTED = f"{REPORT}/state/reported"
PROFILE = "profile:southern"
CHANGES = "select source from custom_change where tenant_id = $1 order by at, id"


async def item(collection: str, key: str) -> Item:
    (found,) = [each for each in await explained(collection) if each.key == key]
    return found


def shown(found: Item) -> dict[str, tuple[Any, Origin]]:
    return {each.field.name: (each.value, each.origin) for each in found.resolved.fields}


def title(key: str = "reported") -> str:
    return open_kinds()[REPORT].state(key).title["ru"]


async def test_a_profile_applied_twice_changes_nothing_and_its_hand_is_known(city: City, another_city: City) -> None:
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("core.names", REPORTED, {"ru": "Ждёт"}),
        ("core.texts", "notify_filed", {"ru": "{number}: {kind}"}),
        ("core.targets", f"{REPORT}/reported/target", {"amount": 4, "unit": "clock_hours", "start": "moment"}),
        ("core.branding", "", {"title_ru": "Южный", "colour": "#00ff00"}),
        ("core.calendar", "", {"weekly": ["08:00-16:00"] * 5 + ["", ""]}),
        ("core.calendar_days", "2026-12-26", {"kind": "full", "reason": "перенос", "hours": "10:00-14:00"}),
        ("core.roles", "city.clerk", {"title": "Писарь", "permissions": ["core.unit.read", "core.case.read@unit"]}),
        ("core.roles", "core.executor", {"title": "Мастер"}),
        ("city_problems.settings", "", {"most_photos": 3}),
    ]
    async with city.serving():
        for expected in (True, False):
            applied = [await change(*each, source=PROFILE) for each in wanted]
            assert applied == [expected] * len(wanted)
        for collection, key, values in wanted:
            kept = (await own(collection))[key]
            given = {name: sorted(value) if name == "permissions" else value for name, value in values.items()}
            assert kept.items() >= given.items(), collection
            assert await last_source(collection, key) == PROFILE
        assert await last_source("core.names", REPORT) is None
        await change("core.names", REPORTED, {"en": "Waiting"})
        assert await last_source("core.names", REPORTED) == ""
    assert [row["source"] for row in await city.rows(CHANGES)] == [PROFILE] * len(wanted) + [""]
    async with city.serving():
        assert (title(), current_branding().colour) == ("Ждёт", "#00ff00")
    async with another_city.serving():
        assert (title(), current_branding().colour) == ("Поступило", None)
        assert await own("core.names") == {}
    assert await another_city.rows(CHANGES) == []


async def test_going_back_to_what_is_inherited(city: City) -> None:
    async with city.serving():
        await change("core.names", REPORTED, {"ru": "Ждёт", "en": "Waiting"})
        assert await change("core.names", REPORTED, {"en": None})
        assert await own("core.names") == {REPORTED: {"ru": "Ждёт"}}
        assert await change("core.names", REPORTED, None)
        assert not await change("core.names", REPORTED, None)
        assert await own("core.names") == {}
        assert shown(await item("core.names", REPORTED)) == {
            "ru": ("Поступило", Origin.MODULE),
            "en": ("Reported", Origin.MODULE),
        }
        await change("core.roles", "city.clerk", {"title": "Clerk", "permissions": []})
        assert (await item("core.roles", "city.clerk")).is_added
        assert shown(await item("core.roles", "core.executor"))["title"][1] is Origin.MODULE
        assert await change("core.roles", "city.clerk", None)
        assert "city.clerk" not in await own("core.roles")


async def test_a_region_gives_names_and_the_city_has_the_last_word(make_city: Callable[..., Awaitable[City]]) -> None:
    city, region = await make_city("city_problems"), await make_city("city_problems", kind="region")
    await set_region(city.tenant.slug, region.tenant.slug)
    async with region.serving():
        await change("core.names", REPORTED, {"ru": "Из региона", "en": "The region's"})
        await change("core.branding", "", {"title_ru": "Область", "colour": "#111111"})
    await region.run_jobs()
    async with city.serving():
        assert shown(await item("core.names", REPORTED))["ru"] == ("Из региона", Origin.REGION)
        assert title() == "Из региона"
        assert (current_branding().colour, current_branding().title_ru) == ("#111111", None), "the name is its own"
        assert await own("core.names") == {}
        assert await last_source("core.names", REPORTED) is None, "nobody in the city has touched it"
        await change("core.names", REPORTED, {"ru": "Своё"})
    async with city.serving():
        assert open_kinds()[REPORT].state("reported").title == {"ru": "Своё", "en": "The region's"}
    async with region.serving():
        await change("core.names", REPORTED, None)
    await region.run_jobs()
    await region.run_jobs()
    async with city.serving():
        assert open_kinds()[REPORT].state("reported").title == {"ru": "Своё", "en": "Reported"}
        await change("core.names", REPORTED, None)
    assert [row["source"] for row in await city.rows(CHANGES)] == ["region", "region", "", "region", ""]
    audited = "select data from audit_event where tenant_id = $1 and action = 'core.custom.handed_down' order by id"
    first = json.loads((await city.rows(audited))[0]["data"])
    assert first == {"collection": "core.names", "keys": [REPORTED], "region": region.tenant.slug}
    async with region.serving():
        await change("core.texts", "notify_filed", {"ru": "Область: {number}"})
    await region.run_jobs()
    async with city.serving():
        assert text("notify_filed", "ru", {"number": "1"}) == "Область: 1"
    await set_region(city.tenant.slug, None)
    async with city.serving():
        assert text("notify_filed", "ru", {"number": "1", "kind": "x"}) == "Новое дело 1: x"


async def test_those_who_change_at_once_lose_nothing(city: City) -> None:
    async def work(key: str, values: dict[str, Any]) -> None:
        async with city.serving():
            await change("core.names", key, values)

    states = ("sorted", "sent", "in_work")
    others = [work(f"{REPORT}/state/{state}", {"ru": state}) for state in states]
    await apart(work(REPORTED, {"ru": "р"}), work(REPORTED, {"en": "e"}), *others)
    async with city.serving():
        kept = await own("core.names")
        assert kept.pop(REPORTED) == {"ru": "р", "en": "e"}
        assert kept == {f"{REPORT}/state/{state}": {"ru": state} for state in states}
    assert len(await city.rows(CHANGES)) == 5
    before = city.tenant.revision
    async with city.serving():
        assert city.tenant.revision - before in (0, 5)
        assert [title(state) for state in states] == [*states]


async def test_what_is_customised_comes_along_once_a_revision(city: City, another_city: City) -> None:
    async with city.serving():
        await change("core.names", REPORTED, {"ru": "Ждёт"})
        assert title() == "Поступило", "a city is served as it was when it was entered"
    first, second = [await tenant_by_slug(city.tenant.slug) for _ in range(2)]
    assert first is not None and second is not None
    assert first.customs is second.customs, "read once"
    assert first.customs.of("core.names")[REPORTED].own == {"ru": "Ждёт"}
    async with city.serving():
        await change("core.names", REPORTED, {"ru": "Иначе"})
    third = await tenant_by_slug(city.tenant.slug)
    assert third is not None and third.revision == first.revision + 1
    assert third.customs.of("core.names")[REPORTED].own == {"ru": "Иначе"}
    bare = await tenant_by_slug(another_city.tenant.slug)
    assert bare is not None and (bare.revision, bare.customs.items) == (0, {})


async def test_words_that_would_not_be_taken_today_are_passed_over(city: City) -> None:
    async with city.serving():
        await change("core.texts", "notify_filed", {"ru": "{number}"})
    bad = json.dumps({"ru": "{number.__class__.__mro__}", "en": "{number:>9999999}"})
    await city.rows("update custom_item set changed = $2 where tenant_id = $1 returning id", bad)
    await city.rows("update tenant set revision = revision + 1 where id = $1 returning id")
    async with city.serving():
        assert text("notify_filed", "ru", {"number": "1", "kind": "x"}) == "Новое дело 1: x"
        assert text("notify_filed", "en", {"number": "1", "kind": "x"}).count(" ") < 10


async def test_who_may_not_is_refused(city: City) -> None:
    clerk = await city.user("core.settings.change")
    async with city.serving(as_=clerk):
        assert "core.names" in collections()
        await change("core.names", REPORTED, {"ru": "Ждёт"})
        for collection in ("core.roles", "city_problems.settings"):
            with pytest.raises(Forbidden):
                await change(collection, "", {})
        with pytest.raises(Refused, match=r"^collection: not_found$"):
            await explained("core.dragons")
    async with city.serving(as_stranger=True):
        for asked in (own("core.names"), last_source("core.names", ""), change("core.names", REPORTED, None)):
            with pytest.raises(NotSignedIn):
                await asked


async def test_what_a_region_asks_of_accounts_is_asked_in_its_cities(make_city: Callable[..., Awaitable[City]]) -> None:
    city, region = await make_city("city_problems"), await make_city("city_problems", kind="region")
    clerk = await city.user("core.unit.read")
    await set_region(city.tenant.slug, region.tenant.slug)
    async with region.serving():
        await change("core.settings", "", {"is_totp_required": True})
    await region.run_jobs()
    assert (await city.again(clerk)).principal.must_enrol_totp
    async with city.serving():
        await change("core.settings", "", {"is_totp_required": False})
    assert not (await city.again(clerk)).principal.must_enrol_totp


async def test_a_region_gives_while_the_city_changes_and_neither_waits_for_ever(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    city, region = await make_city("city_problems"), await make_city("city_problems", kind="region")
    await set_region(city.tenant.slug, region.tenant.slug)
    async with region.serving():
        await change("core.names", REPORTED, {"en": "The region's"})

    async def given() -> None:
        async with region.serving():
            await hand_down({"collection": "core.names"})

    async def named(number: int) -> None:
        async with city.serving():
            await change("core.names", REPORTED, {"ru": f"Имя {number}"})

    async with asyncio.timeout(30):
        await apart(*(work for number in range(4) for work in (given(), named(number))))
    async with city.serving():
        assert open_kinds()[REPORT].state("reported").title["en"] == "The region's"
        assert (await own("core.names"))[REPORTED]["ru"].startswith("Имя ")
    assert [row["source"] for row in await city.rows(CHANGES)].count("region") == 1


async def test_the_logo_is_kept_while_it_is_one(city: City) -> None:
    later = now() + timedelta(days=3)

    async def is_there(file_id: uuid.UUID) -> bool:
        return bool(await city.rows("select id from stored_file where tenant_id = $1 and id = $2", file_id))

    async with city.serving():
        logo, loose = [await keep_photo("logo.jpg", jpeg()) for _ in range(2)]
        await change("core.branding", "", {"logo_file_id": str(logo.id)})
        await prune(later)
    assert (await is_there(logo.id), await is_there(loose.id)) == (True, False)
    async with city.serving():
        await change("core.branding", "", {"logo_file_id": None})
        (taken, _) = await history("core.branding", "", limit=5)
        await prune(later)
        with pytest.raises(Refused, match=r"^change_id: not_found$"):
            await undo(taken.id)
    assert not await is_there(logo.id)
