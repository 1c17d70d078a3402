"""Which rule a report fits: pure functions over what a report says and what is known of its words, place and moment.

One report and ten thousand of the history go the same way: what the database knows of many (stems, territories) is
looked up at once, then each is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leancity.core.clock.city import city_clock
from leancity.core.clock.work_clock import WorkClock
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.routing.places import territories_at
from leancity.modules.city_problems.routing.rules import DAYS, RouteItem, in_order
from leancity.modules.city_problems.routing.words import lexemes_of

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is asked of a report: ``at`` is when it was reported, ``cell`` its H3 cell, None without a point."""

    category: str
    cell: int | None
    text: str
    address: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a report means to the rules: its stems, the territories it lies in, the city's wall clock then."""

    category: str
    lexemes: frozenset[str]
    territories: frozenset[str]
    local: datetime
    is_working: bool


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule with the stems of its words: all of a set must stand in the text for one entry to stand in it."""

    key: str
    item: RouteItem
    words: tuple[frozenset[str], ...]
    words_none: tuple[frozenset[str], ...]


async def compiled(items: Mapping[str, RouteItem]) -> list[Rule]:
    """Return rules in the order in which they are asked."""
    words = sorted({word for item in items.values() for word in (*item.words, *item.words_none)})
    stems = dict(zip(words, await lexemes_of(words), strict=True))
    return [
        Rule(
            key=key,
            item=items[key],
            words=tuple(stems[word] for word in items[key].words),
            words_none=tuple(stems[word] for word in items[key].words_none),
        )
        for key in in_order(items)
    ]


async def known_of(subjects: Sequence[Subject], rules: Iterable[Rule]) -> list[Facts]:
    """Return what these rules ask of each report; nothing is looked up that none of them asks."""
    rules = [*rules]
    zone = current_tenant().zone_info
    wanted = {key for rule in rules for key in rule.item.territories}
    cells = {subject.cell for subject in subjects if subject.cell is not None}
    places = await territories_at(cells, wanted)
    lexemes: Sequence[frozenset[str]] = [frozenset()] * len(subjects)
    if any(rule.words or rule.words_none for rule in rules):
        lexemes = await lexemes_of([f"{each.text}\n{each.address}" for each in subjects])
    clock = await city_clock() if any(rule.item.when != "any" for rule in rules) else None
    return [
        facts_of(subject, stems, places.get(subject.cell or 0, frozenset()), zone, clock)
        for subject, stems in zip(subjects, lexemes, strict=True)
    ]


def facts_of(
    subject: Subject, lexemes: frozenset[str], territories: frozenset[str], zone: ZoneInfo, clock: WorkClock | None
) -> Facts:
    """Put together what is known of a report; without a ``clock`` no time counts as working time."""
    return Facts(
        category=subject.category,
        lexemes=lexemes,
        territories=territories,
        local=subject.at.astimezone(zone),
        is_working=clock is not None and clock.between(subject.at, subject.at + _MOMENT) > 0,
    )


def first_fitting(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """Return the first of the rules that fits."""
    return next((rule for rule in rules if fits(rule, facts)), None)


def fits(rule: Rule, facts: Facts) -> bool:
    """Tell whether every condition of a rule holds."""
    item = rule.item
    return (
        (not item.categories or facts.category in item.categories)
        and (not item.territories or not facts.territories.isdisjoint(item.territories))
        and (item.when == "any" or (item.when == "working") is facts.is_working)
        and is_within_window(item, facts.local)
        and (not rule.words or _stands(rule.words, facts.lexemes))
        and not _stands(rule.words_none, facts.lexemes)
    )


def is_within_window(item: RouteItem, local: datetime) -> bool:
    """Tell whether a moment on the city's wall clock lies in a rule's days and hours.

    The end is no longer within. A window over midnight belongs to the day it begins on: Friday from 22:00 to 06:00
    holds five in the morning of Saturday.
    """
    day, begins, ends = local.weekday(), item.from_time, item.to_time
    if begins is not None and ends is not None:
        at = local.time()
        if begins < ends:
            if not begins <= at < ends:
                return False
        elif at < ends:
            day = (day - 1) % 7
        elif at < begins:
            return False
    return not item.weekdays or DAYS[day] in item.weekdays


def _stands(entries: Iterable[frozenset[str]], lexemes: frozenset[str]) -> bool:
    """Tell whether one of the entries stands in a text; one without stems stands nowhere."""
    return any(entry and entry <= lexemes for entry in entries)
