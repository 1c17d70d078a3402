"""Which rule fits: order, words, places and moments, for one report and for many alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.clock.city import override_day
from leancity.core.geo.cells import cell_of
from leancity.core.geo.territories import save_territory
from leancity.core.testing.city import City
from leancity.modules.city_problems.routing.matching import (
    Facts,
    Rule,
    Subject,
    compiled,
    facts_of,
    first_fitting,
    fits,
    known_of,
)
from leancity.modules.city_problems.routing.rules import Day, RouteItem, in_order

NOON = datetime(2026, 11, 20, 1, tzinfo=UTC)  # a Friday; noon in Sakhalin
CENTRE, NORTH = (46.9591, 142.7380), (46.99, 142.7380)
WORDS = ("яма", "снег", "свет")


def square(lat: float, lon: float, half: float = 0.01) -> str:
    corners = [(-half, -half), (-half, half), (half, half), (half, -half), (-half, -half)]
    points = ", ".join(f"[{lon + dlon}, {lat + dlat}]" for dlat, dlon in corners)
    return f'{{"type": "Polygon", "coordinates": [[{points}]]}}'


def subject(text: str = "", *, at: datetime = NOON, where: tuple[float, float] | None = CENTRE) -> Subject:
    return Subject(category="pothole", cell=where and cell_of(*where), text=text, address="", at=at)


async def fitting(items: Mapping[str, RouteItem], *subjects: Subject) -> list[str | None]:
    """Return the key of the rule that each of the subjects fits."""
    rules = await compiled(items)
    found = [first_fitting(rules, facts) for facts in await known_of(subjects, rules)]
    return [None if rule is None else rule.key for rule in found]


def plain(key: str, item: RouteItem) -> Rule:
    stems = {name: tuple(frozenset({word}) for word in getattr(item, name)) for name in ("words", "words_none")}
    return Rule(key=key, item=item, **stems)


@given(
    rules=st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.builds(
            RouteItem,
            order=st.integers(0, 2),
            categories=st.lists(st.sampled_from(["pothole", "snow"]), max_size=2).map(tuple),
            words=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
            words_none=st.lists(st.sampled_from(WORDS), max_size=1).map(tuple),
        ),
    ),
    category=st.sampled_from(["pothole", "snow"]),
    stems=st.frozensets(st.sampled_from(WORDS)),
    data=st.data(),
)
def test_the_first_that_fits_counts_however_the_rules_come(
    rules: dict[str, RouteItem], category: str, stems: frozenset[str], data: st.DataObject
) -> None:
    facts = Facts(category=category, lexemes=stems, territories=frozenset(), local=NOON, is_working=False)
    mixed = dict(data.draw(st.permutations([*rules.items()])))
    found = first_fitting([plain(key, mixed[key]) for key in in_order(mixed)], facts)

    def holds(item: RouteItem) -> bool:
        if item.categories and category not in item.categories:
            return False
        if item.words and not stems & {*item.words}:
            return False
        return not stems & {*item.words_none}

    fit = [(item.order, key) for key, item in rules.items() if holds(item)]
    assert (None if found is None else found.key) == (min(fit)[1] if fit else None)


@pytest.mark.parametrize(
    "zone", ["Europe/Kaliningrad", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Tomsk", "Asia/Sakhalin", "Asia/Anadyr"]
)
@pytest.mark.parametrize(
    ("begins", "ends", "weekdays", "inside", "outside"),
    [
        (time(9), time(18), (), ["fri 09:00", "sun 17:59"], ["fri 08:59", "fri 18:00"]),
        (time(9), time(18), ("fri",), ["fri 12:00"], ["thu 12:00", "sat 12:00"]),
        (
            time(22),
            time(6),
            ("fri",),
            ["fri 22:00", "fri 23:59", "sat 00:00", "sat 05:59"],
            ["fri 05:00", "fri 21:59", "sat 06:00", "sat 22:00", "thu 23:00"],
        ),
        (time(18), time(0), ("sun",), ["sun 18:00", "sun 23:59"], ["mon 00:00", "sun 17:59"]),
        (None, None, ("sat", "sun"), ["sat 00:00", "sun 23:59"], ["fri 23:59", "mon 00:00"]),
    ],
)
def test_a_window_on_the_citys_clock(
    zone: str, begins: time | None, ends: time | None, weekdays: tuple[Day, ...], inside: list[str], outside: list[str]
) -> None:
    days = {"mon": 16, "thu": 19, "fri": 20, "sat": 21, "sun": 22}
    rule = plain("r", RouteItem(from_time=begins, to_time=ends, weekdays=weekdays))

    def fits_at(told: str) -> bool:
        day, clock = told.split()
        local = datetime.combine(date(2026, 11, days[day]), time.fromisoformat(clock), tzinfo=ZoneInfo(zone))
        facts = facts_of(subject(at=local.astimezone(UTC)), frozenset(), frozenset(), ZoneInfo(zone), None)
        return fits(rule, facts)

    assert [told for told in inside if not fits_at(told)] == []
    assert [told for told in outside if fits_at(told)] == []


async def test_words_are_found_in_any_form_and_excluded(city: City) -> None:
    items = {
        "yard": RouteItem(words=("детская площадка",), order=1),
        "holes": RouteItem(words=("яма", "Ёлка"), words_none=("люк",), order=2),
    }
    texts = {
        "Огромные ямы во дворе": "holes",
        "Полно ЯМ": "holes",
        "упали елки": "holes",
        "Яма возле люков": None,
        "Ямщик": None,
        "На площадке для детей сломаны качели; площадка детская": "yard",
        "На площадке темно": None,
        "": None,
    }
    async with city.serving():
        assert await fitting(items, *map(subject, texts)) == [*texts.values()]
        by_address = Subject(category="x", cell=None, text="Темно", address="у ёлки", at=NOON)
        assert await fitting(items, by_address) == ["holes"]


async def test_places_by_the_citys_territories(city: City) -> None:
    async with city.serving():
        await save_territory("north", "Север", square(*NORTH))
        await save_territory("centre", "Центр", square(*CENTRE))
        await save_territory("all", "Всё", square(*CENTRE, half=0.05))
        items = {
            "a": RouteItem(territories=("north",), order=1),
            "b": RouteItem(territories=("centre", "north"), order=2),
            "c": RouteItem(territories=("all",), order=3),
        }
        places = (NORTH, CENTRE, (46.93, 142.70), (0.0, 0.0), None)
        assert await fitting(items, *(subject(where=place) for place in places)) == ["a", "b", "c", None, None]


async def test_working_time_by_the_citys_calendar(city: City) -> None:
    items = {"day": RouteItem(when="working"), "night": RouteItem(when="not_working")}

    def at(told: str) -> Subject:
        return subject(at=datetime.fromisoformat(told).replace(tzinfo=ZoneInfo("Asia/Sakhalin")).astimezone(UTC))

    moments = {
        "2026-11-20 10:00": "day",
        "2026-11-20 08:59": "night",
        "2026-11-20 09:00": "day",
        "2026-11-20 23:00": "night",
        "2026-11-21 10:00": "night",  # a Saturday
        "2026-01-09 10:00": "night",  # a Friday, to which a day off was moved
        "2026-12-26 10:00": "day",  # a Saturday that this city works
        "2026-12-25 10:00": "night",  # for it has this Friday off
    }
    async with city.serving():
        await override_day(date(2026, 12, 26), "full", "перенос")
        await override_day(date(2026, 12, 25), "holiday", "перенос")
        assert await fitting(items, *map(at, moments)) == [*moments.values()]


async def test_one_report_and_many_are_judged_alike(city: City) -> None:
    texts = ("Яма", "Много снега", "Света нет вторую ночь", "Яма и снег", "Ничего", "О ямщиках")
    places = (CENTRE, NORTH, None)
    subjects = [
        subject(f"{text} {hour}", where=place, at=NOON.replace(hour=hour))
        for text in texts
        for place in places
        for hour in (0, 9, 20)
    ]
    async with city.serving():
        await save_territory("north", "Север", square(*NORTH))
        items = {
            "a": RouteItem(words=("снег",), territories=("north",)),
            "b": RouteItem(words=("яма", "свет"), words_none=("снег",), when="working"),
            "c": RouteItem(from_time=time(7), to_time=time(12)),
        }
        at_once = await fitting(items, *subjects)
        assert [(await fitting(items, each))[0] for each in subjects] == at_once
        assert {*at_once} == {"a", "b", "c", None}
