"""Territories of the city: outlines on the map, kept as runs of H3 cells that a place can be compared with."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from typing import Any

import h3.api.basic_int as h3  # type: ignore[import-untyped] # it ships no types

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.geo.cells import ranges_of
from leancity.core.geo.tables import Territory, TerritoryRange
from leancity.core.identity.principal import current_principal

CHANGE = "core.unit.change"
FINE = 11
"""Resolution of the cover: edges of about 25 m. What lies nearer to the border may fall to either side."""
MOST_CELLS = 2_000_000
LARGEST = 5_000_000
"""Characters of an outline."""

_RANGES = """
insert into territory_range (tenant_id, id, territory_id, low, high)
select $1, gen_random_uuid(), $2, r.* from unnest($3::bigint[], $4::bigint[]) as r
"""


async def list_territories() -> list[Territory]:
    """Return the city's territories by title."""
    current_principal().require("core.unit.read")
    async with tenant_tx():
        return await Territory.objects().order_by(Territory.title, Territory.id)


async def save_territory(key: str, title: str, area: str) -> Territory:
    """Add a territory, or give the one with this key another title and outline: a GeoJSON Polygon or MultiPolygon."""
    current_principal().require(CHANGE)
    checks = Checks()
    key = checks.text("key", key, limit=SHORT, required=True)
    title = checks.text("title", title, limit=SHORT, required=True)
    area = checks.text("area", area, limit=LARGEST, required=True)
    checks.done()
    ranges = [*ranges_of(_cells(area))]
    async with tenant_tx(write=True) as unit:
        row = await Territory.objects().where(Territory.key == key).lock_rows("UPDATE").first() or Territory(key=key)
        row.title, row.area = title, area
        await row.save()
        await TerritoryRange.delete().where(TerritoryRange.territory_id == row.id)
        await unit.connection.execute(_RANGES, unit.tenant_id, row.id, *map(list, zip(*ranges, strict=True)))
        await record("core.territory.saved", "territory", row.id)
    return row


async def territories_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Territory]:
    """Return those of the territories that exist, by id. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await Territory.objects().where(Territory.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


def _cells(area: str) -> list[int]:
    """Return the cells that cover an outline, as few as can be; refuse what is no outline or too large."""
    try:
        shape: dict[str, Any] = json.loads(area)
        if shape.get("type") not in {"Polygon", "MultiPolygon"}:
            raise refuse("territory_area_invalid", "area")
        outline = h3.geo_to_h3shape(shape)
        if _rough_cells(shape) > MOST_CELLS:
            raise refuse("territory_too_large", "area")
        cells = h3.h3shape_to_cells(outline, FINE)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise refuse("territory_area_invalid", "area") from error
    if not cells:
        raise refuse("territory_area_invalid", "area")
    return [int(cell) for cell in h3.compact_cells(cells)]


def _rough_cells(shape: dict[str, Any]) -> float:
    """Return about how many cells the frame of an outline holds, before any is made."""
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    points = [point for polygon in polygons for point in polygon[0]]
    lons, lats = [float(point[0]) for point in points], [float(point[1]) for point in points]
    if not all(-180 <= lon <= 180 for lon in lons) or not all(-90 <= lat <= 90 for lat in lats):
        raise ValueError("outside the world")
    square_km = (max(lats) - min(lats)) * (max(lons) - min(lons)) * 111.3**2
    return square_km / float(h3.average_hexagon_area(FINE, unit="km^2"))
