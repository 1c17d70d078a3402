"""Watching a place: who does follows each new report there from the moment that everybody may see it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from math import degrees

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.cases.followers import add_followers
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.geo.distance import DISTANCE_SQL, EARTH
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport, CityProblemsWatch

MOST_WATCHES = 20
NEAREST, FARTHEST = 50, 5000
"""Metres of a watch's radius."""

_LOCK_ACCOUNT = "select from user_account where tenant_id = $1 and id = $2 for no key update"
# $2 and $3 are the point, $4 how many degrees of latitude the widest watch reaches, $5 the category.
_WATCHERS = """
select distinct w.user_id from city_problems_watch w
where w.tenant_id = $1 and w.lat between $2::float8 - $4::float8 and $2::float8 + $4::float8
  and (w.category_id is null or w.category_id = $5) and {distance} <= w.radius
""".replace("{distance}", DISTANCE_SQL.format(lat="w.lat", lon="w.lon", other_lat="$2::float8", other_lon="$3::float8"))
_SUPPORTERS = "select user_id from city_problems_supporter where tenant_id = $1 and case_id = $2"


@dataclass(frozen=True, kw_only=True)
class NewWatch:
    """A place to hear of: a point (degrees of WGS 84), metres around it, one category (None: any)."""

    title: str
    lat: float
    lon: float
    radius: int
    category_id: uuid.UUID | None = None


async def my_watches() -> list[CityProblemsWatch]:
    """Return the places that whoever asks watches, the newest first; none for who is not signed in."""
    user_id = current_principal().user_id
    if user_id is None:
        return []
    async with tenant_tx():
        mine = CityProblemsWatch.objects().where(CityProblemsWatch.user_id == user_id)
        return await mine.order_by(CityProblemsWatch.at, CityProblemsWatch.id, ascending=False)


async def watch(new: NewWatch) -> CityProblemsWatch:
    """Let whoever asks watch a place; refuse what does not fit, naming each field, and more than 20 places."""
    user_id = current_principal().account()
    checks = Checks()
    title = checks.text("title", new.title, limit=SHORT, required=True)
    if not (-90 <= new.lat <= 90 and -180 <= new.lon <= 180):
        checks.wrong("city_problems.point_invalid", "point")
    if not NEAREST <= new.radius <= FARTHEST:
        checks.wrong("city_problems.radius_invalid", "radius", low=NEAREST, high=FARTHEST)
    checks.done()
    async with tenant_tx(write=True) as unit:
        # Of two at once the second sees what the first has added.
        await unit.connection.execute(_LOCK_ACCOUNT, unit.tenant_id, user_id)
        if await CityProblemsWatch.count().where(CityProblemsWatch.user_id == user_id) >= MOST_WATCHES:
            raise refuse("city_problems.watches_full", "title", limit=MOST_WATCHES)
        known = CityProblemsCategory.exists().where(CityProblemsCategory.id == new.category_id)
        if new.category_id is not None and not await known:
            raise refuse("not_found", "category_id")
        row = CityProblemsWatch(
            user_id=user_id,
            title=title,
            lat=new.lat,
            lon=new.lon,
            radius=new.radius,
            category_id=new.category_id,
            at=now(),
        )
        await row.save()
        await record("city_problems.watch.added", "city_problems_watch", row.id)
    return row


async def unwatch(watch_id: uuid.UUID) -> None:
    """Let whoever asks watch a place of theirs no longer. The reports that they follow by it they go on following."""
    mine = (CityProblemsWatch.id == watch_id) & (CityProblemsWatch.user_id == current_principal().account())
    async with tenant_tx(write=True):
        if not await CityProblemsWatch.delete().where(mine).returning(CityProblemsWatch.id):
            raise refuse("not_found", "id")
        await record("city_problems.watch.removed", "city_problems_watch", watch_id)


async def add_watchers(case: CaseRecord, report: CityProblemsReport) -> int:
    """Let who watches the place of a report that is about to be shown follow it, and who said «me too» of it.

    Joins the open unit of work; returns how many began to. Who filed it is told of it anyway, as the one who did.
    """
    async with tenant_tx(write=True) as unit:
        reach = degrees(FARTHEST / EARTH)
        near = []
        if report.lat is not None and report.lon is not None:
            place = (report.lat, report.lon, reach, report.category_id)
            near = await unit.connection.fetch(_WATCHERS, unit.tenant_id, *place)
        near += await unit.connection.fetch(_SUPPORTERS, unit.tenant_id, case.id)
        people = {row["user_id"] for row in near} - {case.author_id}
        return await add_followers(case.id, people)
