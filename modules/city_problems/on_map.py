"""Reports on the map, as far as whoever asks may see them: hexagons of many, and single points."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.geo.cells import FINEST, PARENT_SQL, centre_of, ranges_around
from leancity.core.geo.distance import distance
from leancity.modules.city_problems.kinds import KEY
from leancity.modules.city_problems.seen import SEEN, seeing

COARSEST = 3
MOST_CLUSTERS = 2000
MOST_POINTS = 500
STREETS = 2000
"""Metres from the middle of a frame to its corners up to which it is read by the index of cells: a larger one holds so
much of a city that the table itself is read."""

IN_RUNS = """
from unnest({low}::bigint[], {high}::bigint[]) as run (low, high)
cross join lateral (
    select each.* from city_problems_report each
    where each.tenant_id = $1 and each.cell between run.low and run.high offset 0
) as r
cross join lateral (
    select each.* from case_record each where each.tenant_id = $1 and each.id = r.case_id offset 0
) as c
"""
"""Reports ``r`` and their cases ``c`` in runs of cells; the two places are their bounds.

Nothing tells the planner how much lies in a run. ``offset 0`` keeps it from walking the tables instead: each run is one
step down the index of cells, each report one down that of cases.
"""

# $1 city, $2 to $8 who asks, $9 kind, $10 open only, $11 category id, $12 to $15 the frame: south, north, west, east.
_FRAME = """
from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and c.tenant_id = $1 and c.kind = $9 and r.cell is not null
  and (not $10 or c.closed_at is null) and ($11::uuid is null or r.category_id = $11) and {seen}
  and r.lat between $12 and $13
  and case when $14::float8 <= $15::float8 then r.lon between $14 and $15 else r.lon >= $14 or r.lon <= $15 end
""".replace("{seen}", SEEN)
_STREETS = _FRAME.replace(
    "from city_problems_report r join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id",
    IN_RUNS.format(low="$16", high="$17"),
)
_CLUSTERS = (
    "select "
    + PARENT_SQL.format(cell="r.cell", resolution="{next}::int")
    + " as cell, count(*) as reports {source} group by 1 order by 2 desc, 1 limit {last}"
)
_POINTS = (
    "select c.id, c.status, r.category_id, r.lat, r.lon {source} order by c.opened_at desc, c.id desc limit {next}"
)
_CLUSTERS_OF_FRAME = _CLUSTERS.format(source=_FRAME, next="$16", last="$17")
_CLUSTERS_OF_STREETS = _CLUSTERS.format(source=_STREETS, next="$18", last="$19")
_POINTS_OF_FRAME = _POINTS.format(source=_FRAME, next="$16")
_POINTS_OF_STREETS = _POINTS.format(source=_STREETS, next="$18")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The part of the map that is looked at, in degrees of WGS 84; with ``west`` > ``east`` across the antimeridian."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A hexagon of the map and how many reports lie in it."""

    cell: int
    reports: int
    lat: float
    lon: float


@dataclass(frozen=True, kw_only=True)
class Point:
    """A report as a point of the map."""

    id: uuid.UUID
    status: str
    category_id: uuid.UUID
    lat: float
    lon: float


async def clusters(frame: Frame, resolution: int, *, open_only: bool, category_id: uuid.UUID | None) -> list[Cluster]:
    """Return the hexagons of an H3 ``resolution`` (3 to 12) in the frame that hold reports, the fullest first."""
    if not COARSEST <= resolution <= FINEST:
        raise refuse("city_problems.resolution_invalid", "resolution", low=COARSEST, high=FINEST)
    limits, runs = await seeing(), _runs(frame)
    async with tenant_tx() as unit:
        asked = (unit.tenant_id, *limits, KEY, open_only, category_id, *_sides(frame))
        if runs is None:
            rows = await unit.connection.fetch(_CLUSTERS_OF_FRAME, *asked, resolution, MOST_CLUSTERS)
        else:
            rows = await unit.connection.fetch(_CLUSTERS_OF_STREETS, *asked, *runs, resolution, MOST_CLUSTERS)
    found = []
    for row in rows:
        lat, lon = centre_of(row["cell"])
        found.append(Cluster(cell=row["cell"], reports=row["reports"], lat=lat, lon=lon))
    return found


async def points(frame: Frame, *, open_only: bool, category_id: uuid.UUID | None, first: int) -> list[Point]:
    """Return the reports in the frame, the newest first, at most ``first`` (1 to 500) of them."""
    if not 1 <= first <= MOST_POINTS:
        raise refuse("page_size_invalid", "first", limit=MOST_POINTS)
    limits, runs = await seeing(), _runs(frame)
    async with tenant_tx() as unit:
        asked = (unit.tenant_id, *limits, KEY, open_only, category_id, *_sides(frame))
        if runs is None:
            rows = await unit.connection.fetch(_POINTS_OF_FRAME, *asked, first)
        else:
            rows = await unit.connection.fetch(_POINTS_OF_STREETS, *asked, *runs, first)
    return [Point(**dict(row)) for row in rows]


def _sides(frame: Frame) -> tuple[float, float, float, float]:
    return frame.south, frame.north, frame.west, frame.east


def _runs(frame: Frame) -> tuple[list[int], list[int]] | None:
    """Return the lowest and highest cells of the runs that cover a small frame, None for a large one."""
    lat, wide = (frame.south + frame.north) / 2, (frame.east - frame.west) % 360
    if frame.west == -180 and frame.east == 180:
        wide = 360
    lon = (frame.west + wide / 2 + 180) % 360 - 180
    far = max(distance(lat, lon, south, frame.west) for south in (frame.south, frame.north))
    if wide > 180 or far > STREETS:
        return None
    lows, highs = zip(*ranges_around(lat, lon, far), strict=True)
    return [*lows], [*highs]
