"""Distances on the sphere."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

DISTANCE_SQL = (
    "(2 * 6371008.8 * asin(sqrt(least(1, power(sin(radians(({lat}) - ({other_lat})) / 2), 2)"
    " + cos(radians({lat})) * cos(radians({other_lat})) * power(sin(radians(({lon}) - ({other_lon})) / 2), 2)))))"
)
"""The same in SQL; the four places are expressions in degrees."""


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return metres between two points (degrees of WGS 84) by haversine: right across poles and the antimeridian."""
    high, low = radians(lat), radians(other_lat)
    half = sin((high - low) / 2) ** 2 + cos(high) * cos(low) * sin(radians(lon - other_lon) / 2) ** 2
    return 2 * EARTH * asin(sqrt(min(1.0, half)))
