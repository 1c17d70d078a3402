"""What may be the same problem, offered before a report is sent: near, of the category, open or lately repaired.

Recall comes first: all that is near is offered, the likeliest before the rest, as many as a person will look at. The
words only order. They are compared by what everybody may read: how like a text is to another's would otherwise tell
what was hidden in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp
from typing import Any

from leancity.core.cases.checks import keepable
from leancity.core.db.search import STEMS_SQL
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.geo.cells import ranges_around
from leancity.core.geo.distance import DISTANCE_SQL
from leancity.core.moment import now
from leancity.core.settings.service import settings_of
from leancity.modules.city_problems.categories import details_of
from leancity.modules.city_problems.duplicates.originals import roots_of
from leancity.modules.city_problems.kinds import DUPLICATE, FIXED, KEY, MODULE
from leancity.modules.city_problems.on_map import IN_RUNS
from leancity.modules.city_problems.seen import SEEN, seeing
from leancity.modules.city_problems.settings import CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsCategory

OFFERED = 5
LOOKED_AT = 200
"""Of the reports around a place so many, the nearest, are compared."""
LONGEST = 2000
"""Characters of a text that are compared."""
ALIKE = 0.25
"""From this likeness on the words say that it is the same problem."""
_CLOSENESS, _WORDS, _FRESHNESS, _CATEGORY = 0.5, 0.4, 0.1, 0.5
_DAYS = 30

# $1 city, $2 to $8 who asks, $9 kind, $10 and $11 the point, $12 the text, $13 the category or
# null, $14 to $16 what is offered: duplicates (of something), those fixed since.
_METRES = DISTANCE_SQL.format(lat="r.lat", lon="r.lon", other_lat="$10::float8", other_lon="$11::float8")
_JOINED = "from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id"
_REPORTS = f"""
select c.id, r.category_id, c.outcome, c.opened_at, r.public_text, {_METRES} as metres
{_JOINED}
where r.tenant_id = $1 and c.tenant_id = $1 and c.kind = $9 and {SEEN}
  and ($13::uuid is null or r.category_id = $13)
  and (c.closed_at is null or c.outcome = $14 or (c.outcome = $15 and c.closed_at >= $16))
"""
_COMPARED = "select found.*, {words} as words, (select {asked}) as asked from ({reports}) as found".replace(
    "{words}", STEMS_SQL.format(text="left(found.public_text, 2000)")
).replace("{asked}", STEMS_SQL.format(text="$12::text"))
_AROUND = _COMPARED.format(
    reports=_REPORTS.replace(_JOINED, IN_RUNS.format(low="$17", high="$18"))
    + f" and {_METRES} <= $19 order by 6 limit $20"
)
_THESE = _COMPARED.format(reports=_REPORTS + " and c.id = any($17::uuid[])")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A point in degrees of WGS 84."""

    lat: float
    lon: float


@dataclass(frozen=True, kw_only=True)
class Near:
    """A report that may tell of the same problem.

    ``metres`` to it, or to the nearest report that was marked as its duplicate; ``likeness`` 0 to 1 of the words;
    ``reason``: ``words`` (near, and told alike), ``repaired`` (near, and closed as fixed lately), or ``place``.
    """

    id: uuid.UUID
    metres: float
    likeness: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Found:
    id: uuid.UUID
    category_id: uuid.UUID
    outcome: str | None
    opened_at: datetime
    metres: float | None
    likeness: float


async def nearby(place: Place, category: str, text: str = "") -> list[Near]:
    """Return what is offered to who is about to report a problem of a ``category`` (its key), the likeliest first.

    At most five of the reports that whoever asks may see; of one marked as a duplicate, its original. ``Refused``:
    there is no such category.
    """
    city = await settings_of(MODULE, CityProblemsSettings)
    limits = await seeing()
    async with tenant_tx() as unit:
        row = await _category(category)
        radius = details_of(row).radius or city.duplicate_radius
        since = now() - timedelta(days=city.duplicate_days)
        asking = (unit.tenant_id, *limits, KEY, place.lat, place.lon, keepable(text)[:LONGEST])
        only = None if city.is_duplicate_of_any_category else row.id
        lows, highs = zip(*ranges_around(place.lat, place.lon, radius), strict=True)
        circle = ([*lows], [*highs], radius, LOOKED_AT)
        around = await unit.connection.fetch(_AROUND, *asking, only, DUPLICATE, FIXED, since, *circle)
        repeats = [_found(each) for each in around if each["outcome"] == DUPLICATE]
        originals = {each["id"]: _found(each) for each in around if each["outcome"] != DUPLICATE}
        roots = await roots_of([each.id for each in repeats]) if repeats else {}
        if missing := {root for ends in roots.values() for root in ends} - originals.keys():
            rows = await unit.connection.fetch(_THESE, *asking, None, DUPLICATE, FIXED, since, [*missing])
            originals |= {each["id"]: _found(each) for each in rows if each["outcome"] != DUPLICATE}
    for repeat in repeats:
        for root in roots[repeat.id]:
            if root in originals:  # else it is hidden, closed long ago, or the mark doesn't say of what
                originals[root] = _nearer(originals[root], repeat)
    ranked = sorted(originals.values(), key=lambda each: _score(each, radius, row.id), reverse=True)
    return [_near(each) for each in ranked[:OFFERED]]


def _nearer(original: _Found, repeat: _Found) -> _Found:
    """Return the original with what its duplicate has better: the nearer place, the liker words."""
    metres = min(each for each in (original.metres, repeat.metres) if each is not None)
    return replace(original, metres=metres, likeness=max(original.likeness, repeat.likeness))


def likeness(words: Collection[str], others: Collection[str]) -> float:
    """Return 0 to 1: how many of the stems two texts share (Dice's coefficient); 0 where one has none."""
    common = {*words} & {*others}
    return 2 * len(common) / (len({*words}) + len({*others})) if common else 0.0


def _found(row: Any) -> _Found:
    return _Found(
        id=row["id"],
        category_id=row["category_id"],
        outcome=row["outcome"],
        opened_at=row["opened_at"],
        metres=row["metres"],
        likeness=likeness(row["words"], row["asked"]),
    )


def _near(found: _Found) -> Near:
    reason = "words" if found.likeness >= ALIKE else "repaired" if found.outcome == FIXED else "place"
    return Near(id=found.id, metres=found.metres or 0.0, likeness=found.likeness, reason=reason)


def _score(found: _Found, radius: float, category_id: uuid.UUID) -> float:
    days = (now() - found.opened_at).total_seconds() / 86400
    closeness = 1 - min(1.0, (found.metres or 0.0) / radius)
    score = _CLOSENESS * closeness + _WORDS * found.likeness + _FRESHNESS * exp(-max(days, 0.0) / _DAYS)
    return score + _CATEGORY * (found.category_id == category_id)


async def _category(key: str) -> CityProblemsCategory:
    mine = (CityProblemsCategory.key == keepable(key)) & CityProblemsCategory.is_active.eq(True)
    row = await CityProblemsCategory.objects().where(mine).first()
    if row is None:
        raise refuse("city_problems.category_unknown", "category", category=key)
    return row
