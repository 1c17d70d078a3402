"""Open data: where and until when the street is dug up, as GeoJSON (RFC 7946), without personal data."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from leancity_earthworks.reading import Permit, permits

MOST_ON_A_MAP = 5000


@get("/permits.geojson")
async def permits_geojson() -> Response[bytes]:
    """Answer the permits in force, the latest issued first."""
    rows = await permits(after=None, limit=MOST_ON_A_MAP)
    collection = {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}
    return Response(msgspec.json.encode(collection), media_type="application/geo+json")


def _feature(row: Permit) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": {
            "number": row.number,
            "address": row.address,
            "digsFrom": row.digs_from,
            "digsUntil": row.digs_until,
            "restoredBy": row.restored_by,
        },
    }
